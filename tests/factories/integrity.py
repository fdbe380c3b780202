"""A finished engagement, its answered surveys and its evaluation, all made by the verbs."""

from uuid import UUID

from sqlalchemy import select, text

from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.money import Money
from marketplace.engagements import queries as engagements
from marketplace.engagements import service as engagement_service
from marketplace.engagements.models import Agreement, Engagement
from marketplace.evaluations import rubric
from marketplace.evaluations import service as evaluations
from marketplace.evaluations.models import Assignment, Evaluation
from marketplace.notifications import queries as notifications
from marketplace.surveys import instruments
from marketplace.surveys import service as surveys
from marketplace.surveys.instruments import Instrument
from marketplace.surveys.models import Survey
from tests.factories import engagements as make
from tests.factories.accounts import make_officer, organisation_of
from tests.factories.engagements import Story

FACTS = {"sessions_held": 3, "named_consultant": "always", "share_paid_by": "us", "offered_back": "no"}
LONG_REASON = "Seen in the records of the work."


def make_finished(story: Story | None = None) -> tuple[Story, Engagement]:
    """An engagement whose three stages are accepted and whose finish asked for checks and surveys."""
    story = story or make.make_story()
    agreement = make.make_agreement(story)
    make.redeem(story, agreement)
    pay_own_share(story, agreement)
    engagement = engagements.find_engagement(agreement.id)
    assert engagement is not None
    make.accept_all(story, engagement)
    return story, engagement


def pay_own_share(story: Story, agreement: Agreement, *, payer: str | None = None, holder: str | None = None) -> None:
    """The co-payment arrives in the SME's own name unless another is given."""
    payment = engagements.find_co_payment(agreement.id)
    assert payment is not None
    own = organisation_of(story.sme).name
    engagement_service.record_co_payment(
        payment.reference,
        actor=SYSTEM,
        amount=Money(payment.amount, payment.currency),
        payer_name=payer or own,
        payer_account="111-222",
        holder_name=holder or own,
        booked_on=clock.today(),
        key=f"own-share-{agreement.id}",
    )


def invite(engagement: Engagement, side: str = "sme") -> tuple[Survey, str]:
    """The survey of one side, and its link's token as the mail carries it."""
    survey = surveys.invite(engagement.id, side=side, actor=SYSTEM)
    return survey, token_of(f"surveys/invitation:{survey.id}")


def token_of(key: str) -> str:
    """The token in the mail of this key."""
    message = notifications.find_message(key)
    assert message is not None
    return str(message.data["path"]).removeprefix("/surveys/answer/").partition("?")[0]


def ratings(instrument: Instrument, value: int = 8) -> dict[str, int]:
    """The same goodness everywhere: a reversed item is answered the other way round."""
    return {item.code: 10 - value if item.reversed else value for item in instrument.items}


def answer(token: str, *, value: int = 8, seconds: int = 120, **facts: str | int) -> Survey:
    """Answer the SME's survey; fact answers may be overridden."""
    return surveys.answer(
        token,
        items=ratings(instruments.current("satisfaction", clock.today()), value),
        facts={**FACTS, **facts},
        words={"best": "The plan"},
        seconds=seconds,
        device_hash=None,
        address_hash=None,
    )


def make_evaluation(engagement: Engagement, *, evaluators: int = 1) -> tuple[Evaluation, list[Actor]]:
    """An open evaluation and the evaluators who exist, the assigned one first."""
    people = [make_officer(Role.EVALUATOR) for _one in range(evaluators)]
    evaluation = evaluations.open_evaluation(engagement.id, actor=SYSTEM)
    assigned = assigned_to(evaluation)
    return evaluation, sorted(people, key=lambda actor: actor.person_id != assigned)


def assigned_to(evaluation: Evaluation) -> UUID | None:
    """Who is at work on the evaluation now."""
    query = select(Assignment.evaluator_id).where(Assignment.evaluation_id == evaluation.id)
    return db.session.scalar(query.where(Assignment.status.in_(("assigned", "accepted"))))


def submit(evaluation: Evaluation, evaluator: Actor, level: int = 3) -> Evaluation:
    """The evaluator scores every criterion at one level."""
    criteria = rubric.get(evaluation.rubric).criteria
    return evaluations.submit(
        evaluation.id,
        actor=evaluator,
        levels={criterion.code: level for criterion in criteria},
        reasons={criterion.code: LONG_REASON for criterion in criteria},
    )


def make_submitted(engagement: Engagement, level: int = 3) -> tuple[Evaluation, Actor]:
    """An evaluation that waits for its review, and its evaluator."""
    evaluation, (evaluator, *_others) = make_evaluation(engagement)
    evaluations.declare(evaluation.id, actor=evaluator, has_conflict=False, statement="")
    return submit(evaluation, evaluator, level), evaluator


def rename_representative(name: str, *organisation_ids: UUID) -> None:
    """Put a representative into companies past the verbs: their verification has ended, which would keep the name."""
    db.flush()
    ids = {"ids": list(organisation_ids)}
    ended = "UPDATE verifications SET status = 'ended', ended_at = now(), reason = 'Renamed'"
    db.session.execute(text(f"{ended} WHERE status = 'confirmed' AND organisation_id = ANY(:ids)"), ids)
    renamed = "UPDATE organisations SET representative_name = :name WHERE id = ANY(:ids)"
    db.session.execute(text(renamed), ids | {"name": name})
    db.session.expire_all()
