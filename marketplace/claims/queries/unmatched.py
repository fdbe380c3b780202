"""Reads of movements that match nothing."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import exists, select

from marketplace.claims.models import BankAssignment, BankEntry
from marketplace.core import db
from marketplace.core.db import session
from marketplace.ledger import queries as ledger

# Movements of which nobody has said what they are.
UNASSIGNED = (
    BankEntry.outcome == "unmatched",
    ~exists().where(BankAssignment.entry_id == BankEntry.id),
)


def get_entry(entry_id: UUID) -> BankEntry:
    """One movement that the bank reported; NotFound without one."""
    return db.get(BankEntry, entry_id)


def entries_by_id(entry_ids: Sequence[UUID]) -> Sequence[BankEntry]:
    """These movements, the earliest first."""
    wanted = select(BankEntry).where(BankEntry.id.in_(entry_ids))
    return session.scalars(wanted.order_by(BankEntry.booked_on, BankEntry.id)).all()


def unmatched_entries(*, limit: int) -> Sequence[BankEntry]:
    """Movements that match nothing, for an officer to look at, newest first."""
    wanted = select(BankEntry).where(*UNASSIGNED)
    return session.scalars(wanted.order_by(BankEntry.booked_on.desc(), BankEntry.id).limit(limit)).all()


def entries_beside(entry: BankEntry) -> Sequence[BankEntry]:
    """Other unassigned movements from the same account, which may belong to the same payment."""
    wanted = select(BankEntry).where(
        *UNASSIGNED,
        BankEntry.id != entry.id,
        BankEntry.direction == "credit",
        BankEntry.debtor_account == entry.debtor_account,
        BankEntry.currency == entry.currency,
    )
    return session.scalars(wanted.order_by(BankEntry.booked_on, BankEntry.id)).all()


def is_in_suspense(entry: BankEntry) -> bool:
    """Whether this movement's money stands in the books, waiting to be assigned."""
    return ledger.balance(f"suspense:{entry.id}") > 0
