"""The tables of what the bank reports: files, their reports, the booked entries in them, and what each part is here."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.claims.states import AssignmentKind, Direction, EntryOutcome, ReportKind, Sum
from marketplace.core.db import Model, created_at, uuid_key


class BankImport(Model):
    """One file of the bank, taken once; a large one waits in the files folder, under its id, until it is read.

    `refused` says in each language why it could not be read.
    """

    __tablename__ = "bank_imports"
    __table_args__ = (
        CheckConstraint("refused IS NULL OR read_at IS NOT NULL", name="refused"),
        Index("ix_bank_imports_created_at", "created_at"),
    )

    id: Mapped[UUID] = uuid_key()
    sha256: Mapped[str] = mapped_column(unique=True)
    file_name: Mapped[str]
    imported_by: Mapped[UUID | None]
    read_at: Mapped[datetime | None]
    refused: Mapped[dict[str, str] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime] = created_at()

    entries: Mapped[list["BankEntry"]] = relationship(order_by="BankEntry.position")
    reports: Mapped[list["BankReport"]] = relationship(order_by="BankReport.position")


class BankReport(Model):
    """One report of an account in a file, with its balances in minor units and whether they prove its entries.

    `announced` counts entries that the bank hasn't booked, `odd` holds those that couldn't be read, each with why.
    """

    __tablename__ = "bank_reports"
    __table_args__ = (
        CheckConstraint("kind IN ('camt.052', 'camt.053', 'camt.054')", name="kind"),
        CheckConstraint("sum IN ('proved', 'differs', 'no_balances', 'currencies')", name="sum"),
        CheckConstraint("sum <> 'proved' OR difference = 0 AND opening IS NOT NULL", name="proved"),
        UniqueConstraint("import_id", "position"),
        Index("ix_bank_reports_account_closed_on", "account", "closed_on"),
    )

    id: Mapped[UUID] = uuid_key()
    import_id: Mapped[UUID] = mapped_column(ForeignKey("bank_imports.id"))
    position: Mapped[int]
    kind: Mapped[ReportKind]
    identification: Mapped[str]
    page: Mapped[int]
    account: Mapped[str]
    currency: Mapped[str]
    opening: Mapped[int | None] = mapped_column(BigInteger)
    closing: Mapped[int | None] = mapped_column(BigInteger)
    opened_on: Mapped[date | None]
    closed_on: Mapped[date | None]
    entries: Mapped[int]
    announced: Mapped[int]
    odd: Mapped[list[dict[str, Any]]]
    sum: Mapped[Sum | None]
    difference: Mapped[int] = mapped_column(BigInteger)


class BankBooking(Model):
    """One booked entry of a report: the truth for amount, currency and direction, and what makes it itself.

    The same fingerprint (account, day, amount, direction and references) at the same occurrence in another file of the
    same kind is the same entry: that one `repeats` the earlier one. Where only a person can say whether it does, it
    `resembles` the earlier one.
    """

    __tablename__ = "bank_bookings"
    __table_args__ = (
        CheckConstraint("kind IN ('camt.052', 'camt.053', 'camt.054')", name="kind"),
        CheckConstraint("direction IN ('credit', 'debit')", name="direction"),
        CheckConstraint("amount > 0", name="amount"),
        Index(
            "uq_bank_bookings_identity",
            "kind",
            "fingerprint",
            "occurrence",
            unique=True,
            postgresql_where=text("repeats_id IS NULL"),
        ),
        UniqueConstraint("report_id", "number"),
        Index("ix_bank_bookings_account_booked_on", "account", "booked_on"),
    )

    id: Mapped[UUID] = uuid_key()
    report_id: Mapped[UUID] = mapped_column(ForeignKey("bank_reports.id"))
    number: Mapped[int]
    kind: Mapped[ReportKind]
    account: Mapped[str]
    currency: Mapped[str]
    direction: Mapped[Direction]
    amount: Mapped[int] = mapped_column(BigInteger)
    booked_on: Mapped[date]
    bank_reference: Mapped[str]
    is_reversal: Mapped[bool]
    fingerprint: Mapped[str]
    occurrence: Mapped[int]
    repeats_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_bookings.id"))
    resembles_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_bookings.id"))


class BankEntry(Model):
    """One movement: a booked entry, or the part of one that a transaction in it is; and what it did here.

    What is known from another report (`is_known`, from `known_from_id` where that can be said) brings no money. It may
    still tell what that one is, and then takes its money over (`drawn_from_id`). What the bank said never changes.
    """

    __tablename__ = "bank_entries"
    __table_args__ = (
        CheckConstraint("direction IN ('credit', 'debit')", name="direction"),
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint(
            "outcome IN ('waiting', 'paid', 'returned', 'co_payment', 'reversed', 'receivable', 'charge', 'known',"
            " 'told', 'unmatched')",
            name="outcome",
        ),
        CheckConstraint("is_known OR known_from_id IS NULL", name="known_from_id"),
        CheckConstraint("drawn_from_id IS NULL OR is_known", name="drawn_from_id"),
        CheckConstraint(
            "greatest(length(bank_reference), length(reference), length(debtor), length(debtor_account)) <= 140",
            name="lengths",
        ),
        UniqueConstraint("import_id", "position"),
        Index("ix_bank_entries_booking_id", "booking_id"),
        Index("ix_bank_entries_known_from_id", "known_from_id", postgresql_where=text("known_from_id IS NOT NULL")),
        Index("ix_bank_entries_drawn_from_id", "drawn_from_id", postgresql_where=text("drawn_from_id IS NOT NULL")),
        Index("ix_bank_entries_open", "outcome", postgresql_where=text("outcome IN ('waiting', 'unmatched')")),
    )

    id: Mapped[UUID] = uuid_key()
    import_id: Mapped[UUID] = mapped_column(ForeignKey("bank_imports.id"))
    position: Mapped[int]
    booking_id: Mapped[UUID] = mapped_column(ForeignKey("bank_bookings.id"))
    account: Mapped[str]
    bank_reference: Mapped[str]
    reference: Mapped[str]
    remittance: Mapped[str]
    amount: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str]
    direction: Mapped[Direction]
    payer: Mapped[str]
    debtor: Mapped[str]
    debtor_account: Mapped[str]
    debtor_bank: Mapped[str]
    booked_on: Mapped[date]
    # From when the money counts, for interest.
    valued_on: Mapped[date]
    return_reason: Mapped[str]
    single: Mapped[bool]
    is_charge: Mapped[bool]
    is_known: Mapped[bool]
    known_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_entries.id"))
    drawn_from_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_entries.id"))
    outcome: Mapped[EntryOutcome]
    note: Mapped[str | None]

    booking: Mapped[BankBooking] = relationship()
    assignment: Mapped["BankAssignment | None"] = relationship()

    @property
    def is_doubtful(self) -> bool:
        """Whether it brings money that an earlier file may have brought already."""
        return self.booking.resembles_id is not None and not self.is_known

    @property
    def signed(self) -> int:
        """What it adds to the account."""
        return self.amount if self.direction == Direction.CREDIT else -self.amount


class BankAssignment(Model):
    """What an officer said of a movement that matched nothing, and why; once, and never changed."""

    __tablename__ = "bank_assignments"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('co_payment', 'payments', 'return', 'reversal', 'sent_back', 'known', 'offset', 'debt_reversal',"
            " 'funding', 'interest', 'explained')",
            name="kind",
        ),
        CheckConstraint("(kind IN ('funding', 'interest')) = (proposed_by IS NOT NULL)", name="proposed_by"),
        CheckConstraint("proposed_by <> assigned_by", name="four_eyes"),
        CheckConstraint("(kind IN ('co_payment', 'reversal')) = (co_payment_id IS NOT NULL)", name="co_payment_id"),
        CheckConstraint("reason <> ''", name="reason"),
    )

    id: Mapped[UUID] = uuid_key()
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("bank_entries.id"), unique=True)
    kind: Mapped[AssignmentKind]
    co_payment_id: Mapped[UUID | None] = mapped_column(ForeignKey("co_payments.id"))
    reason: Mapped[str]
    # Where two officers say it: the first of them.
    proposed_by: Mapped[UUID | None]
    assigned_by: Mapped[UUID]
    assigned_at: Mapped[datetime]


class BankProposal(Model):
    """What one officer proposes that a movement is; another one confirms it, or it is withdrawn or refused."""

    __tablename__ = "bank_proposals"
    __table_args__ = (
        CheckConstraint("kind IN ('funding', 'interest')", name="kind"),
        CheckConstraint("reason <> ''", name="reason"),
        CheckConstraint("(refused_at IS NULL) = (refused_by IS NULL)", name="refused"),
        Index("uq_bank_proposals_open", "entry_id", unique=True, postgresql_where=text("refused_at IS NULL")),
    )

    id: Mapped[UUID] = uuid_key()
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("bank_entries.id"))
    kind: Mapped[AssignmentKind]
    reason: Mapped[str]
    proposed_by: Mapped[UUID]
    proposed_at: Mapped[datetime] = created_at()
    refused_by: Mapped[UUID | None]
    refused_at: Mapped[datetime | None]

    entry: Mapped[BankEntry] = relationship()
