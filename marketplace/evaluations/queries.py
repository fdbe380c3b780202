"""Reads of evaluations: what an evaluator, a reviewer, a provider and the public may see."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, bindparam, exists, func, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Person
from marketplace.accounts.search import matches
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import NotFound
from marketplace.engagements import queries as engagements
from marketplace.engagements.models import Agreement, ConsultingSession, Deliverable, Engagement
from marketplace.engagements.states import NOT_HELD, DeliverableStatus
from marketplace.evaluations.grading import plan_kept
from marketplace.evaluations.models import Assignment, Evaluation, GradeAppeal, RecordedViolation, Score
from marketplace.evaluations.states import AssignmentStatus, EvaluationStatus, EvaluationWaiting
from marketplace.surveys import queries as surveys

FINAL = (EvaluationStatus.PUBLISHED, EvaluationStatus.APPEALED, EvaluationStatus.SETTLED)
SHOWN = (
    Evaluation.id,
    Evaluation.number,
    Evaluation.status,
    Evaluation.grade,
    Evaluation.created_at,
    Evaluation.published_at,
    engagements.number_of(Evaluation.engagement_id).label("engagement"),
)
OPEN = (AssignmentStatus.ASSIGNED, AssignmentStatus.ACCEPTED)


@dataclass(frozen=True)
class Evidence:
    """What an evaluator judges by: the work as recorded and the SME's facts and scores, no name, no free text."""

    number: str
    title: str
    sessions: int
    sessions_confirmed: int
    days_agreed: int
    days_used: int
    deliverables: Sequence[Row[UUID, str, datetime]]
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
    work = db.session.execute(_work(), {"engagement_id": engagement_id}).one()
    ended_on = (work.ended_at or clock.now()).astimezone(clock.zone()).date()
    return Evidence(
        number=work.number,
        title=work.title,
        sessions=work.sessions,
        sessions_confirmed=work.confirmed,
        days_agreed=(work.ends_on - work.starts_on).days,
        days_used=(ended_on - work.starts_on).days,
        deliverables=db.session.execute(_accepted(), {"engagement_id": engagement_id}).all(),
        likenesses=engagements.likenesses_of(engagement_id),
        survey=surveys.find_evidence(engagement_id),
    )


@cache
def _accepted() -> Select[UUID, str, datetime]:
    query = select(Deliverable.id, Deliverable.title, Deliverable.created_at).where(
        Deliverable.engagement_id == bindparam("engagement_id"), Deliverable.status == DeliverableStatus.ACCEPTED
    )
    return query.order_by(Deliverable.created_at, Deliverable.id)


@cache
def _work() -> Select[*tuple[Any, ...]]:
    held = ConsultingSession.engagement_id == Engagement.id, ConsultingSession.status.not_in(NOT_HELD)
    return (
        select(
            Engagement.number,
            func.coalesce(Engagement.finished_at, Engagement.terminated_at).label("ended_at"),
            Agreement.title,
            Agreement.starts_on,
            Agreement.ends_on,
            select(func.count()).where(*held).scalar_subquery().label("sessions"),
            select(func.count(ConsultingSession.countersigned_at)).where(*held).scalar_subquery().label("confirmed"),
        )
        .join(Engagement.agreement)
        .where(Engagement.id == bindparam("engagement_id"))
    )


def listed(
    actor: Actor, *, status: str = "", waiting: EvaluationWaiting | None = None, search: str = ""
) -> Select[*tuple[Any, ...]]:
    """What a list shows of the actor's evaluations, with engagement and provider: an evaluator's own, otherwise all."""
    query = select(*SHOWN, accounts.name_of(Evaluation.provider_id).label("provider"))
    if actor.role is Role.EVALUATOR:
        own = select(Assignment.evaluation_id).where(Assignment.evaluator_id == actor.person_id)
        query = query.where(Evaluation.id.in_(own.where(Assignment.status != AssignmentStatus.REFUSED)))
    if waiting:
        query = query.where(waits_for(waiting, actor.person_id))
    if search:
        sides = Evaluation.organisation_id, Evaluation.provider_id
        numbers = Evaluation.number, engagements.number_of(Evaluation.engagement_id)
        matching = matches(search, *numbers, organisations=sides)
        if actor.role is not Role.EVALUATOR:
            asked = select(Assignment.evaluation_id).join(Person, Person.id == Assignment.evaluator_id)
            matching |= Evaluation.id.in_(asked.where(db.contains(Person.name, search)))
        query = query.where(matching)
    return query.where(Evaluation.status == status) if status else query


def waits_for(waiting: EvaluationWaiting, person_id: Any) -> ColumnElement[bool]:
    """Whether this person has to do this about the evaluation."""
    status = {
        EvaluationWaiting.DECLARATION: AssignmentStatus.ASSIGNED,
        EvaluationWaiting.SCORES: AssignmentStatus.ACCEPTED,
    }[waiting]
    own = Assignment.evaluator_id == person_id, Assignment.status == status
    return exists().where(Assignment.evaluation_id == Evaluation.id, *own)


EXPORTED = (
    accounts.name_of(Evaluation.organisation_id).label("company"),
    accounts.business_number_of(Evaluation.organisation_id).label("company_number"),
    accounts.business_number_of(Evaluation.provider_id).label("provider_number"),
    Evaluation.evaluator_score,
    Evaluation.satisfaction,
    Evaluation.plan,
    Evaluation.outcome,
    Evaluation.proposed_grade,
    Evaluation.override_reason,
    Evaluation.submitted_at,
    Evaluation.appealed_at,
    Evaluation.settled_at,
    accounts.person_name_of(Evaluation.reviewed_by).label("reviewed_by"),
)
"""What the file of evaluations says beside what the list shows."""


def grades_of(provider_id: UUID) -> Select[*tuple[Any, ...]]:
    """The same of one provider's published evaluations."""
    return select(*SHOWN).where(Evaluation.provider_id == provider_id, Evaluation.status.in_(FINAL))


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


def evaluators_of(evaluation_id: UUID) -> Sequence[Row[UUID, AssignmentStatus, str | None, int | None, str]]:
    """What a page shows of every evaluator of the evaluation, with the name, in order of assignment."""
    return db.session.execute(_evaluators_of(), {"evaluation_id": evaluation_id}).all()


@cache
def _evaluators_of() -> Select[UUID, AssignmentStatus, str | None, int | None, str]:
    query = select(
        Assignment.evaluator_id,
        Assignment.status,
        Assignment.statement,
        Assignment.score,
        accounts.person_name_of(Assignment.evaluator_id).label("name"),
    ).where(Assignment.evaluation_id == bindparam("evaluation_id"))
    return query.order_by(Assignment.assigned_at, Assignment.id)


def scores_of(evaluation_id: UUID) -> Sequence[Row[str, int, str]]:
    """Criterion, level and reason of the scores that were submitted, by criterion."""
    return db.session.execute(_scores_of(), {"evaluation_id": evaluation_id}).all()


@cache
def _scores_of() -> Select[str, int, str]:
    query = select(Score.criterion, Score.level, Score.reason).join(Assignment, Assignment.id == Score.assignment_id)
    query = query.where(
        Assignment.evaluation_id == bindparam("evaluation_id"), Assignment.status == AssignmentStatus.SUBMITTED
    )
    return query.order_by(Assignment.assigned_at, Score.criterion)


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
