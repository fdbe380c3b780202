"""The tables of what is owed to the agency; the database keeps two people, amounts and receipts apart."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, Integer, UniqueConstraint, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.claims.models import BankEntry, Deduction
from marketplace.core.db import Model, created_at, uuid_key
from marketplace.engagements.models import Engagement
from marketplace.receivables.states import (
    INSTALMENT,
    RECEIVABLE,
    WRITE_OFF,
    InstalmentStatus,
    ReceivableKind,
    ReceivableStatus,
    WriteOffStatus,
)

LIVE = (InstalmentStatus.SCHEDULED, InstalmentStatus.NOTIFIED)
ONE_CAUSE = "(bank_entry_id IS NULL) <> (deduction_id IS NULL)"


class Receivable(Model):
    """What one side of an engagement owes to the agency, of the aid that was paid for it; amounts never change.

    An engagement has one repayment, and as many recoveries as there are grounds, within what was paid in all.
    """

    __tablename__ = "receivables"
    __table_args__ = (
        CheckConstraint(RECEIVABLE.check(), name="status"),
        CheckConstraint("kind IN ('repayment', 'recovery')", name="kind"),
        CheckConstraint("(kind = 'recovery') = (ground IS NOT NULL)", name="ground"),
        CheckConstraint("kind = 'recovery' OR surcharge = 0", name="repayment"),
        CheckConstraint("principal BETWEEN 1 AND aid_paid AND surcharge >= 0", name="amounts"),
        CheckConstraint("interest_basis_points >= 0 AND days_to_pay >= 0", name="terms"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("confirmed_by <> proposed_by", name="four_eyes"),
        CheckConstraint(
            RECEIVABLE.stamped(
                "confirmed_by", ReceivableStatus.OPEN, ReceivableStatus.SETTLED, ReceivableStatus.WRITTEN_OFF
            ),
            name="confirmed_by",
        ),
        CheckConstraint(
            RECEIVABLE.stamped(
                "confirmed_at", ReceivableStatus.OPEN, ReceivableStatus.SETTLED, ReceivableStatus.WRITTEN_OFF
            ),
            name="confirmed_at",
        ),
        CheckConstraint(RECEIVABLE.stamped("dropped_at", ReceivableStatus.DROPPED), name="dropped_at"),
        CheckConstraint(RECEIVABLE.stamped("settled_at", ReceivableStatus.SETTLED), name="settled_at"),
        CheckConstraint(RECEIVABLE.stamped("written_off_at", ReceivableStatus.WRITTEN_OFF), name="written_off_at"),
        CheckConstraint("(listed_from IS NULL) = (listed_until IS NULL)", name="listed"),
        Index(
            "uq_receivables_live",
            "engagement_id",
            unique=True,
            postgresql_where=text("kind = 'repayment' AND status <> 'dropped'"),
        ),
        Index("ix_receivables_debtor_id", "debtor_id"),
        Index("ix_receivables_status", "status"),
        Index("ix_receivables_proposed_at", "proposed_at"),
        Index("ix_receivables_principal", "principal"),
        Index("ix_receivables_listed_from", "listed_from"),
    )

    id: Mapped[UUID] = uuid_key()
    number: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[ReceivableKind]
    engagement_id: Mapped[UUID] = mapped_column(ForeignKey("engagements.id"))
    debtor_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    currency: Mapped[str]
    aid_paid: Mapped[int] = mapped_column(BigInteger)
    principal: Mapped[int] = mapped_column(BigInteger)
    surcharge: Mapped[int] = mapped_column(BigInteger, default=0)
    # The principal by budget line: where it goes back to.
    parts: Mapped[dict[str, int]]
    ground: Mapped[str | None]
    reason: Mapped[str]
    days_to_pay: Mapped[int]
    interest_basis_points: Mapped[int]
    reminder_days: Mapped[list[int]] = mapped_column(ARRAY(Integer))
    status: Mapped[ReceivableStatus] = mapped_column(default=RECEIVABLE.initial)
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime] = created_at()
    confirmed_by: Mapped[UUID | None]
    confirmed_at: Mapped[datetime | None]
    dropped_at: Mapped[datetime | None]
    drop_reason: Mapped[str | None]
    settled_at: Mapped[datetime | None]
    written_off_at: Mapped[datetime | None]
    listed_from: Mapped[date | None]
    listed_until: Mapped[date | None]

    engagement: Mapped[Engagement] = relationship()
    instalments: Mapped[list["Instalment"]] = relationship(order_by="Instalment.position", back_populates="receivable")
    receipts: Mapped[list["Receipt"]] = relationship(
        order_by="Receipt.created_at, Receipt.number", back_populates="receivable"
    )

    @property
    def live(self) -> list["Instalment"]:
        """The instalments still to be paid, oldest first."""
        return [instalment for instalment in self.instalments if instalment.status in LIVE]

    @property
    def outstanding(self) -> int:
        """What is still to be paid, with the interest booked so far, in minor units."""
        return sum(instalment.outstanding for instalment in self.live)


class Instalment(Model):
    """One part of a receivable with its due date; `interest` is what was booked up to `interest_until`."""

    __tablename__ = "instalments"
    __table_args__ = (
        CheckConstraint(INSTALMENT.check(), name="status"),
        CheckConstraint("principal >= 0 AND surcharge >= 0 AND interest >= 0", name="amounts"),
        CheckConstraint(
            "paid_principal BETWEEN 0 AND principal AND paid_surcharge BETWEEN 0 AND surcharge"
            " AND paid_interest BETWEEN 0 AND interest",
            name="paid_parts",
        ),
        CheckConstraint(
            "status <> 'paid' OR (paid_principal, paid_surcharge, paid_interest) = (principal, surcharge, interest)",
            name="paid_in_full",
        ),
        CheckConstraint(INSTALMENT.stamped("notified_at", InstalmentStatus.NOTIFIED), name="notified_at"),
        CheckConstraint(INSTALMENT.stamped("paid_at", InstalmentStatus.PAID), name="paid_at"),
        CheckConstraint(INSTALMENT.stamped("replaced_at", InstalmentStatus.REPLACED), name="replaced_at"),
        CheckConstraint(INSTALMENT.stamped("written_off_at", InstalmentStatus.WRITTEN_OFF), name="written_off_at"),
        UniqueConstraint("receivable_id", "position"),
        Index("ix_instalments_due_on", "due_on", postgresql_where=text("status IN ('scheduled', 'notified')")),
    )

    id: Mapped[UUID] = uuid_key()
    receivable_id: Mapped[UUID] = mapped_column(ForeignKey("receivables.id"))
    position: Mapped[int]
    due_on: Mapped[date]
    principal: Mapped[int] = mapped_column(BigInteger)
    surcharge: Mapped[int] = mapped_column(BigInteger, default=0)
    interest: Mapped[int] = mapped_column(BigInteger, default=0)
    interest_until: Mapped[date | None]
    paid_principal: Mapped[int] = mapped_column(BigInteger, default=0)
    paid_surcharge: Mapped[int] = mapped_column(BigInteger, default=0)
    paid_interest: Mapped[int] = mapped_column(BigInteger, default=0)
    status: Mapped[InstalmentStatus] = mapped_column(default=INSTALMENT.initial)
    notified_at: Mapped[datetime | None]
    paid_at: Mapped[datetime | None]
    replaced_at: Mapped[datetime | None]
    written_off_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = created_at()

    receivable: Mapped[Receivable] = relationship(back_populates="instalments")

    @hybrid_property
    def capital(self) -> int:
        """What bears interest once it is overdue: principal and surcharge still to be paid."""
        return self.principal - self.paid_principal + self.surcharge - self.paid_surcharge

    @hybrid_property
    def outstanding(self) -> int:
        """What is still to be paid of it, with the interest booked so far."""
        return self.capital + self.interest - self.paid_interest


class Receipt(Model):
    """Money that came in for a receivable, by the bank or by set-off, and what it paid; never changed."""

    __tablename__ = "receipts"
    __table_args__ = (
        CheckConstraint("amount > 0 AND amount = principal + surcharge + interest + excess", name="amount"),
        CheckConstraint("principal >= 0 AND surcharge >= 0 AND interest >= 0 AND excess >= 0", name="parts"),
        CheckConstraint(ONE_CAUSE, name="cause"),
        Index("ix_receipts_receivable_id", "receivable_id"),
    )

    id: Mapped[UUID] = uuid_key()
    number: Mapped[str] = mapped_column(unique=True)
    receivable_id: Mapped[UUID] = mapped_column(ForeignKey("receivables.id"))
    bank_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey(BankEntry.id), unique=True)
    deduction_id: Mapped[UUID | None] = mapped_column(ForeignKey(Deduction.id), unique=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    principal: Mapped[int] = mapped_column(BigInteger)
    surcharge: Mapped[int] = mapped_column(BigInteger)
    interest: Mapped[int] = mapped_column(BigInteger)
    excess: Mapped[int] = mapped_column(BigInteger)
    booked_on: Mapped[date]
    created_at: Mapped[datetime] = created_at()

    receivable: Mapped[Receivable] = relationship(back_populates="receipts")
    reversal: Mapped["ReceiptReversal | None"] = relationship()


class ReceiptReversal(Model):
    """The bank took the payment of a receipt back by a debit: what the receipt paid is owed again."""

    __tablename__ = "receipt_reversals"

    id: Mapped[UUID] = uuid_key()
    receipt_id: Mapped[UUID] = mapped_column(ForeignKey("receipts.id"), unique=True)
    bank_entry_id: Mapped[UUID] = mapped_column(ForeignKey(BankEntry.id), unique=True)
    created_at: Mapped[datetime] = created_at()


class WriteOff(Model):
    """Giving up what is still owed, with the signatures of two budget officers."""

    __tablename__ = "write_offs"
    __table_args__ = (
        CheckConstraint(WRITE_OFF.check(), name="status"),
        CheckConstraint("signed_by <> proposed_by", name="two_signatures"),
        CheckConstraint("status <> 'signed' OR (signed_by IS NOT NULL AND signed_at IS NOT NULL)", name="signed_at"),
        CheckConstraint(WRITE_OFF.stamped("refused_at", WriteOffStatus.REFUSED), name="refused_at"),
        CheckConstraint(WRITE_OFF.stamped("amount", WriteOffStatus.SIGNED), name="amount"),
        CheckConstraint("amount > 0 AND reason <> ''", name="facts"),
        Index(
            "uq_write_offs_live",
            "receivable_id",
            unique=True,
            postgresql_where=text("status IN ('proposed', 'signed')"),
        ),
    )

    id: Mapped[UUID] = uuid_key()
    receivable_id: Mapped[UUID] = mapped_column(ForeignKey("receivables.id"))
    reason: Mapped[str]
    amount: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[WriteOffStatus] = mapped_column(default=WRITE_OFF.initial)
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime] = created_at()
    signed_by: Mapped[UUID | None]
    signed_at: Mapped[datetime | None]
    refused_by: Mapped[UUID | None]
    refused_at: Mapped[datetime | None]

    receivable: Mapped[Receivable] = relationship()
