"""The officers' verbs: check, return, approve, approve as the second, refuse; whoever checks doesn't approve."""

from collections.abc import Sequence
from uuid import UUID

from config import lists
from marketplace.accounts import service as accounts
from marketplace.claims import queries, rules
from marketplace.claims.models import Claim, ClaimLine
from marketplace.claims.rules import Cut
from marketplace.claims.service import checks, cuts, money
from marketplace.claims.service.escalation import escalate_claim
from marketplace.claims.states import CLAIM, Route
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import transition
from marketplace.core.reasons import check_reason
from marketplace.core.tasks import cancel
from marketplace.ledger.service import money_verb


def check_claim(claim_id: UUID, *, actor: Actor) -> Claim:
    """Run all checks and pass the claim on to another officer; nothing is kept if one of them fails."""
    claim = queries.lock_claim(claim_id)
    rules.check_role(actor, Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER)
    CLAIM.move(claim.status, "check")
    rules.check_passed(checks.run(claim, actor=actor))
    claim.route = Route.PEOPLE
    claim.checked_by = actor.person_id
    transition(claim, CLAIM, "check", actor=actor)
    db.flush()
    return claim


def return_claim(claim_id: UUID, *, actor: Actor, reasons: Sequence[str]) -> Claim:
    """Ask the provider once, for everything that is missing; the clock stands still until the answer."""
    claim = queries.lock_claim(claim_id)
    rules.check_role(actor, Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER)
    CLAIM.move(claim.status, "return")
    rules.check_not_asked(claim)
    claim.return_reasons = rules.check_reasons(reasons)
    claim.requests += 1
    claim.route = Route.PEOPLE
    claim.returned_by = actor.person_id
    transition(claim, CLAIM, "return", actor=actor, reason="; ".join(claim.return_reasons))
    db.flush()
    cancel(escalate_claim, claim_id=claim.id)
    notify(claim, "claims/claim_returned", reasons=claim.return_reasons)
    return claim


@money_verb(Claim)
def approve_claim(claim_id: UUID, *, actor: Actor, key: str, lines: Sequence[Cut] = ()) -> Claim:
    """Approve what another person checked, each line whole or less for a reason; a large one waits for a second.

    The checks run again; then committed money becomes payable and the rest goes back.
    """
    claim = queries.lock_claim(claim_id)
    event = "approve_first" if claim.needs_two else "approve"
    _check_approver(claim, event, actor)
    cuts.decide(claim, lines)
    if claim.needs_two:
        claim.first_approved_by = actor.person_id
        transition(claim, CLAIM, event, actor=actor, amount=claim.approved_amount)
        db.flush()
        return claim
    _finish(claim, event, actor)
    return claim


@money_verb(Claim)
def countersign_claim(claim_id: UUID, *, actor: Actor, key: str) -> Claim:
    """Approve as the second budget officer what the first one approved; now the money becomes payable."""
    claim = queries.lock_claim(claim_id)
    _check_approver(claim, "countersign", actor)
    _finish(claim, "countersign", actor)
    return claim


def reconsider_claim(claim_id: UUID, *, actor: Actor, reason: str) -> Claim:
    """Take a first approval back, with a reason; the claim waits for a first approval again."""
    claim = queries.lock_claim(claim_id)
    rules.check_role(actor, Role.BUDGET_OFFICER)
    transition(claim, CLAIM, "reconsider", actor=actor, reason=check_reason(reason))
    claim.first_approved_by = claim.first_approved_at = None
    cuts.undo(claim)
    db.flush()
    return claim


@money_verb(Claim)
def refuse_claim(claim_id: UUID, *, actor: Actor, reason: str, key: str) -> Claim:
    """Pay nothing, with a reason the provider reads; the aid goes back to the voucher, the share to the company."""
    claim = queries.lock_claim(claim_id)
    rules.check_role(actor, Role.BUDGET_OFFICER)
    CLAIM.move(claim.status, "refuse")
    rules.check_another_approves(claim, actor)
    claim.refusal_reason = check_reason(reason)
    claim.refused_by = actor.person_id
    claim.route = Route.PEOPLE
    cuts.decide_nothing(claim, claim.refusal_reason)
    transition(claim, CLAIM, "refuse", actor=actor, reason=claim.refusal_reason)
    db.flush()
    cuts.give_back(claim, actor=actor)
    notify(claim, "claims/claim_refused", reason=claim.refusal_reason)
    return claim


def settle(claim: Claim, event: str, *, actor: Actor) -> None:
    """Make the approved move: what was approved becomes payable, the rest goes back, the provider is told."""
    transition(claim, CLAIM, event, actor=actor, amount=claim.approved_amount)
    db.flush()
    money.make_payable(claim, actor=actor)
    cuts.give_back(claim, actor=actor)
    notify(claim, "claims/claim_approved", cuts=[_cut(line) for line in claim.lines if line.cut])


def notify(claim: Claim, template: str, **data: object) -> None:
    """Tell the provider's managers once about this step of a claim."""
    moment = (claim.returned_at, claim.approved_at, claim.refused_at, claim.bounced_at, claim.paid_at)
    accounts.notify_organisation(
        claim.provider_id,
        [Role.MANAGER],
        template,
        key=f"{claim.id}:{max(filter(None, moment)).isoformat()}",
        number=claim.number,
        amount=claim.net_amount if claim.approved_amount is None else claim.approved_amount,
        currency=claim.currency,
        path=f"/claims/{claim.id}",
        **data,
    )


def _cut(line: ClaimLine) -> dict[str, object]:
    return {"stage": lists.stages().get(line.stage.code), "amount": line.cut, "reason": line.cut_reason}


def _check_approver(claim: Claim, event: str, actor: Actor) -> None:
    rules.check_role(actor, Role.BUDGET_OFFICER)
    rules.check_another_approves(claim, actor)
    CLAIM.move(claim.status, event)
    rules.check_passed(checks.run(claim, actor=actor))


def _finish(claim: Claim, event: str, actor: Actor) -> None:
    claim.approved_by = actor.person_id
    settle(claim, event, actor=actor)
