"""How an engagement ends that never began: the SME's share didn't come, and the aid goes back."""

from uuid import UUID

from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import transition
from marketplace.core.errors import Forbidden
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, task
from marketplace.engagements import queries, rules
from marketplace.engagements.models import Agreement, CoPayment, Engagement
from marketplace.engagements.service.letters import tell_both_sides
from marketplace.engagements.states import AGREEMENT, CO_PAYMENT, ENGAGEMENT, CoPaymentStatus
from marketplace.ledger.service import money_verb
from marketplace.providers import service as providers
from marketplace.vouchers.service import release_commitment


@task("lapse_engagement", _("End an engagement whose own share never came"), Queue.MONEY)
@money_verb(Engagement)
def lapse_engagement(engagement_id: UUID, *, actor: Actor, key: str) -> Engagement:
    """End an engagement whose co-payment never came and give its aid back.

    Nothing happens where it is paid, a second time, and where work was handed in before the bank took the share back:
    that aid is owed to the provider, and a person decides.
    """
    if actor.role is not Role.SYSTEM:
        raise Forbidden()
    awaited = queries.find_co_payment(db.get(Engagement, engagement_id).agreement_id)
    # The co-payment first, as when it arrives: of the two, the second waits and sees what the first did.
    if awaited is None or db.get(CoPayment, awaited.id, lock=True).status != CoPaymentStatus.AWAITED:
        return db.get(Engagement, engagement_id)
    engagement = db.get(Engagement, engagement_id, lock=True)
    if rules.is_work_handed_in(queries.stages_of(engagement_id)):
        return engagement
    agreement = db.get(Agreement, engagement.agreement_id, lock=True)
    transition(awaited, CO_PAYMENT, "lapse", actor=actor)
    transition(engagement, ENGAGEMENT, "lapse", actor=actor)
    transition(agreement, AGREEMENT, "lapse", actor=actor, amount=agreement.aid)
    release_commitment(
        agreement.voucher_id,
        actor=actor,
        amount=agreement.aid,
        agreement_id=agreement.id,
        reference=agreement.number,
        key=f"lapse:{engagement.id}",
    )
    db.flush()
    providers.change_load(agreement.provider_id, -1, actor=actor)
    tell_both_sides(agreement, "engagements/engagement_lapsed", due_on=awaited.due_on.isoformat())
    return engagement
