"""How an engagement ends that will not be finished: what is accepted is paid, everything else goes back."""

from uuid import UUID

from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.audit import transition
from marketplace.core.reasons import check_reason
from marketplace.core.tasks import announce, cancel
from marketplace.engagements import events, queries, rules
from marketplace.engagements.models import Engagement, Stage
from marketplace.engagements.service.lapse import lapse_engagement
from marketplace.engagements.service.letters import tell_both_sides
from marketplace.engagements.states import CO_PAYMENT, ENGAGEMENT, STAGE, CoPaymentStatus, StageStatus
from marketplace.ledger.service import money_verb
from marketplace.providers import service as providers
from marketplace.vouchers.service import release_commitment


@money_verb(Engagement)
def terminate(engagement_id: UUID, *, actor: Actor, reason: str, key: str) -> Engagement:
    """End work that will not be finished: accepted stages stay claimable, aid and share of all others go back.

    Of an acceptance at the same moment the second waits: the stage is accepted and paid, or ended, never both.
    """
    engagement = db.get(Engagement, engagement_id, lock=True)
    awaited = queries.find_co_payment(engagement.agreement_id)
    stages = queries.stages_of(engagement_id)
    rules.check_may_terminate(engagement, stages, actor)
    reason = check_reason(reason)
    ended = [stage for stage in stages if stage.status != StageStatus.ACCEPTED]
    ENGAGEMENT.move(engagement.status, "terminate")
    for stage in ended:
        transition(stage, STAGE, "end", actor=actor)
    db.flush()
    engagement.terminated_by, engagement.termination_reason = actor.person_id, reason
    transition(engagement, ENGAGEMENT, "terminate", actor=actor, reason=reason)
    if awaited is not None and awaited.status == CoPaymentStatus.AWAITED:
        # After a share was taken back, accepted stages are paid once it has come again: it is owed for them.
        if len(ended) == len(stages):
            transition(awaited, CO_PAYMENT, "lapse", actor=actor)
        cancel(lapse_engagement, engagement_id=engagement.id)
    db.flush()
    _give_back(engagement, ended, actor=actor)
    announce(events.TERMINATED, engagement_id=engagement.id)
    providers.change_load(engagement.provider_id, -1, actor=actor)
    tell_both_sides(engagement, "engagements/engagement_terminated", reason=engagement.termination_reason)
    return engagement


def _give_back(engagement: Engagement, ended: list[Stage], *, actor: Actor) -> None:
    """The aid goes back at once; the co-payment is sent back by the area that pays, once it hears of the end."""
    agreement = engagement.agreement
    aid = sum(stage.agreed.aid for stage in ended)
    if aid:
        release_commitment(
            agreement.voucher_id,
            actor=actor,
            amount=aid,
            agreement_id=agreement.id,
            reference=agreement.number,
            key=f"terminate:{engagement.id}",
        )
