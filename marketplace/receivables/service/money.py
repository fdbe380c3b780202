"""The ledger's side of a debt: raised against the obligations, settled when it is paid, given up by a write-off."""

from collections.abc import Sequence
from uuid import UUID

from marketplace.core.actors import Actor
from marketplace.core.money import split
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.ledger.chart import TransferKind
from marketplace.ledger.service import Leg, post
from marketplace.receivables import queries
from marketplace.receivables.models import Receipt, Receivable


def raise_debt(receivable: Receivable, amount: int, *, kind: TransferKind, actor: Actor, key: str) -> None:
    """The debtor owes `amount` minor units more: obligation → receivable."""
    if amount:
        leg = Leg(chart.obligation(receivable.currency), chart.receivable(receivable.id), amount, key)
        _post([leg], receivable, kind, actor)


def lower_debt(receivable: Receivable, amount: int, *, kind: TransferKind, actor: Actor, key: str) -> None:
    """The debtor owes `amount` minor units less: receivable → obligation."""
    if amount:
        leg = Leg(chart.receivable(receivable.id), chart.obligation(receivable.currency), amount, key)
        _post([leg], receivable, kind, actor)


def book(receipt: Receipt, *, actor: Actor) -> None:
    """What was paid is owed no more: aid goes back by the budget lines that paid it, the rest is income."""
    receivable, key = receipt.receivable, str(receipt.id)
    settled = receipt.amount - receipt.excess
    lower_debt(receivable, settled, kind=TransferKind.SETTLE, actor=actor, key=f"{key}:settle")
    legs = [
        Leg(chart.paid(line), chart.returned(line), part, f"{key}:clawback:{line}")
        for line, part in _lines(receivable, receipt.principal).items()
    ]
    _post(legs, receivable, TransferKind.CLAWBACK, actor)
    if income := receipt.surcharge + receipt.interest:
        currency = receivable.currency
        leg = Leg(chart.bank(currency), chart.income(currency), income, f"{key}:income")
        _post([leg], receivable, TransferKind.INCOME, actor)


def take_back(receipt: Receipt, *, actor: Actor) -> None:
    """What a receipt paid is owed again, and everything that its payment moved goes the other way."""
    made = [one for one in ledger.transfers_under(receipt.receivable.number) if one.key.startswith(f"{receipt.id}:")]
    legs = [
        Leg(one.credit_account.in_chart, one.debit_account.in_chart, one.amount, f"{one.key}:reverse") for one in made
    ]
    _post(legs, receipt.receivable, TransferKind.REVERSE, actor)


def _post(legs: Sequence[Leg], receivable: Receivable, kind: TransferKind, actor: Actor) -> None:
    post(legs, kind=kind, currency=receivable.currency, actor=actor, reference=receivable.number)


def _lines(receivable: Receivable, amount: int) -> dict[UUID, int]:
    """`amount` by budget line, weighed by what each is still to get back; the last receipt empties all of them."""
    if not amount:
        return {}
    left = queries.recoverable(receivable)
    parts = split(amount, list(left.values()))
    return {UUID(line): part for line, part in zip(left, parts, strict=True) if part}
