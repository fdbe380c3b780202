"""The ledger's side of claims (committed → payable → paid, with the co-payment's part) and of refunds to the SME."""

from collections.abc import Sequence
from dataclasses import replace
from typing import cast
from uuid import UUID

from marketplace.claims.models import Claim, PaymentLine, Refund
from marketplace.core.actors import Actor
from marketplace.core.money import split
from marketplace.engagements.models import Engagement
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger.service import Leg, Opening, post


def make_payable(claim: Claim, *, actor: Actor) -> None:
    """Move the approved aid from committed to payable on every budget line, and the co-payment's part with it."""
    agreement_id = claim.engagement.agreement_id
    owner, legs = ("claim", claim.id), []
    if claim.approved_aid:
        committed = ledger_queries.balances_by_owner(agreement_id, "committed")
        # Weighing by what is left keeps every part within its line, and the last claim empties all of them.
        for line_id, part in zip(committed, split(claim.approved_aid, list(committed.values())), strict=True):
            if part:
                payable = Opening(f"payable:{claim.id}:{line_id}", "payable", owner, claim.currency, line_id)
                legs.append(Leg(f"committed:{agreement_id}:{line_id}", payable, part, f"{claim.id}:approve:{line_id}"))
    if claim.approved_co_payment:
        payable = Opening(f"co_payment_payable:{claim.id}", "co_payment_payable", owner, claim.currency)
        key = f"{claim.id}:approve:co_payment"
        legs.append(Leg(f"co_payment:{agreement_id}", payable, claim.approved_co_payment, key))
    post(legs, kind="approve", actor=actor, reference=claim.number)


def set_aside(refund: Refund, *, actor: Actor) -> None:
    """Take the refund's amount out of the co-payment that is held for its agreement."""
    refundable = Opening(f"refundable:{refund.id}", "refundable", ("refund", refund.id), refund.currency)
    agreement_id = cast(Engagement, refund.engagement).agreement_id
    leg = Leg(f"co_payment:{agreement_id}", refundable, refund.amount, f"{refund.id}:refund")
    post([leg], kind="refund", actor=actor, reference=refund.number)


def take_excess(refund: Refund, *, actor: Actor) -> None:
    """Keep what came in beyond a debt apart, for the refund that gives it back."""
    owner = ("agency", None)
    bank = Opening(f"bank:{refund.currency}", "bank", owner, refund.currency, may_be_negative=True)
    refundable = Opening(f"refundable:{refund.id}", "refundable", ("refund", refund.id), refund.currency)
    leg = Leg(bank, refundable, refund.amount, f"{refund.id}:excess")
    post([leg], kind="overpayment", actor=actor, reference=refund.number)


def take_from_suspense(refund: Refund, *, actor: Actor) -> None:
    """Keep what arrived and matches nothing for the refund that gives it back."""
    refundable = Opening(f"refundable:{refund.id}", "refundable", ("refund", refund.id), refund.currency)
    leg = Leg(f"suspense:{refund.bank_entry_id}", refundable, refund.amount, f"{refund.id}:send_back")
    post([leg], kind="send_back", actor=actor, reference=refund.number)


def pay(line: PaymentLine, *, actor: Actor) -> None:
    """Move all that the line pays to paid, or to refunded."""
    if line.claim is not None:
        _pay_claim(line, line.claim, actor)
    else:
        _pay_refund(line, cast(Refund, line.refund), actor)


def _pay_refund(line: PaymentLine, refund: Refund, actor: Actor) -> None:
    refunded = Opening(f"refunded:{refund.currency}", "refunded", ("agency", None), refund.currency)
    leg = Leg(f"refundable:{refund.id}", refunded, refund.amount, f"{line.id}:pay:refund")
    line.movement_id = post([leg], kind="pay_back", actor=actor, reference=refund.number)


def _pay_claim(line: PaymentLine, claim: Claim, actor: Actor) -> None:
    """All that is payable is paid: to the firm, and what the payment is less by to the debts it was kept back for."""
    whole = []
    for line_id, amount in ledger_queries.balances_by_owner(claim.id, "payable").items():
        paid = Opening(f"paid:{line_id}", "paid", ("budget_line", line_id), claim.currency, line_id)
        whole.append(Leg(f"payable:{claim.id}:{line_id}", paid, amount, str(line_id)))
    if claim.approved_co_payment:
        paid = Opening(f"co_payment_paid:{claim.currency}", "co_payment_paid", ("agency", None), claim.currency)
        code = f"co_payment_payable:{claim.id}"
        whole.append(Leg(code, paid, ledger_queries.balance(code), "co_payment"))
    kept = split(sum(leg.amount for leg in whole) - line.amount, [leg.amount for leg in whole])
    to_firm = [leg.amount - part for leg, part in zip(whole, kept, strict=True)]
    legs = _legs(whole, to_firm, f"{line.id}:pay")
    line.movement_id = post(legs, kind="pay", actor=actor, reference=claim.number)
    post(_legs(whole, kept, f"{line.id}:kept"), kind="keep_back", actor=actor, reference=claim.number)


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
        Leg(transfer.credit_account.code, transfer.debit_account.code, transfer.amount, f"{transfer.key}:bounce")
        for transfer in ledger_queries.movement(cast(UUID, line.movement_id))
    ]
    post(legs, kind="bounce", actor=actor, reference=line.subject.number)
