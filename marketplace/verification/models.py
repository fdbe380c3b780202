"""The tables of verifications and of disputes about who may sign for a company."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Organisation
from marketplace.core.db import Model, created_at, uuid_key
from marketplace.core.files import StoredFile
from marketplace.verification.states import (
    DISPUTE,
    VERIFICATION,
    DisputeStatus,
    Evidence,
    RegisterAnswer,
    VerificationStatus,
)


class Verification(Model):
    """Who a company says it is, with its business registration, and what the agency answered."""

    __tablename__ = "verifications"
    __table_args__ = (
        CheckConstraint(VERIFICATION.check(), name="status"),
        CheckConstraint("evidence IN ('document', 'register')", name="evidence"),
        CheckConstraint(
            "register_answer IN ('agrees', 'unknown', 'closed', 'name', 'representative')", name="register_answer"
        ),
        CheckConstraint("(status IN ('confirmed', 'ended')) = (evidence IS NOT NULL)", name="confirmed_by_evidence"),
        CheckConstraint("evidence <> 'document' OR decided_by IS NOT NULL AND file_id IS NOT NULL", name="document"),
        CheckConstraint("evidence <> 'register' OR register_answer = 'agrees'", name="register"),
        CheckConstraint("status NOT IN ('refused', 'ended') OR reason IS NOT NULL", name="reason"),
        CheckConstraint(VERIFICATION.stamped("confirmed_at", VerificationStatus.CONFIRMED), name="confirmed_at"),
        CheckConstraint(VERIFICATION.stamped("refused_at", VerificationStatus.REFUSED), name="refused_at"),
        CheckConstraint(VERIFICATION.stamped("withdrawn_at", VerificationStatus.WITHDRAWN), name="withdrawn_at"),
        CheckConstraint(VERIFICATION.stamped("ended_at", VerificationStatus.ENDED), name="ended_at"),
        Index(
            "uq_verifications_confirmed", "organisation_id", unique=True, postgresql_where=text("status = 'confirmed'")
        ),
        Index("uq_verifications_waiting", "organisation_id", unique=True, postgresql_where=text("status = 'waiting'")),
        Index(None, "organisation_id", "handed_in_at"),
        Index(None, "look_by"),
        Index(None, "handed_in_at"),
    )

    id: Mapped[UUID] = uuid_key()
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str]
    representative_name: Mapped[str]
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    status: Mapped[VerificationStatus] = mapped_column(default=VERIFICATION.initial)
    evidence: Mapped[Evidence | None]
    register_answer: Mapped[RegisterAnswer | None]
    handed_in_by: Mapped[UUID | None]
    handed_in_at: Mapped[datetime] = created_at()
    look_by: Mapped[date]  # an officer looks at it until this day
    decided_by: Mapped[UUID | None]
    reason: Mapped[str | None]  # why it was refused or has ended
    confirmed_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    withdrawn_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()
    file: Mapped[StoredFile | None] = relationship()


class Dispute(Model):
    """Somebody says that a registered company is theirs to sign for; two people of the agency decide."""

    __tablename__ = "disputes"
    __table_args__ = (
        CheckConstraint(DISPUTE.check(), name="status"),
        CheckConstraint("(reply IS NULL) = (replied_at IS NULL)", name="replied_at"),
        CheckConstraint("(proposed_by IS NULL) = (proposed_at IS NULL)", name="proposed_by"),
        CheckConstraint("status <> 'transferred' OR decided_by <> proposed_by", name="two_people"),
        CheckConstraint("status NOT IN ('transferred', 'dismissed') OR decided_by IS NOT NULL", name="decided_by"),
        CheckConstraint("status NOT IN ('proposed', 'transferred', 'dismissed') OR reason IS NOT NULL", name="reason"),
        CheckConstraint(DISPUTE.stamped("proposed_at", DisputeStatus.PROPOSED), name="proposed_at"),
        CheckConstraint(DISPUTE.stamped("transferred_at", DisputeStatus.TRANSFERRED), name="transferred_at"),
        CheckConstraint(DISPUTE.stamped("dismissed_at", DisputeStatus.DISMISSED), name="dismissed_at"),
        Index(
            "uq_disputes_open",
            "organisation_id",
            unique=True,
            postgresql_where=text("status IN ('open', 'proposed')"),
        ),
        Index(None, "opened_by"),
        Index(None, "opened_at"),
        Index(None, "reply_by"),
    )

    id: Mapped[UUID] = uuid_key()
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[str]
    representative_name: Mapped[str]
    statement: Mapped[str]
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"))
    status: Mapped[DisputeStatus] = mapped_column(default=DISPUTE.initial)
    opened_by: Mapped[UUID]
    opened_at: Mapped[datetime] = created_at()
    reply_by: Mapped[date]  # those who sign for the company may reply until this day
    reply: Mapped[str | None]
    reply_file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    replied_by: Mapped[UUID | None]
    replied_at: Mapped[datetime | None]
    proposed_by: Mapped[UUID | None]
    proposed_at: Mapped[datetime | None]
    decided_by: Mapped[UUID | None]
    reason: Mapped[str | None]
    transferred_at: Mapped[datetime | None]
    dismissed_at: Mapped[datetime | None]

    organisation: Mapped[Organisation] = relationship()
    file: Mapped[StoredFile] = relationship(foreign_keys=file_id)
    reply_file: Mapped[StoredFile | None] = relationship(foreign_keys=reply_file_id)
