"""The ledger's side of a debt: raised against the obligations, settled when it is paid, given up by a write-off."""

from uuid import UUID

from marketplace.core.actors import Actor
from marketplace.core.money import split
from marketplace.ledger.service import Leg, Opening, post
from marketplace.receivables import queries
from marketplace.receivables.models import Receipt, Receivable


def raise_debt(receivable: Receivable, amount: int, *, kind: str, actor: Actor, key: str) -> None:
    """The debtor owes `amount` minor units more: obligation → receivable."""
    if amount:
        leg = Leg(_agency("obligation", receivable, may_be_negative=True), _owed(receivable), amount, key)
        post([leg], kind=kind, actor=actor, reference=receivable.number)


def lower_debt(receivable: Receivable, amount: int, *, kind: str, actor: Actor, key: str) -> None:
    """The debtor owes `amount` minor units less: receivable → obligation."""
    if amount:
        leg = Leg(_owed(receivable), _agency("obligation", receivable, may_be_negative=True), amount, key)
        post([leg], kind=kind, actor=actor, reference=receivable.number)


def book(receipt: Receipt, *, actor: Actor) -> None:
    """What was paid is owed no more: aid goes back by the budget lines that paid it, the rest is income."""
    receivable, key = receipt.receivable, str(receipt.id)
    lower_debt(receivable, receipt.amount - receipt.excess, kind="settle", actor=actor, key=f"{key}:settle")
    legs = [
        Leg(f"paid:{line}", _returned(receivable, line), part, f"{key}:clawback:{line}")
        for line, part in _lines(receivable, receipt.principal).items()
    ]
    post(legs, kind="clawback", actor=actor, reference=receivable.number)
    if income := receipt.surcharge + receipt.interest:
        bank = _agency("bank", receivable, may_be_negative=True)
        leg = Leg(bank, _agency("income", receivable), income, f"{key}:income")
        post([leg], kind="income", actor=actor, reference=receivable.number)


def _lines(receivable: Receivable, amount: int) -> dict[str, int]:
    """`amount` by budget line, weighed by what each is still to get back; the last receipt empties all of them."""
    if not amount:
        return {}
    left = queries.recoverable(receivable)
    parts = split(amount, list(left.values()))
    return {line: part for line, part in zip(left, parts, strict=True) if part}


def _returned(receivable: Receivable, line: str) -> Opening:
    line_id = UUID(line)
    return Opening(f"returned:{line}", "returned", ("budget_line", line_id), receivable.currency, line_id)


def _owed(receivable: Receivable) -> Opening:
    return Opening(f"receivable:{receivable.id}", "receivable", ("receivable", receivable.id), receivable.currency)


def _agency(stage: str, receivable: Receivable, *, may_be_negative: bool = False) -> Opening:
    code, currency = f"{stage}:{receivable.currency}", receivable.currency
    return Opening(code, stage, ("agency", None), currency, may_be_negative=may_be_negative)
