"""The tables from the agreement to the deliverable; the database itself refuses what must not be."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Model, created_at, uuid_key
from marketplace.core.files import StoredFile
from marketplace.engagements.states import (
    AGREEMENT,
    ASSIGNMENT,
    CO_PAYMENT,
    DELIVERABLE,
    ENGAGEMENT,
    SESSION,
    STAGE,
    AgreementStatus,
    AssignmentStatus,
    CoPaymentStatus,
    DeliverableStatus,
    EngagementStatus,
    SessionStatus,
    StageStatus,
)


class Agreement(Model):
    """What an SME and a provider sign: price net of VAT, shared into aid and co-payment, plan and named consultants."""

    __tablename__ = "agreements"
    __table_args__ = (
        CheckConstraint(AGREEMENT.check(), name="status"),
        CheckConstraint("price_net = aid + co_payment", name="shares"),
        CheckConstraint("price_net > 0 AND aid > 0 AND co_payment >= 0", name="amounts"),
        CheckConstraint("aid_parts IS NULL OR sum_of_values(aid_parts) = aid", name="aid_parts"),
        CheckConstraint("ends_on > starts_on", name="plan"),
        CheckConstraint(
            "status NOT IN ('signed', 'redeemed') OR (signed_at IS NOT NULL"
            " AND sme_signed_at IS NOT NULL AND provider_signed_at IS NOT NULL)",
            name="signed",
        ),
        CheckConstraint(AGREEMENT.stamped("redeemed_at", AgreementStatus.REDEEMED), name="redeemed_at"),
        CheckConstraint(AGREEMENT.stamped("cancelled_at", AgreementStatus.CANCELLED), name="cancelled_at"),
        CheckConstraint("sme_signed_by <> provider_signed_by", name="two_people"),
        Index("uq_agreements_award_id", "award_id", unique=True, postgresql_where=text("status <> 'cancelled'")),
        Index("ix_agreements_organisation_id", "organisation_id"),
        Index("ix_agreements_provider_id", "provider_id"),
        Index("ix_agreements_voucher_id", "voucher_id"),
        Index("ix_agreements_ends_on", "ends_on"),
    )

    id: Mapped[UUID] = uuid_key()
    number: Mapped[str] = mapped_column(unique=True)
    award_id: Mapped[UUID] = mapped_column(ForeignKey("awards.id"))
    job_id: Mapped[UUID] = mapped_column(ForeignKey("jobs.id"))
    voucher_id: Mapped[UUID] = mapped_column(ForeignKey("vouchers.id"))
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"))
    title: Mapped[str]
    price_net: Mapped[int] = mapped_column(BigInteger)
    aid: Mapped[int] = mapped_column(BigInteger)
    co_payment: Mapped[int] = mapped_column(BigInteger)
    # What each budget line gives, where shares differ by category of cost; otherwise what is left on them decides.
    aid_parts: Mapped[dict[str, int] | None] = mapped_column(JSONB(none_as_null=True))
    currency: Mapped[str]
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    status: Mapped[AgreementStatus] = mapped_column(default=AGREEMENT.initial)
    sme_signed_by: Mapped[UUID | None]
    sme_signed_at: Mapped[datetime | None]
    sme_device_hash: Mapped[str | None]
    provider_signed_by: Mapped[UUID | None]
    provider_signed_at: Mapped[datetime | None]
    provider_device_hash: Mapped[str | None]
    signed_at: Mapped[datetime | None]
    redeemed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = created_at()

    stages: Mapped[list["AgreementStage"]] = relationship(order_by="AgreementStage.position")
    assignments: Mapped[list["Assignment"]] = relationship(
        lambda: Assignment, order_by=lambda: (Assignment.created_at, Assignment.id)
    )


class AgreementStage(Model):
    """One stage as agreed: its net price, shared into aid and co-payment, and its days."""

    __tablename__ = "agreement_stages"
    __table_args__ = (
        UniqueConstraint("agreement_id", "position"),
        UniqueConstraint("agreement_id", "code"),
        CheckConstraint("price_net = aid + co_payment AND aid >= 0 AND co_payment >= 0", name="shares"),
        CheckConstraint("days > 0", name="days"),
    )

    id: Mapped[UUID] = uuid_key()
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"))
    position: Mapped[int]
    code: Mapped[str]
    price_net: Mapped[int] = mapped_column(BigInteger)
    aid: Mapped[int] = mapped_column(BigInteger)
    co_payment: Mapped[int] = mapped_column(BigInteger)
    # Category of cost to its price and aid, where there are several.
    cost_parts: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    days: Mapped[int]


class Assignment(Model):
    """A consultant named in an agreement, from a day on; another one comes in only as a change the SME approves."""

    __tablename__ = "agreement_consultants"
    __table_args__ = (
        CheckConstraint(ASSIGNMENT.check(), name="status"),
        CheckConstraint(
            ASSIGNMENT.stamped("approved_at", AssignmentStatus.ACTIVE, AssignmentStatus.ENDED), name="approved_at"
        ),
        CheckConstraint(
            ASSIGNMENT.stamped("approved_by", AssignmentStatus.ACTIVE, AssignmentStatus.ENDED), name="approved_by"
        ),
        CheckConstraint(ASSIGNMENT.stamped("declined_at", AssignmentStatus.DECLINED), name="declined_at"),
        CheckConstraint(ASSIGNMENT.stamped("ended_at", AssignmentStatus.ENDED), name="ended_at"),
        CheckConstraint("approved_by <> proposed_by", name="two_people"),
        CheckConstraint("until_on >= from_on", name="dates"),
        Index(
            "uq_agreement_consultants_live",
            "agreement_id",
            "consultant_id",
            unique=True,
            postgresql_where=text("status IN ('proposed', 'active')"),
        ),
    )

    id: Mapped[UUID] = uuid_key()
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"))
    consultant_id: Mapped[UUID] = mapped_column(ForeignKey("consultants.id"))
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("agreement_consultants.id"))
    reason: Mapped[str | None]
    status: Mapped[AssignmentStatus] = mapped_column(default=ASSIGNMENT.initial)
    from_on: Mapped[date | None]
    until_on: Mapped[date | None]
    proposed_by: Mapped[UUID | None]
    approved_by: Mapped[UUID | None]
    approved_at: Mapped[datetime | None]
    declined_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = created_at()


class Redemption(Model):
    """Voucher money bound to an agreement: once per agreement, and never more than the voucher holds."""

    __tablename__ = "redemptions"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_redemptions_voucher_id", "voucher_id"),
    )

    id: Mapped[UUID] = uuid_key()
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"), unique=True)
    voucher_id: Mapped[UUID] = mapped_column(ForeignKey("vouchers.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    redeemed_by: Mapped[UUID]
    redeemed_at: Mapped[datetime]
    device_hash: Mapped[str | None]


class CoPayment(Model):
    """The SME's own share, paid into the agency's account under a reference; who paid it is kept."""

    __tablename__ = "co_payments"
    __table_args__ = (
        CheckConstraint(CO_PAYMENT.check(), name="status"),
        CheckConstraint(CO_PAYMENT.stamped("paid_at", CoPaymentStatus.PAID), name="paid_at"),
        CheckConstraint(CO_PAYMENT.stamped("payer_name", CoPaymentStatus.PAID), name="payer_name"),
        CheckConstraint(CO_PAYMENT.stamped("lapsed_at", CoPaymentStatus.LAPSED), name="lapsed_at"),
        CheckConstraint("amount > 0", name="amount"),
    )

    id: Mapped[UUID] = uuid_key()
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"), unique=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    reference: Mapped[str] = mapped_column(unique=True)
    due_on: Mapped[date]
    status: Mapped[CoPaymentStatus] = mapped_column(default=CO_PAYMENT.initial)
    payer_name: Mapped[str | None]
    payer_account: Mapped[str | None]
    payer_bank: Mapped[str | None]
    holder_name: Mapped[str | None]
    booked_on: Mapped[date | None]
    paid_at: Mapped[datetime | None]
    lapsed_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = created_at()


class Engagement(Model):
    """The consulting work under one redeemed agreement."""

    __tablename__ = "engagements"
    __table_args__ = (
        CheckConstraint(ENGAGEMENT.check(), name="status"),
        CheckConstraint(
            ENGAGEMENT.stamped("started_at", EngagementStatus.ACTIVE, EngagementStatus.FINISHED), name="started_at"
        ),
        CheckConstraint(ENGAGEMENT.stamped("finished_at", EngagementStatus.FINISHED), name="finished_at"),
        CheckConstraint(ENGAGEMENT.stamped("lapsed_at", EngagementStatus.LAPSED), name="lapsed_at"),
        CheckConstraint(ENGAGEMENT.stamped("terminated_at", EngagementStatus.TERMINATED), name="terminated_at"),
        CheckConstraint(
            "(terminated_at IS NULL) = (terminated_by IS NULL)"
            " AND (terminated_at IS NULL OR coalesce(termination_reason, '') <> '')",
            name="termination",
        ),
        Index("ix_engagements_organisation_id", "organisation_id"),
        Index("ix_engagements_provider_id", "provider_id"),
    )

    id: Mapped[UUID] = uuid_key()
    number: Mapped[str] = mapped_column(unique=True)
    agreement_id: Mapped[UUID] = mapped_column(ForeignKey("agreements.id"), unique=True)
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    provider_id: Mapped[UUID] = mapped_column(ForeignKey("providers.id"))
    status: Mapped[EngagementStatus] = mapped_column(default=ENGAGEMENT.initial)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    lapsed_at: Mapped[datetime | None]
    terminated_at: Mapped[datetime | None]
    terminated_by: Mapped[UUID | None]
    termination_reason: Mapped[str | None]
    created_at: Mapped[datetime] = created_at()

    agreement: Mapped[Agreement] = relationship()
    stages: Mapped[list["Stage"]] = relationship(order_by="Stage.position")


class Stage(Model):
    """One stage of the work; its acceptance opens the next."""

    __tablename__ = "stages"
    __table_args__ = (
        CheckConstraint(STAGE.check(), name="status"),
        CheckConstraint(
            STAGE.stamped("opened_at", StageStatus.OPEN, StageStatus.DELIVERED, StageStatus.ACCEPTED), name="opened_at"
        ),
        CheckConstraint(
            STAGE.stamped("delivered_at", StageStatus.DELIVERED, StageStatus.ACCEPTED), name="delivered_at"
        ),
        CheckConstraint(STAGE.stamped("accepted_at", StageStatus.ACCEPTED), name="accepted_at"),
        CheckConstraint(STAGE.stamped("accepted_by", StageStatus.ACCEPTED), name="accepted_by"),
        CheckConstraint(STAGE.stamped("ended_at", StageStatus.ENDED), name="ended_at"),
        CheckConstraint("accepted_by <> delivered_by", name="two_people"),
        UniqueConstraint("engagement_id", "position"),
        Index(
            "uq_stages_under_way",
            "engagement_id",
            unique=True,
            postgresql_where=text("status IN ('open', 'delivered')"),
        ),
    )

    id: Mapped[UUID] = uuid_key()
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    agreement_stage_id: Mapped[UUID] = mapped_column(ForeignKey("agreement_stages.id"), unique=True)
    position: Mapped[int]
    code: Mapped[str]
    status: Mapped[StageStatus] = mapped_column(default=STAGE.initial)
    opened_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    delivered_by: Mapped[UUID | None]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[UUID | None]
    ended_at: Mapped[datetime | None]
    device_hash: Mapped[str | None]

    agreed: Mapped[AgreementStage] = relationship(lazy="joined", innerjoin=True)


class ConsultingSession(Model):
    """Time a consultant spent with the SME; one person can't be in two places, whatever firm they work for."""

    __tablename__ = "consulting_sessions"
    __table_args__ = (
        CheckConstraint(SESSION.check(), name="status"),
        CheckConstraint(SESSION.stamped("countersigned_at", SessionStatus.COUNTERSIGNED), name="countersigned_at"),
        CheckConstraint(SESSION.stamped("countersigned_by", SessionStatus.COUNTERSIGNED), name="countersigned_by"),
        CheckConstraint(SESSION.stamped("rejected_at", SessionStatus.REJECTED), name="rejected_at"),
        CheckConstraint(SESSION.stamped("rejected_by", SessionStatus.REJECTED), name="rejected_by"),
        CheckConstraint(SESSION.stamped("rejection_reason", SessionStatus.REJECTED), name="rejection_reason"),
        CheckConstraint(SESSION.stamped("withdrawn_at", SessionStatus.WITHDRAWN), name="withdrawn_at"),
        CheckConstraint("countersigned_by NOT IN (recorded_by, person_id)", name="two_people"),
        CheckConstraint("ends_at > starts_at AND ends_at <= starts_at + interval '12 hours'", name="duration"),
        ExcludeConstraint(
            ("person_id", "="),
            (text("tstzrange(starts_at, ends_at)"), "&&"),
            where=text("status NOT IN ('rejected', 'withdrawn')"),
            name="ex_consulting_sessions_overlap",
        ),
        Index("ix_consulting_sessions_engagement_id", "engagement_id"),
    )

    id: Mapped[UUID] = uuid_key()
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    stage_id: Mapped[UUID] = mapped_column(ForeignKey("stages.id"))
    consultant_id: Mapped[UUID] = mapped_column(ForeignKey("consultants.id"))
    person_id: Mapped[UUID]
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    place: Mapped[str]
    summary: Mapped[str]
    status: Mapped[SessionStatus] = mapped_column(default=SESSION.initial)
    recorded_by: Mapped[UUID]
    recorder_device_hash: Mapped[str | None]
    countersigned_by: Mapped[UUID | None]
    countersigned_at: Mapped[datetime | None]
    device_hash: Mapped[str | None]
    rejected_by: Mapped[UUID | None]
    rejected_at: Mapped[datetime | None]
    rejection_reason: Mapped[str | None]
    withdrawn_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = created_at()


class Deliverable(Model):
    """A document handed in for a stage, with the hashes that tell a copy; a correction comes as a new one."""

    __tablename__ = "deliverables"
    __table_args__ = (
        CheckConstraint(DELIVERABLE.check(), name="status"),
        CheckConstraint(DELIVERABLE.stamped("accepted_at", DeliverableStatus.ACCEPTED), name="accepted_at"),
        CheckConstraint(
            "status <> 'correction_requested' OR (correction_requested_at IS NOT NULL AND correction_reason <> '')",
            name="correction",
        ),
        Index("ix_deliverables_engagement_id", "engagement_id"),
        Index("ix_deliverables_sha256", "sha256"),
        Index("ix_deliverables_text_sha256", "text_sha256"),
    )

    id: Mapped[UUID] = uuid_key()
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    stage_id: Mapped[UUID] = mapped_column(ForeignKey("stages.id"))
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"))
    replaces_id: Mapped[UUID | None] = mapped_column(ForeignKey("deliverables.id"), unique=True)
    title: Mapped[str]
    status: Mapped[DeliverableStatus] = mapped_column(default=DELIVERABLE.initial)
    sha256: Mapped[str]
    text_sha256: Mapped[str | None]
    text_characters: Mapped[int | None]
    shingles: Mapped[list[int] | None] = mapped_column(ARRAY(BigInteger))
    compared_at: Mapped[datetime | None]
    unreadable_reason: Mapped[str | None]
    submitted_by: Mapped[UUID]
    device_hash: Mapped[str | None]
    created_at: Mapped[datetime] = created_at()
    accepted_at: Mapped[datetime | None]
    correction_reason: Mapped[str | None]
    correction_requested_by: Mapped[UUID | None]
    correction_requested_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]

    file: Mapped[StoredFile] = relationship()


class SimilarDeliverable(Model):
    """A deliverable that is a near-copy of an earlier one of another engagement; for a reviewer to look at."""

    __tablename__ = "similar_deliverables"
    __table_args__ = (
        CheckConstraint("similarity_percent BETWEEN 0 AND 100", name="similarity_percent"),
        CheckConstraint("deliverable_id <> other_id", name="two_documents"),
    )

    deliverable_id: Mapped[UUID] = mapped_column(ForeignKey("deliverables.id"), primary_key=True)
    other_id: Mapped[UUID] = mapped_column(ForeignKey("deliverables.id"), primary_key=True)
    similarity_percent: Mapped[int]
    same_file: Mapped[bool]
