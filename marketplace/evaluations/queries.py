"""Reads of evaluations: what an evaluator, a reviewer, a provider and the public may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, func, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organisation
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import NotFound
from marketplace.engagements import queries as engagements
from marketplace.engagements.models import Deliverable, Engagement
from marketplace.engagements.states import DeliverableStatus, SessionStatus
from marketplace.evaluations.grading import plan_kept
from marketplace.evaluations.models import Assignment, Evaluation, GradeAppeal, RecordedViolation, Score
from marketplace.evaluations.states import AssignmentStatus, EvaluationStatus
from marketplace.surveys import queries as surveys

FINAL = (EvaluationStatus.PUBLISHED, EvaluationStatus.APPEALED, EvaluationStatus.SETTLED)
OPEN = (AssignmentStatus.ASSIGNED, AssignmentStatus.ACCEPTED)


@dataclass(frozen=True)
class Evidence:
    """What an evaluator judges by: the work as recorded and the SME's facts and scores, no name, no free text."""

    engagement: Engagement
    sessions: int
    sessions_confirmed: int
    days_agreed: int
    days_used: int
    deliverables: Sequence[Deliverable]
    likenesses: Sequence[engagements.Likeness]
    survey: surveys.Evidence | None

    @property
    def plan(self) -> int | None:
        """How far the plan was kept, 0 to 100."""
        return plan_kept(
            sessions_agreed=self.sessions,
            sessions_confirmed=self.sessions_confirmed,
            days_agreed=self.days_agreed,
            days_used=self.days_used,
        )


def evidence_of(engagement_id: UUID) -> Evidence:
    """Everything a finished engagement shows to its evaluator."""
    engagement = db.get(Engagement, engagement_id)
    held = [session for session in engagements.sessions_of(engagement_id) if session.status != SessionStatus.WITHDRAWN]
    agreement = engagement.agreement
    finished_on = (engagement.finished_at or engagement.terminated_at or clock.now()).astimezone(clock.zone()).date()
    return Evidence(
        engagement=engagement,
        sessions=len(held),
        sessions_confirmed=sum(meeting.countersigned_at is not None for meeting in held),
        days_agreed=(agreement.ends_on - agreement.starts_on).days,
        days_used=(finished_on - agreement.starts_on).days,
        deliverables=[
            deliverable
            for deliverable in engagements.deliverables_of(engagement_id)
            if deliverable.status == DeliverableStatus.ACCEPTED
        ],
        likenesses=engagements.likenesses_of(engagement_id),
        survey=surveys.find_evidence(engagement_id),
    )


def listed(actor: Actor, *, status: str = "") -> Select[Evaluation, str, str]:
    """Evaluations of the actor with engagement number and provider: an evaluator's own, otherwise all."""
    query = (
        select(Evaluation, Engagement.number, Organisation.name)
        .join(Engagement, Engagement.id == Evaluation.engagement_id)
        .join(Organisation, Organisation.id == Evaluation.provider_id)
    )
    if actor.role is Role.EVALUATOR:
        own = select(Assignment.evaluation_id).where(Assignment.evaluator_id == actor.person_id)
        query = query.where(Evaluation.id.in_(own.where(Assignment.status != AssignmentStatus.REFUSED)))
    return query.where(Evaluation.status == status) if status else query


def grades_of(provider_id: UUID) -> Select[Evaluation, str]:
    """Published evaluations of one provider, with the engagement's number."""
    query = select(Evaluation, Engagement.number).join(Engagement, Engagement.id == Evaluation.engagement_id)
    return query.where(Evaluation.provider_id == provider_id, Evaluation.status.in_(FINAL))


def get_evaluation(evaluation_id: UUID, *, actor: Actor) -> Evaluation:
    """The evaluation if this actor may see it; a provider only its own and once published; NotFound otherwise."""
    evaluation = db.get(Evaluation, evaluation_id)
    if actor.role is Role.EVALUATOR:
        assignment = find_assignment(evaluation_id, actor)
        if assignment is None or assignment.status == AssignmentStatus.REFUSED:
            raise NotFound()
    foreign = evaluation.provider_id != actor.organisation_id or evaluation.status not in FINAL
    if actor.role is Role.MANAGER and foreign:
        raise NotFound()
    return evaluation


def find_evaluation(engagement_id: UUID) -> Evaluation | None:
    """The engagement's evaluation."""
    return db.session.scalars(select(Evaluation).where(Evaluation.engagement_id == engagement_id)).one_or_none()


def find_assignment(evaluation_id: UUID, actor: Actor) -> Assignment | None:
    """This person's part in the evaluation."""
    query = select(Assignment).where(Assignment.evaluation_id == evaluation_id)
    return db.session.scalars(query.where(Assignment.evaluator_id == actor.person_id)).one_or_none()


def assignments_of(evaluation_id: UUID) -> Sequence[Assignment]:
    """Every evaluator of the evaluation, in order of assignment."""
    query = select(Assignment).where(Assignment.evaluation_id == evaluation_id)
    return db.session.scalars(query.order_by(Assignment.assigned_at, Assignment.id)).all()


def scores_of(evaluation_id: UUID) -> Sequence[Score]:
    """Scores that were submitted, by criterion."""
    query = select(Score).join(Assignment, Assignment.id == Score.assignment_id)
    query = query.where(Assignment.evaluation_id == evaluation_id, Assignment.status == AssignmentStatus.SUBMITTED)
    return db.session.scalars(query.order_by(Assignment.assigned_at, Score.criterion)).all()


def own_scores(evaluation_id: UUID, actor: Actor) -> Sequence[Score]:
    """What this evaluator scored so far, by criterion."""
    query = select(Score).join(Assignment, Assignment.id == Score.assignment_id).order_by(Score.criterion)
    query = query.where(Assignment.evaluation_id == evaluation_id, Assignment.evaluator_id == actor.person_id)
    return db.session.scalars(query).all()


def find_appeal(evaluation_id: UUID) -> GradeAppeal | None:
    """The appeal against this grade."""
    return db.session.scalars(select(GradeAppeal).where(GradeAppeal.evaluation_id == evaluation_id)).one_or_none()


def evaluators_by_load(without: Iterable[UUID], *, organisations: Iterable[UUID]) -> list[UUID]:
    """Evaluators who could take one more, the least loaded first; none who works for either side."""
    barred = set(without)
    for organisation_id in organisations:
        barred |= {person.id for person in accounts.people_of(organisation_id, list(Role))}
    free = [person.id for person in accounts.people_with_role(Role.EVALUATOR) if person.id not in barred]
    counted = select(Assignment.evaluator_id, func.count()).where(Assignment.status.in_(OPEN))
    rows = db.session.execute(counted.where(Assignment.evaluator_id.in_(free)).group_by(Assignment.evaluator_id))
    load = dict(rows.all())
    return sorted(free, key=lambda person_id: (load.get(person_id, 0), str(person_id)))


def published(provider_id: UUID) -> Sequence[Evaluation]:
    """The provider's evaluations that bear a published grade, oldest first."""
    query = select(Evaluation).where(Evaluation.provider_id == provider_id, Evaluation.status.in_(FINAL))
    return db.session.scalars(query.order_by(Evaluation.published_at, Evaluation.id)).all()


def mean_of_programme(programme_id: UUID, *, fewest: int) -> int | None:
    """The mean of the programme's published grades; None while there are too few."""
    query = select(func.count(), func.avg(Evaluation.grade)).where(Evaluation.status.in_(FINAL))
    count, mean = db.session.execute(query.where(Evaluation.programme_id == programme_id)).one()
    return round(mean) if count >= fewest else None


def violations_of(provider_id: UUID) -> int:
    """How many confirmed violations count against the provider now."""
    query = select(func.count()).where(RecordedViolation.provider_id == provider_id)
    return db.session.scalar(query.where(RecordedViolation.withdrawn_at.is_(None))) or 0
