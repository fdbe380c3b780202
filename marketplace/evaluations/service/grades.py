"""Verbs from review to the final grade: return, publish, appeal, decide; and violations told from above."""

from uuid import UUID

from marketplace.accounts import service as accounts
from marketplace.core import audit, clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.i18n import _
from marketplace.core.reasons import TELLING, check_reason
from marketplace.evaluations import grading, queries, rubric, rules
from marketplace.evaluations.models import Evaluation, GradeAppeal, RecordedViolation
from marketplace.evaluations.states import APPEAL, ASSIGNMENT, EVALUATION, AssignmentStatus
from marketplace.providers import service as providers


def return_to_evaluator(evaluation_id: UUID, *, actor: Actor, reason: str) -> Evaluation:
    """Send a submitted evaluation back with the reason; the evaluator scores again."""
    evaluation = db.get(Evaluation, evaluation_id, lock=True)
    rules.check_may_review(evaluation, actor)
    check_reason(reason, shortest=TELLING)
    evaluation.return_reason = reason
    audit.transition(evaluation, EVALUATION, "return", actor=actor, reason=reason)
    for assignment in queries.assignments_of(evaluation_id):
        if assignment.status == AssignmentStatus.SUBMITTED:
            audit.transition(assignment, ASSIGNMENT, "return", actor=actor)
            accounts.notify_person(
                assignment.evaluator_id,
                "evaluations/returned",
                key=f"{evaluation.id}:{clock.now().isoformat()}",
                number=evaluation.number,
                reason=reason,
                path=f"/evaluations/{evaluation.id}",
            )
    return evaluation


def publish(evaluation_id: UUID, *, actor: Actor, grade: int | None = None, reason: str = "") -> Evaluation:
    """Confirm the computed grade, or override it with a reason, and publish it; never by an evaluator of the work."""
    evaluation = db.get(Evaluation, evaluation_id, lock=True)
    rules.check_may_review(evaluation, actor)
    chosen = evaluation.proposed_grade if grade is None else grade
    if chosen != evaluation.proposed_grade:
        check_reason(reason, shortest=TELLING)
        evaluation.override_reason = reason
    evaluation.grade = chosen
    evaluation.reviewed_by = actor.person_id
    audit.transition(evaluation, EVALUATION, "publish", actor=actor, reason=reason or None, grade=chosen)
    _refresh_grade(evaluation.provider_id, actor=actor)
    _tell(evaluation, "evaluations/published")
    return evaluation


def appeal(evaluation_id: UUID, *, actor: Actor, grounds: str) -> GradeAppeal:
    """The provider appeals against a published grade, once and in time; somebody else will decide."""
    evaluation = db.get(Evaluation, evaluation_id, lock=True)
    rules.check_may_appeal(evaluation, actor, clock.now(), rubric.get(evaluation.rubric))
    check_reason(grounds, field="grounds", shortest=TELLING)
    audit.transition(evaluation, EVALUATION, "appeal", actor=actor)
    made = GradeAppeal(
        evaluation_id=evaluation.id,
        involved_ids=[*evaluation.evaluator_ids, *([evaluation.reviewed_by] if evaluation.reviewed_by else [])],
        submitted_by=actor.person_id,
        submitted_at=clock.now(),
        grounds=grounds,
    )
    db.session.add(made)
    db.flush()
    for role in (Role.ETHICS_OFFICER, Role.ADMINISTRATOR):
        accounts.notify_role(
            role,
            "evaluations/appealed",
            key=f"{evaluation.id}:{role}",
            number=evaluation.number,
            path=f"/evaluations/{evaluation.id}",
        )
    return made


def decide_appeal(evaluation_id: UUID, *, actor: Actor, reason: str, grade: int | None = None) -> GradeAppeal:
    """Keep the grade, or set another, with a reason; by somebody who had no part in it."""
    evaluation = db.get(Evaluation, evaluation_id, lock=True)
    made = queries.find_appeal(evaluation_id)
    if made is None:
        raise NotFound()
    rules.check_may_decide_appeal(made, actor)
    check_reason(reason, shortest=TELLING)
    if grade is not None and not 0 <= grade <= 100:
        raise Invalid(_("A grade is a number from 0 to 100."), field="grade")
    made.decided_by, made.decision = actor.person_id, reason
    changed = grade is not None and grade != evaluation.grade
    audit.transition(made, APPEAL, "change" if changed else "keep", actor=actor, reason=reason)
    if changed:
        evaluation.grade = grade
        evaluation.override_reason = reason
    audit.transition(evaluation, EVALUATION, "settle", actor=actor, grade=evaluation.grade)
    _refresh_grade(evaluation.provider_id, actor=actor)
    _tell(evaluation, "evaluations/appeal_decided")
    return made


def record_violation(reference: UUID, *, provider_id: UUID, actor: Actor) -> None:
    """Take over a confirmed violation; it costs the provider its points from now on, once per reference."""
    if db.session.get(RecordedViolation, reference) is None:
        db.session.add(RecordedViolation(reference=reference, provider_id=provider_id, recorded_at=clock.now()))
        db.flush()
        _refresh_grade(provider_id, actor=actor)


def withdraw_violation(reference: UUID, *, actor: Actor) -> None:
    """Take back a violation whose finding was overturned."""
    violation = db.session.get(RecordedViolation, reference, with_for_update={"key_share": True})
    if violation is not None and violation.withdrawn_at is None:
        violation.withdrawn_at = clock.now()
        db.flush()
        _refresh_grade(violation.provider_id, actor=actor)


def _refresh_grade(provider_id: UUID, *, actor: Actor) -> None:
    """Tell the provider's register the grade as it stands: shrunk over its published grades, less its violations."""
    db.flush()
    published = queries.published(provider_id)
    if not published:
        return
    rules_used = rubric.get(published[-1].rubric).grade
    mean = queries.mean_of_programme(published[-1].programme_id, fewest=rules_used.provisional_below)
    value = grading.shrunk(
        [evaluation.grade for evaluation in published if evaluation.grade is not None],
        mean=rules_used.mean if mean is None else mean,
        constant=rules_used.constant,
    )
    value = max(0, value - queries.violations_of(provider_id) * rules_used.violation)
    provisional = grading.is_provisional(len(published), rules_used)
    providers.set_grade(provider_id, value, len(published), provisional, actor=actor)


def _tell(evaluation: Evaluation, template: str) -> None:
    accounts.notify_organisation(
        evaluation.provider_id,
        [Role.MANAGER],
        template,
        key=str(evaluation.id),
        number=evaluation.number,
        grade=evaluation.grade,
        appeal_days=rubric.get(evaluation.rubric).appeal_days,
        path=f"/evaluations/{evaluation.id}/grade",
    )
