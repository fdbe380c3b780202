"""The ledger's side of claims (committed → payable → paid, with the co-payment's part) and of refunds to the SME."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast
from uuid import UUID

from marketplace.claims.models import BankEntry, Claim, PaymentLine, Refund
from marketplace.core.actors import Actor
from marketplace.core.money import split
from marketplace.engagements.models import Engagement
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger.chart import ChartAccount, Stage, TransferKind
from marketplace.ledger.service import Leg, post


def make_payable(claim: Claim, *, actor: Actor) -> None:
    """Move the approved aid from committed to payable on every budget line, and the co-payment's part with it."""
    agreement_id, legs = claim.engagement.agreement_id, []
    if claim.approved_aid:
        committed = ledger_queries.balances_by_owner(agreement_id, Stage.COMMITTED)
        # Weighing by what is left keeps every part within its line, and the last claim empties all of them.
        for line_id, part in zip(committed, split(claim.approved_aid, list(committed.values())), strict=True):
            if part:
                bound, payable = chart.committed(agreement_id, line_id), chart.payable(claim.id, line_id)
                legs.append(Leg(bound, payable, part, f"{claim.id}:approve:{line_id}"))
    if claim.approved_co_payment:
        held, payable = chart.co_payment(agreement_id), chart.co_payment_payable(claim.id)
        legs.append(Leg(held, payable, claim.approved_co_payment, f"{claim.id}:approve:co_payment"))
    post(legs, kind=TransferKind.APPROVE, currency=claim.currency, actor=actor, reference=claim.number)


def set_aside(refund: Refund, *, actor: Actor) -> None:
    """Take the refund's amount out of the co-payment that is held for its agreement."""
    held = chart.co_payment(cast(Engagement, refund.engagement).agreement_id)
    _keep_for(refund, held, TransferKind.REFUND, actor, key=f"{refund.id}:refund")


def take_excess(refund: Refund, *, actor: Actor) -> None:
    """Keep what came in beyond a debt apart, for the refund that gives it back."""
    _keep_for(refund, chart.bank(refund.currency), TransferKind.OVERPAYMENT, actor, key=f"{refund.id}:excess")


def charge(entry: BankEntry, *, actor: Actor, amount: int | None = None) -> None:
    """Book what the bank kept: all of the movement, or a part of a payment that came back."""
    leg = Leg(chart.charges(entry.currency), chart.bank(entry.currency), amount or entry.amount, f"{entry.id}:charge")
    reference = entry.bank_reference or entry.booking.bank_reference or "-"
    post([leg], kind=TransferKind.CHARGE, currency=entry.currency, actor=actor, reference=reference)


def take_from_suspense(refund: Refund, *, actor: Actor) -> None:
    """Keep what arrived and matches nothing for the refund that gives it back."""
    suspense = chart.suspense(cast(UUID, refund.bank_entry_id))
    _keep_for(refund, suspense, TransferKind.SEND_BACK, actor, key=f"{refund.id}:send_back")


def _keep_for(refund: Refund, giver: ChartAccount, kind: TransferKind, actor: Actor, *, key: str) -> None:
    leg = Leg(giver, chart.refundable(refund.id), refund.amount, key)
    post([leg], kind=kind, currency=refund.currency, actor=actor, reference=refund.number)


def pay(line: PaymentLine, *, actor: Actor) -> None:
    """Move all that the line pays to paid, or to refunded."""
    if line.claim is not None:
        _pay_claim(line, line.claim, actor)
    else:
        _pay_refund(line, cast(Refund, line.refund), actor)


def _pay_refund(line: PaymentLine, refund: Refund, actor: Actor) -> None:
    leg = Leg(chart.refundable(refund.id), chart.refunded(refund.currency), refund.amount, f"{line.id}:pay:refund")
    line.movement_id = post(
        [leg], kind=TransferKind.PAY_BACK, currency=refund.currency, actor=actor, reference=refund.number
    )


def _pay_claim(line: PaymentLine, claim: Claim, actor: Actor) -> None:
    """All that is payable is paid: to the firm, and what the payment is less by to the debts it was kept back for."""
    whole = [
        Leg(chart.payable(claim.id, line_id), chart.paid(line_id), amount, str(line_id))
        for line_id, amount in ledger_queries.balances_by_owner(claim.id, Stage.PAYABLE).items()
    ]
    if claim.approved_co_payment:
        payable = chart.co_payment_payable(claim.id)
        paid = chart.co_payment_paid(claim.currency)
        whole.append(Leg(payable, paid, ledger_queries.balance(payable), "co_payment"))
    kept = split(sum(leg.amount for leg in whole) - line.amount, [leg.amount for leg in whole])
    to_firm = [leg.amount - part for leg, part in zip(whole, kept, strict=True)]
    reference, currency = claim.number, claim.currency
    legs = _legs(whole, to_firm, f"{line.id}:pay")
    line.movement_id = post(legs, kind=TransferKind.PAY, currency=currency, actor=actor, reference=reference)
    legs = _legs(whole, kept, f"{line.id}:kept")
    post(legs, kind=TransferKind.KEEP_BACK, currency=currency, actor=actor, reference=reference)


def _legs(whole: Sequence[Leg], amounts: Sequence[int], key: str) -> list[Leg]:
    """Of each leg so much, where it is anything."""
    return [
        replace(leg, amount=amount, key=f"{key}:{leg.key}")
        for leg, amount in zip(whole, amounts, strict=True)
        if amount
    ]


def take_back(line: PaymentLine, *, actor: Actor) -> None:
    """Undo the line's payment, which the bank sent back: every transfer of it in the other direction.

    What was kept back for a debt has paid that debt, and stays paid.
    """
    legs = [
        Leg(made.credit_account.in_chart, made.debit_account.in_chart, made.amount, f"{made.key}:bounce")
        for made in ledger_queries.movement(cast(UUID, line.movement_id))
    ]
    currency = line.subject.currency
    post(legs, kind=TransferKind.BOUNCE, currency=currency, actor=actor, reference=line.subject.number)
