"""The system's own approval: a claim of low risk, after all checks, with its reasons on record."""

from uuid import UUID

from marketplace.claims import queries, rules
from marketplace.claims.models import Claim
from marketplace.claims.service import checks, cuts
from marketplace.claims.service.approval import settle
from marketplace.claims.service.assessment import assess
from marketplace.claims.states import ClaimStatus, RiskOccasion, Route
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, task
from marketplace.ledger.service import money_verb


@task("pass_claim", _("Approve a claim of low risk"), Queue.MONEY)
@money_verb(Claim)
def pass_claim(claim_id: UUID, *, actor: Actor, key: str) -> Claim:
    """Approve a claim that is still of low risk and passes every check; any other one goes to people."""
    rules.check_role(actor, Role.SYSTEM)
    claim = queries.lock_claim(claim_id)
    if claim.status != ClaimStatus.SUBMITTED or claim.route != Route.STRAIGHT_THROUGH:
        return claim
    failed = [check.code for check in checks.run(claim, actor=actor) if not check.passed]
    decision = assess(claim, occasion=RiskOccasion.APPROVAL, failed=failed)
    if decision.route == Route.PEOPLE:
        claim.route = Route.PEOPLE
        record(actor, "claim.hand_to_people", claim, after={"signals": decision.signals, "failed": failed})
        db.flush()
        return claim
    cuts.decide(claim, ())
    settle(claim, "pass", actor=actor)
    return claim
