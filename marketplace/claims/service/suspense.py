"""Money that came or left and matches nothing, in the books: held for its movement, and taken out again."""

from marketplace.claims.models import BankEntry
from marketplace.claims.states import Direction
from marketplace.core.actors import Actor
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.ledger.chart import ChartAccount, TransferKind
from marketplace.ledger.service import Leg, post


def account(entry: BankEntry) -> ChartAccount:
    """Where the movement's money is held: below 0 what left."""
    return chart.suspense(entry.id) if entry.direction == Direction.CREDIT else chart.suspended_debit(entry.id)


def left(entry: BankEntry) -> int:
    """How much of the movement is still held."""
    return abs(ledger.balance(account(entry)))


def hold(entry: BankEntry, *, actor: Actor) -> None:
    """Book a movement that matches nothing, so that the books explain it from the first moment."""
    came = entry.direction == Direction.CREDIT
    sides = chart.bank(entry.currency), account(entry)
    leg = Leg(*(sides if came else sides[::-1]), entry.amount, f"{entry.id}:hold")
    kind = TransferKind.RECEIVE if came else TransferKind.WITHDRAW
    post([leg], kind=kind, currency=entry.currency, actor=actor, reference=_reference(entry))


def release(entry: BankEntry, amount: int, *, actor: Actor, key: str) -> None:
    """Take so much of the movement out of suspense, back to the bank, from where what it is takes it."""
    sides = account(entry), chart.bank(entry.currency)
    leg = Leg(*(sides if entry.direction == Direction.CREDIT else sides[::-1]), amount, key)
    post([leg], kind=TransferKind.ASSIGN, currency=entry.currency, actor=actor, reference=_reference(entry))


def give_up(entry: BankEntry, other: ChartAccount, *, kind: TransferKind, actor: Actor) -> None:
    """What is explained moves between suspense and an account of the agency: to it what came, from it what left."""
    sides = account(entry), other
    leg = Leg(*(sides if entry.direction == Direction.CREDIT else sides[::-1]), left(entry), f"{entry.id}:explain")
    post([leg], kind=kind, currency=entry.currency, actor=actor, reference=_reference(entry))


def _reference(entry: BankEntry) -> str:
    return entry.bank_reference or entry.reference or entry.booking.bank_reference or "-"
