"""What is approved of each line of a claim, and where the rest goes: to the voucher, and to the company."""

from collections.abc import Sequence

from marketplace.claims import rules
from marketplace.claims.models import Claim
from marketplace.claims.rules import Cut
from marketplace.claims.service.refunds import request_refund
from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.i18n import _
from marketplace.core.money import split
from marketplace.vouchers import service as vouchers


def decide(claim: Claim, cuts: Sequence[Cut]) -> None:
    """Keep what is approved of each line, its parts by largest remainder; a line that isn't named is approved whole."""
    by_line = rules.check_cuts(claim.lines, cuts)
    for line in claim.lines:
        line.approved_aid, line.approved_co_payment, line.cut_reason = line.aid, line.co_payment, None
        cut = by_line.get(line.id)
        if cut and cut.amount < line.aid + line.co_payment:
            line.approved_aid, line.approved_co_payment = split(cut.amount, [line.aid, line.co_payment])
            line.cut_reason = cut.reason.strip()
    _sum_up(claim)


def decide_nothing(claim: Claim, reason: str) -> None:
    """Nothing is approved of any line."""
    for line in claim.lines:
        line.approved_aid = line.approved_co_payment = 0
        line.cut_reason = reason
    _sum_up(claim)


def undo(claim: Claim) -> None:
    """Nothing is decided about the lines any more."""
    for line in claim.lines:
        line.approved_aid = line.approved_co_payment = line.cut_reason = None
    claim.approved_amount = claim.approved_aid = claim.approved_co_payment = None


def give_back(claim: Claim, *, actor: Actor) -> None:
    """Aid that wasn't approved goes back to the voucher, the company's own share to the company."""
    agreement = claim.engagement.agreement
    aid, share = claim.aid - (claim.approved_aid or 0), claim.co_payment - (claim.approved_co_payment or 0)
    if aid:
        vouchers.release_commitment(
            agreement.voucher_id,
            actor=actor,
            amount=aid,
            agreement_id=agreement.id,
            reference=claim.number,
            key=f"{claim.id}:cut",
        )
    if share:
        reason = str(_("Not approved in claim %(number)s", number=claim.number))
        request_refund(agreement.id, actor=actor, amount=share, reason=reason, key=f"{claim.id}:cut")


def _sum_up(claim: Claim) -> None:
    db.flush()
    claim.approved_aid = sum(line.approved_aid or 0 for line in claim.lines)
    claim.approved_co_payment = sum(line.approved_co_payment or 0 for line in claim.lines)
    claim.approved_amount = claim.approved_aid + claim.approved_co_payment
