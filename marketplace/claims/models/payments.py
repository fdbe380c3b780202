"""The tables from the approved claim to its payment; the database keeps maker and payer apart."""

from datetime import datetime
from typing import TYPE_CHECKING, cast
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.claims.models.claims import Claim
from marketplace.claims.states import (
    BATCH,
    LINE,
    REFUND,
    BatchStatus,
    LineStatus,
    RefundStatus,
)
from marketplace.core.db import Model, uuid_key
from marketplace.engagements.models import Engagement

if TYPE_CHECKING:
    from marketplace.claims.models.bank import BankEntry


class Refund(Model):
    """Money on its way back to the account that it came from.

    It is a part of an SME's share that isn't needed, what came in beyond a debt, or, with `bank_entry_id`, money that
    arrived and matches nothing: that one belongs to no engagement and to nobody known here.
    """

    __tablename__ = "refunds"
    __table_args__ = (
        CheckConstraint(REFUND.check(), name="status"),
        CheckConstraint(REFUND.stamped("batched_at", RefundStatus.BATCHED, RefundStatus.PAID), name="batched_at"),
        CheckConstraint(REFUND.stamped("paid_at", RefundStatus.PAID), name="paid_at"),
        CheckConstraint("status = 'awaiting' OR account_number <> ''", name="account_number"),
        CheckConstraint("(account_changed_at IS NULL) = (account_changed_by IS NULL)", name="account_changed"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint(
            "(bank_entry_id IS NULL) = (engagement_id IS NOT NULL)"
            " AND (engagement_id IS NULL) = (organisation_id IS NULL)",
            name="subject",
        ),
        Index("ix_refunds_engagement_id", "engagement_id"),
        Index("ix_refunds_organisation_id", "organisation_id"),
        Index("ix_refunds_requested_at", "requested_at"),
        Index("ix_refunds_amount", "amount"),
    )

    id: Mapped[UUID] = uuid_key()
    number: Mapped[str] = mapped_column(unique=True)
    engagement_id: Mapped[UUID | None] = mapped_column(ForeignKey("engagements.id"))
    organisation_id: Mapped[UUID | None] = mapped_column(ForeignKey("organisations.id"))
    bank_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_entries.id"), unique=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    reason: Mapped[str]
    status: Mapped[RefundStatus] = mapped_column(default=REFUND.initial)
    requested_by: Mapped[UUID | None]
    requested_at: Mapped[datetime]
    holder_name: Mapped[str]
    account_number: Mapped[str]
    bank_name: Mapped[str]
    account_changed_by: Mapped[UUID | None]
    account_changed_at: Mapped[datetime | None]
    batched_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    bounced_at: Mapped[datetime | None]

    engagement: Mapped[Engagement | None] = relationship()
    bank_entry: Mapped["BankEntry | None"] = relationship()


class PaymentBatch(Model):
    """Payments that leave together as one bank file; who sends it approved none of them."""

    __tablename__ = "payment_batches"
    __table_args__ = (
        CheckConstraint(BATCH.check(), name="status"),
        CheckConstraint(BATCH.stamped("sent_at", BatchStatus.SENT, BatchStatus.SETTLED), name="sent_at"),
        CheckConstraint(BATCH.stamped("sent_by", BatchStatus.SENT, BatchStatus.SETTLED), name="sent_by"),
        CheckConstraint(BATCH.stamped("file_sha256", BatchStatus.SENT, BatchStatus.SETTLED), name="file_sha256"),
        CheckConstraint(BATCH.stamped("settled_at", BatchStatus.SETTLED), name="settled_at"),
        CheckConstraint(BATCH.stamped("dissolved_at", BatchStatus.DISSOLVED), name="dissolved_at"),
        CheckConstraint("sent_by <> prepared_by", name="four_eyes"),
    )

    id: Mapped[UUID] = uuid_key()
    number: Mapped[str] = mapped_column(unique=True)
    currency: Mapped[str]
    status: Mapped[BatchStatus] = mapped_column(default=BATCH.initial)
    prepared_by: Mapped[UUID]
    prepared_at: Mapped[datetime]
    sent_by: Mapped[UUID | None]
    sent_at: Mapped[datetime | None]
    file_sha256: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    dissolved_at: Mapped[datetime | None]

    lines: Mapped[list["PaymentLine"]] = relationship(order_by="PaymentLine.end_to_end_id")


class PaymentLine(Model):
    """One payment of a batch, of a claim or a refund, with the account as it was when the batch was prepared."""

    __tablename__ = "payment_lines"
    __table_args__ = (
        CheckConstraint(LINE.check(), name="status"),
        CheckConstraint(LINE.stamped("paid_at", LineStatus.PAID), name="paid_at"),
        CheckConstraint(LINE.stamped("returned_at", LineStatus.RETURNED), name="returned_at"),
        CheckConstraint(LINE.stamped("removed_at", LineStatus.REMOVED), name="removed_at"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("(claim_id IS NULL) <> (refund_id IS NULL)", name="subject"),
        CheckConstraint(
            "account_confirmed_at IS NULL OR (account_confirmed_by IS NOT NULL AND status = 'returned')",
            name="account_confirmed",
        ),
        CheckConstraint("(claim_id IS NULL) = (bank_account_id IS NULL)", name="bank_account_id"),
        Index(
            "uq_payment_lines_claim_id",
            "claim_id",
            unique=True,
            postgresql_where=text("status IN ('pending', 'paid')"),
        ),
        Index(
            "uq_payment_lines_refund_id",
            "refund_id",
            unique=True,
            postgresql_where=text("status IN ('pending', 'paid')"),
        ),
        Index("ix_payment_lines_batch_id", "batch_id", "end_to_end_id"),
    )

    id: Mapped[UUID] = uuid_key()
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("payment_batches.id"))
    claim_id: Mapped[UUID | None] = mapped_column(ForeignKey("claims.id"))
    refund_id: Mapped[UUID | None] = mapped_column(ForeignKey("refunds.id"))
    amount: Mapped[int] = mapped_column(BigInteger)
    end_to_end_id: Mapped[str] = mapped_column(unique=True)
    bank_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_accounts.id"))
    holder_name: Mapped[str]
    account_number: Mapped[str]
    bank_name: Mapped[str]
    status: Mapped[LineStatus] = mapped_column(default=LINE.initial)
    paid_at: Mapped[datetime | None]
    movement_id: Mapped[UUID | None]  # of the ledger: what the account was paid
    returned_at: Mapped[datetime | None]
    return_reason: Mapped[str | None]
    removed_at: Mapped[datetime | None]
    account_confirmed_by: Mapped[UUID | None]
    account_confirmed_at: Mapped[datetime | None]

    claim: Mapped[Claim | None] = relationship()
    refund: Mapped[Refund | None] = relationship()

    @property
    def subject(self) -> Claim | Refund:
        """What is paid; the database wants exactly one of the two."""
        return cast(Claim | Refund, self.claim or self.refund)
