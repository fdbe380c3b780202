"""The lives of agreements, co-payments, engagements and their stages."""

from typing import Any
from uuid import UUID

from sqlalchemy import select

from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.money import Money
from marketplace.engagements import queries, service
from marketplace.engagements.models import Agreement, CoPayment, Deliverable, Engagement, Stage
from marketplace.engagements.states import AGREEMENT, CO_PAYMENT, ENGAGEMENT, STAGE
from tests.factories import engagements as make
from tests.factories.claims import new_key
from tests.pairs.vouchers import redeem
from tests.pairs.walk import Cast, Life, Verb

SMALL = dict.fromkeys(make.STAGES, 1_000_000)


def begin_agreement(cast: Cast) -> UUID:
    """An agreement that nobody has signed."""
    return service.draft_agreement(make.make_award(cast.story, SMALL).id, actor=cast.story.sme).id


def begin_engagement(cast: Cast) -> UUID:
    """An engagement that waits for the company's share."""
    agreement = make.make_agreement(cast.story, SMALL)
    make.redeem(cast.story, agreement)
    engagement = queries.find_engagement(agreement.id)
    assert engagement is not None
    return engagement.id


def begin_co_payment(cast: Cast) -> UUID:
    """The share that such an engagement waits for."""
    co_payment = share_of(begin_engagement(cast))
    assert co_payment is not None
    return co_payment


def begin_stage(cast: Cast) -> UUID:
    """The second stage of work that is under way in its first one."""
    engagement = make.make_engagement(cast.story, SMALL)
    return engagement.stages[1].id


def share_of(engagement_id: UUID) -> UUID | None:
    """The co-payment of an engagement."""
    co_payment = queries.find_co_payment(db.get(Engagement, engagement_id).agreement_id)
    return None if co_payment is None else co_payment.id


def engagement_of_agreement(agreement_id: UUID) -> UUID | None:
    """The engagement that an agreement has once it is redeemed."""
    engagement = queries.find_engagement(agreement_id)
    return None if engagement is None else engagement.id


def engagement_of_share(share_id: UUID) -> UUID | None:
    """The engagement that a co-payment is for."""
    return engagement_of_agreement(db.get(CoPayment, share_id).agreement_id)


def pay(share_id: UUID, actor: Actor) -> None:
    """The company's share arrives."""
    share = db.get(CoPayment, share_id)
    service.record_co_payment(
        share.reference,
        actor=actor,
        amount=Money(share.amount, share.currency),
        payer_name="Company",
        payer_account="111-222",
        holder_name="Company",
        booked_on=clock.today(),
        key=new_key(),
    )


def take_back(share_id: UUID, actor: Actor) -> None:
    """The bank takes the company's share back."""
    share = db.get(CoPayment, share_id)
    amount = Money(share.amount, share.currency)
    service.take_back_co_payment(share.reference, actor=actor, amount=amount, key=new_key())


def lapse(engagement_id: UUID, actor: Actor) -> None:
    """The company's share didn't come."""
    service.lapse_engagement(engagement_id, actor=actor, key=new_key())


def terminate(engagement_id: UUID, actor: Actor) -> None:
    """Work is ended early."""
    service.terminate(engagement_id, actor=actor, reason="Tried", key=new_key())


def sign_for(side: str) -> Any:
    """The other side's signature, which is there first."""

    def first(cast: Cast, agreement_id: UUID) -> None:
        service.sign(agreement_id, actor=cast.people[side])

    return first


def sign(agreement_id: UUID, actor: Actor) -> None:
    """The second signature."""
    service.sign(agreement_id, actor=actor)


def stages_before_last(cast: Cast, engagement_id: UUID) -> None:
    """All stages are accepted but the last one, which is handed in."""
    engagement = db.get(Engagement, engagement_id)
    if engagement.status == "active":
        make.accept_all(cast.story, engagement, stages=2)
        make.hand_in(cast.story, engagement)


def last_stage(engagement_id: UUID) -> UUID:
    """The stage with which the work is finished."""
    return db.session.scalars(
        select(Stage.id).where(Stage.engagement_id == engagement_id).order_by(Stage.position.desc()).limit(1)
    ).one()


def stage_before(stage_id: UUID) -> UUID:
    """The stage after which this one opens."""
    stage = db.get(Stage, stage_id)
    before = select(Stage.id).where(Stage.engagement_id == stage.engagement_id, Stage.position == stage.position - 1)
    return db.session.scalars(before).one()


def hand_in_before(cast: Cast, stage_id: UUID) -> None:
    """The stage before is handed in."""
    if db.get(Stage, stage_before(stage_id)).status == "open":
        make.hand_in(cast.story, db.get(Engagement, engagement_of_stage(stage_id)))


def upload(cast: Cast, stage_id: UUID) -> None:
    """A document, without which nothing is handed in."""
    document = make.document("Report")
    service.upload_deliverable(
        stage_id, actor=cast.story.manager, title="Report", stream=document, filename="report.pdf"
    )


def document_of(stage_id: UUID) -> UUID | None:
    """A document of the stage."""
    return db.session.scalar(select(Deliverable.id).where(Deliverable.stage_id == stage_id).limit(1))


def engagement_of_stage(stage_id: UUID) -> UUID:
    """The engagement that the stage is of."""
    return db.get(Stage, stage_id).engagement_id


AGREEMENTS = [
    Life(
        AGREEMENT,
        Agreement,
        begin_agreement,
        [
            Verb(
                "sign",
                sign,
                page="engagements.sign_agreement",
                first=sign_for("manager"),
                never={"drafted": ("manager",)},
            ),
            Verb(
                "sign",
                sign,
                page="engagements.sign_agreement",
                first=sign_for("signatory"),
                never={"drafted": ("signatory",)},
            ),
            Verb("redeem", redeem, page="engagements.redeem_voucher"),
            Verb(
                "cancel",
                lambda one, by: service.cancel_agreement(one, actor=by, reason="Tried"),
                page="engagements.cancel_agreement",
            ),
            Verb("lapse", lapse, aim=engagement_of_agreement, aside=True),
        ],
    )
]
CO_PAYMENTS = [
    Life(
        CO_PAYMENT,
        CoPayment,
        begin_co_payment,
        [
            Verb("pay", pay, page="claims.assign_entry", system=True),
            Verb("take_back", take_back, page="claims.assign_reversal", system=True),
            Verb("lapse", lapse, aim=engagement_of_share, aside=True),
        ],
    )
]
ENGAGEMENTS = [
    Life(
        ENGAGEMENT,
        Engagement,
        begin_engagement,
        [
            Verb("start", pay, page="claims.assign_entry", system=True, aim=share_of),
            Verb("stop", take_back, page="claims.assign_reversal", system=True, aim=share_of, aside=True),
            Verb("lapse", lapse, aside=True),
            Verb(
                "finish",
                lambda one, by: service.accept_stage(one, actor=by),
                page="engagements.accept_stage",
                first=stages_before_last,
                aim=last_stage,
            ),
            Verb("terminate", terminate, page="engagements.terminate"),
        ],
    )
]
STAGES = [
    Life(
        STAGE,
        Stage,
        begin_stage,
        [
            Verb(
                "open",
                lambda one, by: service.accept_stage(one, actor=by),
                page="engagements.accept_stage",
                first=hand_in_before,
                aim=stage_before,
            ),
            Verb(
                "deliver",
                lambda one, by: service.hand_in_stage(one, actor=by),
                page="engagements.hand_in_stage",
                first=upload,
            ),
            Verb(
                "correct",
                lambda one, by: service.request_correction(one, actor=by, reason="Tried"),
                page="engagements.request_correction",
                aim=document_of,
                aside=True,
            ),
            Verb("accept", lambda one, by: service.accept_stage(one, actor=by), page="engagements.accept_stage"),
            Verb(
                "end",
                terminate,
                page="engagements.terminate",
                aim=engagement_of_stage,
                never={"delivered": ("signatory",)},
                aside=True,
            ),
        ],
    )
]
