"""Tables of applications with their evidence and assessments, of allocation and of vouchers."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Organisation
from marketplace.certificates.models import Certificate
from marketplace.core.db import Model, created_at, uuid_key
from marketplace.core.files import StoredFile
from marketplace.programmes.models import Call, Programme, WaitingRoom
from marketplace.programmes.states import Eligibility
from marketplace.vouchers.states import (
    APPLICATION,
    SCORING,
    VOUCHER,
    ApplicationStatus,
    AssessmentOccasion,
    EvidenceKind,
    Outcome,
    ScoringStatus,
    VoucherStatus,
)


class Application(Model):
    """An SME's request for a voucher of a call; its ticket is its place in the queue."""

    __tablename__ = "applications"
    __table_args__ = (
        CheckConstraint(APPLICATION.check(), name="status"),
        CheckConstraint(
            "status IN ('draft', 'withdrawn') OR (ticket IS NOT NULL AND submitted_at IS NOT NULL)", name="ticket"
        ),
        CheckConstraint(APPLICATION.stamped("decided_at", ApplicationStatus.ACCEPTED), name="decided_at"),
        CheckConstraint(APPLICATION.stamped("allocated_at", ApplicationStatus.ALLOCATED), name="allocated_at"),
        CheckConstraint(APPLICATION.stamped("waitlisted_at", ApplicationStatus.WAITLISTED), name="waitlisted_at"),
        CheckConstraint(APPLICATION.stamped("offered_at", ApplicationStatus.OFFERED), name="offered_at"),
        CheckConstraint("(offered_at IS NULL) = (offer_ends_at IS NULL)", name="offer_ends_at"),
        CheckConstraint(APPLICATION.stamped("refused_at", ApplicationStatus.REFUSED), name="refused_at"),
        CheckConstraint(APPLICATION.stamped("withdrawn_at", ApplicationStatus.WITHDRAWN), name="withdrawn_at"),
        Index(
            "uq_applications_live",
            "call_id",
            "organisation_id",
            unique=True,
            postgresql_where=text("status NOT IN ('refused', 'withdrawn')"),
        ),
        Index(None, "organisation_id"),
        Index(
            "ix_applications_in_line",
            "call_id",
            "ticket",
            postgresql_where=text("status IN ('submitted', 'in_review', 'accepted', 'waitlisted')"),
        ),
        Index("ix_applications_submitted_at", "submitted_at"),
    )

    id: Mapped[UUID] = uuid_key()
    number: Mapped[str] = mapped_column(unique=True)
    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    status: Mapped[ApplicationStatus] = mapped_column(default=APPLICATION.initial)
    ticket: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    service_line: Mapped[str | None]
    need: Mapped[str | None]
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)  # money in whole major units
    declarations: Mapped[dict[str, Any]] = mapped_column(default=dict)
    prepared_by: Mapped[UUID | None]
    helped_by: Mapped[UUID | None]  # an outside helper who wrote in it; disclosed
    submitted_by: Mapped[UUID | None]
    submitted_at: Mapped[datetime | None]
    device_hash: Mapped[str | None]
    address_hash: Mapped[str | None]
    decided_by: Mapped[UUID | None]
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]  # why it was decided so: a person's words or a code of reasons
    allocated_at: Mapped[datetime | None]
    waitlisted_at: Mapped[datetime | None]
    offered_at: Mapped[datetime | None]
    offer_ends_at: Mapped[datetime | None]
    end_told_at: Mapped[datetime | None]  # that the call is wound down
    refused_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = created_at()

    call: Mapped[Call] = relationship()
    organisation: Mapped[Organisation] = relationship()
    evidence: Mapped[list[Evidence]] = relationship(order_by="Evidence.created_at")
    certificates: Mapped[list[ClaimedCertificate]] = relationship(order_by="ClaimedCertificate.kind")
    assessments: Mapped[list[Assessment]] = relationship(order_by="Assessment.assessed_at")
    voucher: Mapped[Voucher | None] = relationship(back_populates="application")

    @property
    def last_moment(self) -> datetime | None:
        """The last second in which an offer can be accepted."""
        return self.offer_ends_at and self.offer_ends_at - timedelta(seconds=1)


class WaitingPlace(Model):
    """A company's one place in a call's waiting room; the draw at the opening gives it its ticket."""

    __tablename__ = "waiting_places"
    __table_args__ = (
        UniqueConstraint("call_id", "organisation_id"),
        CheckConstraint("(position IS NULL) = (ticket IS NULL)", name="ticket"),
        CheckConstraint("application_id IS NULL OR ticket IS NOT NULL", name="application_id"),
    )

    id: Mapped[UUID] = uuid_key()
    call_id: Mapped[UUID] = mapped_column(ForeignKey(WaitingRoom.call_id))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    entered_by: Mapped[UUID]
    entered_at: Mapped[datetime]
    position: Mapped[int | None]
    ticket: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    application_id: Mapped[UUID | None] = mapped_column(ForeignKey("applications.id"), unique=True)


class Evidence(Model):
    """A file that documents a fact of an application."""

    __tablename__ = "evidence"
    __table_args__ = (
        CheckConstraint("kind IN ('business_registration', 'employees', 'financial', 'other')", name="kind"),
    )

    id: Mapped[UUID] = uuid_key()
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"), index=True)
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"))
    kind: Mapped[EvidenceKind]
    created_at: Mapped[datetime] = created_at()

    file: Mapped[StoredFile] = relationship()


class ClaimedCertificate(Model):
    """A certificate that an application claims, as it was when it was handed in; settled before scoring begins."""

    __tablename__ = "claimed_certificates"
    __table_args__ = (
        CheckConstraint("refusal IS NULL OR settled_at IS NOT NULL", name="refusal"),
        CheckConstraint("verify_by >= valid_on", name="verify_by"),
        Index(None, "certificate_id"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    certificate_id: Mapped[UUID] = mapped_column(ForeignKey("certificates.id"))
    number: Mapped[str]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    valid_on: Mapped[date]  # the call's closing day, on which it must be valid
    verify_by: Mapped[date]  # what is unverified after this day counts nothing
    settled_at: Mapped[datetime | None]
    refusal: Mapped[str | None]  # why it doesn't count, as a code; it counts when it is settled without one

    certificate: Mapped[Certificate] = relationship()


class Assessment(Model):
    """What a size standard said of an application on one occasion, with everything it rests on."""

    __tablename__ = "assessments"
    __table_args__ = (
        CheckConstraint("result IN ('eligible', 'not_eligible', 'undetermined')", name="result"),
        CheckConstraint("occasion IN ('submission', 'allocation', 'redemption', 'payment')", name="occasion"),
    )

    id: Mapped[UUID] = uuid_key()
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"), index=True)
    occasion: Mapped[AssessmentOccasion]
    standard: Mapped[str]
    standard_date: Mapped[date]
    result: Mapped[Eligibility]
    inputs: Mapped[dict[str, Any]]
    rules: Mapped[list[dict[str, Any]]]
    evidence: Mapped[dict[str, Any]]  # per fact: level declared, documented or verified; by whom; when
    assessed_by: Mapped[UUID | None]
    assessed_at: Mapped[datetime]


class Allocation(Model):
    """The one allocation of a call: begun over the sealed list, decided whole, finished when all have their answer."""

    __tablename__ = "allocations"
    __table_args__ = (
        CheckConstraint("list_hash ~ '^[0-9a-f]{64}$'", name="list_hash"),
        CheckConstraint("finished_at IS NULL OR decided_at IS NOT NULL", name="decided_at"),
        CheckConstraint("file_hash ~ '^[0-9a-f]{64}$'", name="file_hash"),
    )

    id: Mapped[UUID] = uuid_key()
    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"), unique=True)
    opening: Mapped[dict[str, int]]  # available per budget line when it began, for the replay
    list_hash: Mapped[str]  # of every ticket that was handed in before the call closed
    file_hash: Mapped[str | None]  # sha256 of the sealed list with its results, as it was when it was decided
    started_by: Mapped[UUID | None]
    started_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    # How far the work has come, so that the next piece does not look at all the others again.
    asked_to: Mapped[int] = mapped_column(BigInteger, default=0)  # ticket whose eligibility was taken again last
    answered_to: Mapped[int] = mapped_column(default=0)  # place in the sealed list that was answered last


class SealedTicket(Model):
    """One line of the sealed list: everything one ticket is decided by, and its place in the order."""

    __tablename__ = "sealed_tickets"
    __table_args__ = (
        UniqueConstraint("call_id", "place"),
        UniqueConstraint("call_id", "ticket"),
        CheckConstraint("place > 0", name="place"),
        CheckConstraint("promised >= 0", name="promised"),
    )

    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"), primary_key=True)
    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"))
    ticket: Mapped[int] = mapped_column(BigInteger)
    place: Mapped[int]
    refusal: Mapped[str | None]  # why it can't win whatever the budget
    undertaking: Mapped[UUID]  # the company with its linked firms
    promised: Mapped[int] = mapped_column(BigInteger)  # aid it had within the cap's months, minor units
    stratum: Mapped[str | None]
    points: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class AllocationEntry(Model):
    """What allocation answered one ticket: the published list that anybody can replay."""

    __tablename__ = "allocation_entries"
    __table_args__ = (
        UniqueConstraint("application_id", "outcome"),
        CheckConstraint("outcome IN ('allocated', 'waitlisted', 'refused')", name="outcome"),
        Index(None, "call_id", "ticket"),
    )

    id: Mapped[UUID] = uuid_key()
    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"))
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"))
    ticket: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[Outcome]
    reason: Mapped[str | None]
    detail: Mapped[list[str] | None] = mapped_column(JSONB(none_as_null=True))  # linked firms that hold the aid
    position: Mapped[int | None]
    parts: Mapped[dict[str, int]]  # budget line to amount
    decided_at: Mapped[datetime]


class Scoring(Model):
    """One evaluator's part in scoring one application, with the conflict declaration that must come first."""

    __tablename__ = "scorings"
    __table_args__ = (
        UniqueConstraint("application_id", "evaluator_id"),
        Index(None, "evaluator_id", "status"),
        CheckConstraint(SCORING.check(), name="status"),
        CheckConstraint(
            SCORING.stamped("declared_at", ScoringStatus.ACCEPTED, ScoringStatus.REFUSED, ScoringStatus.SCORED),
            name="declared_at",
        ),
        CheckConstraint(SCORING.stamped("scored_at", ScoringStatus.SCORED), name="scored_at"),
        CheckConstraint(SCORING.stamped("lapsed_at", ScoringStatus.LAPSED), name="lapsed_at"),
        CheckConstraint("status <> 'refused' OR statement IS NOT NULL", name="statement"),
    )

    id: Mapped[UUID] = uuid_key()
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"))
    evaluator_id: Mapped[UUID]
    status: Mapped[ScoringStatus] = mapped_column(default=SCORING.initial)
    statement: Mapped[str | None]
    assigned_at: Mapped[datetime] = created_at()
    last_day: Mapped[date]  # after it somebody else is asked
    declared_at: Mapped[datetime | None]
    scored_at: Mapped[datetime | None]
    lapsed_at: Mapped[datetime | None]

    application: Mapped[Application] = relationship()


class Score(Model):
    """One criterion's points and the reason for them."""

    __tablename__ = "scores"
    __table_args__ = (
        CheckConstraint("points >= 0", name="points"),
        CheckConstraint("length(trim(reason)) >= 10", name="reason"),
    )

    scoring_id: Mapped[UUID] = mapped_column(ForeignKey("scorings.id"), primary_key=True)
    criterion: Mapped[str] = mapped_column(primary_key=True)
    points: Mapped[int]
    reason: Mapped[str]


class Voucher(Model):
    """An SME's right to a stated amount of aid, drawable in parts until it expires."""

    __tablename__ = "vouchers"
    __table_args__ = (
        CheckConstraint(VOUCHER.check(), name="status"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("released BETWEEN 0 AND amount", name="released"),
        CheckConstraint("issued_at < expires_at", name="expires_at"),
        CheckConstraint(VOUCHER.stamped("suspended_at", VoucherStatus.SUSPENDED), name="suspended_at"),
        CheckConstraint(VOUCHER.stamped("exhausted_at", VoucherStatus.EXHAUSTED), name="exhausted_at"),
        CheckConstraint(VOUCHER.stamped("expired_at", VoucherStatus.EXPIRED), name="expired_at"),
        CheckConstraint(VOUCHER.stamped("surrendered_at", VoucherStatus.SURRENDERED), name="surrendered_at"),
        CheckConstraint(VOUCHER.stamped("revoked_at", VoucherStatus.REVOKED), name="revoked_at"),
        CheckConstraint("(extended_at IS NULL) = (extension_reason IS NULL)", name="extension_reason"),
        CheckConstraint("reminded_percent BETWEEN 0 AND 100", name="reminded_percent"),
        Index(
            "uq_vouchers_one_active",
            "programme_id",
            "organisation_id",
            unique=True,
            postgresql_where=text("one_active AND status IN ('issued', 'suspended')"),
        ),
        Index(None, "organisation_id"),
        Index("ix_vouchers_expiring", "expires_at", postgresql_where=text("status IN ('issued', 'suspended')")),
        Index("ix_vouchers_issued_at", "issued_at"),
        Index("ix_vouchers_expires_at", "expires_at"),
    )

    id: Mapped[UUID] = uuid_key()
    number: Mapped[str] = mapped_column(unique=True)
    code: Mapped[str] = mapped_column(unique=True)
    application_id: Mapped[UUID] = mapped_column(ForeignKey("applications.id"), unique=True)
    call_id: Mapped[UUID] = mapped_column(ForeignKey("calls.id"), index=True)
    programme_id: Mapped[UUID] = mapped_column(ForeignKey("programmes.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    released: Mapped[int] = mapped_column(BigInteger, default=0)  # went back to the budget
    currency: Mapped[str]
    one_active: Mapped[bool]
    status: Mapped[VoucherStatus] = mapped_column(default=VOUCHER.initial)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    suspended_at: Mapped[datetime | None]
    exhausted_at: Mapped[datetime | None]
    expired_at: Mapped[datetime | None]
    surrendered_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    extended_at: Mapped[datetime | None]
    extended_by: Mapped[UUID | None]
    extension_reason: Mapped[str | None]
    reminded_percent: Mapped[int] = mapped_column(default=0)  # of the validity that had passed at the last reminder

    application: Mapped[Application] = relationship(back_populates="voucher")
    call: Mapped[Call] = relationship()
    programme: Mapped[Programme] = relationship()
    organisation: Mapped[Organisation] = relationship()

    @hybrid_property
    def last_moment(self) -> datetime:
        """The last second of its validity, on its last day."""
        return self.expires_at - timedelta(seconds=1)
