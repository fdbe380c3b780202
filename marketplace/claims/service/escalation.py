"""The clock of a claim: it is wound when the claim comes in, and whoever let a step go overdue is told once a level."""

from uuid import UUID

from config.claims import handling
from marketplace.accounts import service as accounts
from marketplace.claims import deadlines, queries, rules
from marketplace.claims.models import Claim, ClaimEscalation
from marketplace.claims.states import Step
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, schedule, task

TOLD = {1: (Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER), 2: (Role.ADMINISTRATOR,)}


def wind(claim: Claim) -> None:
    """Ask to be woken when a step is overdue; after an answer the clock is wound anew."""
    for step, level, at in deadlines.alarms(claim.clock_starts_at, handling(clock.today())):
        schedule(escalate_claim, claim_id=claim.id, step=step, level=level, requests=claim.requests, run_after=at)


@task("escalate_claim", _("Say that a step of a claim is overdue"), Queue.MAINTENANCE)
def escalate_claim(claim_id: UUID, step: str, level: int, requests: int, *, actor: Actor) -> None:
    """Tell the officers, or the administrators, that a step is overdue; once a step and level.

    Nothing if the provider was asked since then (`requests` times before): the clock was wound anew.
    """
    rules.check_role(actor, Role.SYSTEM)
    claim = db.get(Claim, claim_id, lock=True)
    late = Step(step)
    told = queries.find_escalation(claim_id, step=late, level=level)
    if requests != claim.requests or told is not None or not deadlines.is_overdue(claim.status, late):
        return
    db.session.add(ClaimEscalation(claim_id=claim_id, step=late, level=level))
    record(actor, "claim.escalate", claim, after={"step": step, "level": level})
    for role in TOLD[level]:
        accounts.notify_role(
            role,
            "claims/claim_overdue",
            key=f"{claim_id}:{step}:{level}",
            number=claim.number,
            amount=claim.net_amount,
            currency=claim.currency,
            due_at=deadlines.due_at(late, claim.clock_starts_at, handling(clock.today())).isoformat(),
            path=f"/claims/{claim_id}",
        )
    db.flush()
