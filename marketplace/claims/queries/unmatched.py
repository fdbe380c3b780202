"""Reads of movements that match nothing."""

from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, Text, and_, any_, bindparam, exists, func, or_, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, aliased

from marketplace.accounts.models import Organisation
from marketplace.agency import queries as agency
from marketplace.claims.models import BankAssignment, BankBooking, BankEntry
from marketplace.claims.states import Direction, EntryOutcome, ReportKind
from marketplace.core import db
from marketplace.core.text import number_in, plain_firm_name, plain_number
from marketplace.engagements.models import Agreement, CoPayment
from marketplace.engagements.states import CoPaymentStatus
from marketplace.ledger import queries as ledger
from marketplace.ledger.chart import Stage

FEW_DAYS = 7
# Movements of which nobody has said what they are.
UNASSIGNED = (
    BankEntry.outcome == EntryOutcome.UNMATCHED,
    ~exists().where(BankAssignment.entry_id == BankEntry.id),
)


def is_ours(account: str) -> bool:
    """Whether this is an account that the agency has or had, however the bank writes it."""
    return plain_number(account) in agency.own_numbers()


def early_returns(end_to_end_id: str) -> Sequence[BankEntry]:
    """Money that came in under a payment's reference before the payment was reported to have left."""
    return _too_early(BankEntry.direction == Direction.CREDIT, BankEntry.reference == end_to_end_id)


def early_reversals(reference: str) -> Sequence[BankEntry]:
    """Money that the bank took back under a co-payment's reference before that was reported to have come."""
    marked = or_(BankBooking.is_reversal, BankEntry.return_reason != "")
    return _naming(reference, _too_early(BankEntry.direction == Direction.DEBIT, marked))


def second_shares(reference: str) -> Sequence[BankEntry]:
    """Money that came under a co-payment's reference when that had arrived before, and wasn't awaited."""
    return _naming(reference, _too_early(BankEntry.direction == Direction.CREDIT))


def _naming(reference: str, entries: Sequence[BankEntry]) -> Sequence[BankEntry]:
    return [entry for entry in entries if number_in("COP", entry.reference, entry.remittance) == reference]


def _too_early(*conditions: ColumnElement[bool]) -> Sequence[BankEntry]:
    """What stands in the books and matched nothing when it came, and what told of such money without effect."""
    held = aliased(BankEntry)
    told = exists().where(
        held.id == BankEntry.known_from_id,
        held.outcome == EntryOutcome.UNMATCHED,
        ~exists().where(BankAssignment.entry_id == held.id),
    )
    query = select(BankEntry).join(BankBooking, BankBooking.id == BankEntry.booking_id).where(*conditions)
    query = query.where(and_(*UNASSIGNED) | and_(BankEntry.outcome == EntryOutcome.KNOWN, told))
    holders = {
        entry: (entry.known_from_id if entry.outcome == EntryOutcome.KNOWN else None) or entry.id
        for entry in db.session.scalars(query.order_by(BankEntry.id))
    }
    standing = ledger.owners_at(Stage.SUSPENSE, list(holders.values()))
    return [entry for entry, holder in holders.items() if holder in standing]


def co_payment_under(reference: str) -> UUID | None:
    """The co-payment with this reference."""
    return db.session.scalar(select(CoPayment.id).where(CoPayment.reference == reference))


def share_under(reference: str) -> int:
    """How much the co-payment with this reference is; 0 without one."""
    return db.session.scalar(select(CoPayment.amount).where(CoPayment.reference == reference)) or 0


def told_by_another_report(entry: BankEntry) -> bool:
    """Whether another kind of report tells of the same amount under the same reference within a few days.

    Then it is most likely one payment, booked on two days, and must not be sent back before somebody has looked. It is
    none that this kind of report has told elsewhere, and no notification of a day after the statement's.
    """
    if not entry.reference:
        return False
    other, booking = aliased(BankEntry), aliased(BankBooking)
    query = select(other.id).join(booking, booking.id == other.booking_id)
    teller, told = aliased(BankEntry), aliased(BankBooking)
    told_elsewhere = exists().where(
        teller.known_from_id == other.id, told.id == teller.booking_id, told.kind == entry.booking.kind
    )
    if entry.booking.kind == ReportKind.STATEMENT:
        in_order = other.booked_on <= entry.booked_on
    else:
        in_order = or_(booking.kind != ReportKind.STATEMENT, other.booked_on >= entry.booked_on)
    same = (
        other.id != entry.id,
        booking.kind != entry.booking.kind,
        func.plain_number(other.account) == plain_number(entry.account),
        other.currency == entry.currency,
        other.direction == entry.direction,
        other.amount == entry.amount,
        other.reference == entry.reference,
        other.is_known.is_(False),
        func.abs(other.booked_on - entry.booked_on) <= FEW_DAYS,
        in_order,
        ~told_elsewhere,
    )
    return db.session.scalar(query.where(*same).limit(1)) is not None


def get_entry(entry_id: UUID) -> BankEntry:
    """One movement that the bank reported; NotFound without one."""
    return db.get(BankEntry, entry_id)


def entries_by_id(entry_ids: Sequence[UUID]) -> Sequence[BankEntry]:
    """These movements, the earliest first."""
    query = select(BankEntry).where(BankEntry.id.in_(entry_ids))
    return db.session.scalars(query.order_by(BankEntry.booked_on, BankEntry.id)).all()


SHOWN: tuple[InstrumentedAttribute[Any], ...] = (
    BankEntry.id,
    BankEntry.bank_reference,
    BankEntry.booked_on,
    BankEntry.direction,
    BankEntry.amount,
    BankEntry.currency,
    BankEntry.debtor,
    BankEntry.reference,
    BankEntry.remittance,
    BankEntry.note,
)


def all_unmatched() -> Select[*tuple[Any, ...]]:
    """What an officer is shown of every movement that matches nothing."""
    return select(*SHOWN).where(*UNASSIGNED)


def unmatched_entries(*, limit: int) -> Sequence[Row[Any]]:
    """What an officer is shown of movements that match nothing, newest first."""
    return db.session.execute(_unmatched_entries(), {"limit": limit}).all()


@cache
def _unmatched_entries() -> Select[*tuple[Any, ...]]:
    query = select(*SHOWN).where(*UNASSIGNED)
    return query.order_by(BankEntry.booked_on.desc(), BankEntry.id).limit(bindparam("limit"))


def entries_beside(entry: BankEntry) -> Sequence[Row[Any]]:
    """Other unassigned movements from the same account, which may belong to the same payment."""
    given = {"entry_id": entry.id, "debtor_account": entry.debtor_account, "currency": entry.currency}
    return db.session.execute(_entries_beside(), given).all()


@cache
def _entries_beside() -> Select[*tuple[Any, ...]]:
    query = select(*SHOWN).where(
        *UNASSIGNED,
        BankEntry.id != bindparam("entry_id"),
        BankEntry.direction == Direction.CREDIT,
        func.plain_number(BankEntry.debtor_account) == func.plain_number(bindparam("debtor_account", type_=Text)),
        BankEntry.currency == bindparam("currency"),
    )
    return query.order_by(BankEntry.booked_on, BankEntry.id)


class Likely(NamedTuple):
    """An awaited co-payment that a movement may be, the company that owes it, and what the two have in common."""

    reference: str
    amount: int
    currency: str
    due_on: date
    company: str
    same_amount: bool
    same_payer: bool


def likely_co_payments(entry: BankEntry, *, limit: int) -> Sequence[Likely]:
    """Awaited co-payments of this movement's amount or of a company named as its payer, the likeliest first."""
    payers = [name for name in map(plain_firm_name, (entry.payer, entry.debtor)) if name]
    given = {"payers": payers, "amount": entry.amount}
    rows = db.session.execute(_likely_co_payments(), given | {"currency": entry.currency, "limit": limit})
    return [Likely(*row) for row in rows]


@cache
def _likely_co_payments() -> Select[*tuple[Any, ...]]:
    same_amount = CoPayment.amount == bindparam("amount")
    same_payer = func.plain_firm_name(Organisation.name) == any_(bindparam("payers", type_=ARRAY(Text)))
    return (
        select(
            CoPayment.reference,
            CoPayment.amount,
            CoPayment.currency,
            CoPayment.due_on,
            Organisation.name,
            same_amount,
            same_payer,
        )
        .join(Agreement, Agreement.id == CoPayment.agreement_id)
        .join(Organisation, Organisation.id == Agreement.organisation_id)
        .where(
            CoPayment.status == CoPaymentStatus.AWAITED,
            CoPayment.currency == bindparam("currency"),
            or_(same_amount, same_payer),
        )
        .order_by(same_payer.desc(), same_amount.desc(), CoPayment.due_on, CoPayment.id)
        .limit(bindparam("limit"))
    )


def is_in_suspense(entry: BankEntry) -> bool:
    """Whether this movement's money stands in the books, waiting to be assigned."""
    return entry.id in in_suspense([entry.id])


def in_suspense(entry_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these movements whose money stands in the books, waiting to be assigned."""
    return ledger.owners_at(Stage.SUSPENSE, entry_ids)
