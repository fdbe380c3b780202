"""Verbs up to the submitted evaluation: open, assign, declare, score."""

from collections.abc import Mapping
from uuid import UUID

from marketplace.accounts import service as accounts
from marketplace.core import audit, clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound
from marketplace.core.i18n import _
from marketplace.core.reasons import TELLING, check_reason
from marketplace.core.tasks import Queue, Subscription, task
from marketplace.engagements.models import Engagement
from marketplace.evaluations import grading, queries, rubric, rules
from marketplace.evaluations.models import Assignment, Evaluation, Score
from marketplace.evaluations.rubric import Rubric
from marketplace.evaluations.states import ASSIGNMENT, EVALUATION, AssignmentStatus
from marketplace.surveys import events as survey_events
from marketplace.surveys import queries as surveys
from marketplace.vouchers.models import Voucher


@task(
    "assign_evaluation",
    _("Open an evaluation and assign an evaluator"),
    Queue.SURVEYS,
    on=[Subscription(survey_events.COMPANY_SURVEY_OVER)],
)
def open_evaluation(engagement_id: UUID, *, actor: Actor) -> Evaluation:
    """Open the one evaluation of a finished engagement and assign an evaluator; a second call changes nothing."""
    engagement = db.get(Engagement, engagement_id, lock=True)
    if (existing := queries.find_evaluation(engagement_id)) is not None:
        return existing
    evaluation = Evaluation(
        number=db.next_number("EVA"),
        engagement_id=engagement.id,
        organisation_id=engagement.organisation_id,
        provider_id=engagement.provider_id,
        programme_id=db.get(Voucher, engagement.agreement.voucher_id).programme_id,
        rubric=rubric.current(clock.today()).code,
        created_at=clock.now(),
    )
    db.session.add(evaluation)
    db.flush()
    audit.record(actor, "evaluation.open", evaluation, after={"engagement": str(engagement_id)})
    _assign_next(evaluation, actor=actor)
    return evaluation


def assign(evaluation_id: UUID, *, actor: Actor, evaluator_id: UUID) -> Assignment:
    """An administrator gives an evaluation without an evaluator to one who had no part in it yet."""
    if actor.role is not Role.ADMINISTRATOR:
        raise Forbidden()
    evaluation = db.get(Evaluation, evaluation_id, lock=True)
    if any(assignment.status != AssignmentStatus.REFUSED for assignment in queries.assignments_of(evaluation_id)):
        raise DomainError(_("An evaluator is at work on it already."))
    if evaluator_id not in _candidates(evaluation):
        raise Invalid(_("This person cannot evaluate this work."), field="evaluator")
    return _assign(evaluation, evaluator_id, actor=actor)


def _candidates(evaluation: Evaluation) -> list[UUID]:
    sides = (evaluation.organisation_id, evaluation.provider_id)
    return queries.evaluators_by_load(evaluation.evaluator_ids, organisations=sides)


def _assign_next(evaluation: Evaluation, *, actor: Actor) -> None:
    """Give it to the least loaded evaluator; without one an administrator is asked."""
    candidates = _candidates(evaluation)
    if candidates:
        _assign(evaluation, candidates[0], actor=actor)
        return
    key = f"{evaluation.id}:{len(evaluation.evaluator_ids)}"
    accounts.notify_role(Role.ADMINISTRATOR, "evaluations/unassigned", key=key, number=evaluation.number,
                         path=f"/evaluations/{evaluation.id}")  # fmt: skip


def _assign(evaluation: Evaluation, evaluator_id: UUID, *, actor: Actor) -> Assignment:
    assignment = Assignment(evaluation_id=evaluation.id, evaluator_id=evaluator_id, assigned_at=clock.now())
    evaluation.evaluator_ids = [*evaluation.evaluator_ids, evaluator_id]
    db.session.add(assignment)
    db.flush()
    audit.record(actor, "evaluation.assign", evaluation, after={"evaluator": str(evaluator_id)})
    accounts.notify_person(
        evaluator_id,
        "evaluations/assigned",
        key=f"{evaluation.id}:{evaluator_id}",
        number=evaluation.number,
        path=f"/evaluations/{evaluation.id}",
    )
    return assignment


def declare(evaluation_id: UUID, *, actor: Actor, has_conflict: bool, statement: str) -> Assignment:
    """Declare a conflict or none, once; a conflict refuses the assignment and the next evaluator is asked."""
    evaluation, assignment = _own(evaluation_id, actor)
    if not has_conflict:
        audit.transition(assignment, ASSIGNMENT, "accept", actor=actor)
        return assignment
    check_reason(statement, field="statement", shortest=TELLING)
    assignment.statement = statement
    audit.transition(assignment, ASSIGNMENT, "refuse", actor=actor)
    _assign_next(evaluation, actor=actor)
    return assignment


def submit(evaluation_id: UUID, *, actor: Actor, levels: Mapping[str, int], reasons: Mapping[str, str]) -> Evaluation:
    """Hand in a level and a reason for every criterion; the grade they lead to is computed and waits for review."""
    evaluation, assignment = _own(evaluation_id, actor)
    rules.check_declared(assignment)
    used = rubric.get(evaluation.rubric)
    rules.check_scores(used, levels, reasons)
    for criterion in used.criteria:
        db.session.merge(
            Score(
                assignment_id=assignment.id,
                criterion=criterion.code,
                level=levels[criterion.code],
                reason=reasons[criterion.code].strip(),
            )
        )
    assignment.score = grading.rubric_score(used.criteria, levels, top=used.top_level)
    audit.transition(assignment, ASSIGNMENT, "submit", actor=actor, score=assignment.score)
    _propose_grade(evaluation, used)
    audit.transition(evaluation, EVALUATION, "submit", actor=actor, proposed_grade=evaluation.proposed_grade)
    return evaluation


def _own(evaluation_id: UUID, actor: Actor) -> tuple[Evaluation, Assignment]:
    evaluation = db.get(Evaluation, evaluation_id, lock=True)
    assignment = queries.find_assignment(evaluation_id, actor)
    if assignment is None:
        raise NotFound()
    rules.check_is_evaluator(assignment, actor)
    return evaluation, assignment


def _propose_grade(evaluation: Evaluation, used: Rubric) -> None:
    """Compute the parts and the grade from what is known now."""
    given = [
        assignment.score
        for assignment in queries.assignments_of(evaluation.id)
        if assignment.status == AssignmentStatus.SUBMITTED
    ]
    known = [score for score in given if score is not None]
    evaluation.evaluator_score = grading.shrunk(known, mean=0, constant=0)
    evaluation.satisfaction = _satisfaction(evaluation, used)
    evaluation.plan = queries.evidence_of(evaluation.engagement_id).plan
    parts = grading.Parts(evaluation.evaluator_score, evaluation.satisfaction, evaluation.plan, evaluation.outcome)
    evaluation.proposed_grade = grading.combine(parts, used.grade)


def _satisfaction(evaluation: Evaluation, used: Rubric) -> int | None:
    """The provider's satisfaction, shrunk toward the programme's mean; None before anybody answered."""
    scores = surveys.scores_of(evaluation.provider_id)
    if not scores:
        return None
    mean = surveys.mean_of_programme(evaluation.programme_id)
    return grading.shrunk(scores, mean=used.grade.mean if mean is None else mean, constant=used.grade.constant)
