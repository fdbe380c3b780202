"""The tables for debts known above: what is kept back from a claim, and the references that are paid under."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.claims.models.claims import Claim
from marketplace.claims.states import DEDUCTION, DeductionStatus
from marketplace.core.db import Model, created_at, uuid_key


class Deduction(Model):
    """A part of an approved claim that is kept back, because its provider owes the agency under `reference`."""

    __tablename__ = "deductions"
    __table_args__ = (
        CheckConstraint(DEDUCTION.check(), name="status"),
        CheckConstraint(DEDUCTION.stamped("taken_at", DeductionStatus.TAKEN), name="taken_at"),
        CheckConstraint(DEDUCTION.stamped("cancelled_at", DeductionStatus.CANCELLED), name="cancelled_at"),
        CheckConstraint("amount > 0", name="amount"),
        Index("ix_deductions_claim_id", "claim_id"),
        Index("ix_deductions_reference", "reference"),
    )

    id: Mapped[UUID] = uuid_key()
    claim_id: Mapped[UUID] = mapped_column(ForeignKey("claims.id"))
    reference: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[DeductionStatus] = mapped_column(default=DEDUCTION.initial)
    agreed_by: Mapped[UUID]
    agreed_at: Mapped[datetime]
    taken_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]

    claim: Mapped[Claim] = relationship()


class ExpectedPayment(Model):
    """A reference under which somebody was asked to pay into the agency's account, for a debt known above."""

    __tablename__ = "expected_payments"

    id: Mapped[UUID] = uuid_key()
    reference: Mapped[str] = mapped_column(unique=True)
    currency: Mapped[str]
    created_at: Mapped[datetime] = created_at()
