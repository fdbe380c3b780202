"""The verb of set-off: what a provider owes is kept back from its next payment."""

from uuid import UUID

from marketplace.claims import queries as claim_queries
from marketplace.claims import service as claims
from marketplace.claims.models import Claim, Deduction
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.ledger.service import money_verb
from marketplace.receivables import queries, rules
from marketplace.receivables.service.letters import notify


@money_verb(Deduction)
def set_off(receivable_id: UUID, *, actor: Actor, claim_id: UUID, amount: int, key: str) -> Deduction:
    """Keep `amount` minor units back from an approved claim of the debtor; booked as paid when the rest is paid."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    receivable = queries.lock_receivable(receivable_id)
    claim = db.get(Claim, claim_id, lock=True)
    kept_back = claim_queries.kept_back(claim.id)
    rules.check_set_off(receivable, claim, amount, promised=queries.promised(receivable), kept_back=kept_back)
    made = claims.deduct(claim.id, actor=actor, amount=amount, reference=receivable.number)
    notify(
        receivable,
        "receivables/set_off",
        key=str(made.id),
        claim=claim.number,
        amount=amount,
        left=(claim.approved_amount or 0) - kept_back - amount,
    )
    return made
