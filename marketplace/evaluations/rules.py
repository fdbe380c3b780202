"""Who may do what to an evaluation, now."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from marketplace.core.actors import Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound, explain
from marketplace.core.i18n import _
from marketplace.core.reasons import TELLING, check_reason
from marketplace.evaluations.models import Assignment, Evaluation, GradeAppeal
from marketplace.evaluations.rubric import Rubric
from marketplace.evaluations.states import AssignmentStatus

explain(
    {
        "ck_evaluations_four_eyes": _("Whoever evaluated cannot review. Another administrator must do it."),
        "ck_grade_appeals_third_person": _("Somebody who had no part in this grade must decide the appeal."),
        "uq_evaluations_engagement_id": _("This engagement has an evaluation already."),
        "uq_grade_appeals_evaluation_id": _("An appeal against this grade was made already."),
    }
)


def check_is_evaluator(assignment: Assignment, actor: Actor) -> None:
    """An assignment is its evaluator's alone; for everybody else it isn't there."""
    if actor.role is not Role.EVALUATOR or assignment.evaluator_id != actor.person_id:
        raise NotFound()


def check_declared(assignment: Assignment) -> None:
    """No score before the evaluator declared to have no conflict."""
    if assignment.status == AssignmentStatus.ASSIGNED:
        raise DomainError(_("Declare first whether you have a conflict of interest."))


def check_scores(rubric: Rubric, levels: Mapping[str, int], reasons: Mapping[str, str]) -> None:
    """Every criterion has a level that the rubric anchors, and a reason."""
    for criterion in rubric.criteria:
        level = levels.get(criterion.code)
        if level is None or not 0 <= level <= rubric.top_level:
            raise Invalid(_("Choose one of the levels."), field=f"level_{criterion.code}")
        check_reason(reasons.get(criterion.code, ""), field=f"reason_{criterion.code}", shortest=TELLING)


def check_may_review(evaluation: Evaluation, actor: Actor) -> None:
    """An administrator reviews, and never one who was an evaluator of the same work."""
    if actor.role is not Role.ADMINISTRATOR:
        raise Forbidden()
    if actor.person_id in evaluation.evaluator_ids:
        raise DomainError(_("Whoever evaluated cannot review. Another administrator must do it."))


def check_may_appeal(evaluation: Evaluation, actor: Actor, now: datetime, rubric: Rubric) -> None:
    """The rated provider's manager may appeal, once, within the days that the rubric gives."""
    if actor.role is not Role.MANAGER or evaluation.provider_id != actor.organisation_id:
        raise NotFound()
    if evaluation.published_at is None or now > appeal_ends_at(evaluation.published_at, rubric):
        raise DomainError(_("The time to appeal against this grade is over."))


def appeal_ends_at(published_at: datetime, rubric: Rubric) -> datetime:
    """The last moment of the time to appeal."""
    return published_at + timedelta(days=rubric.appeal_days)


def check_may_decide_appeal(appeal: GradeAppeal, actor: Actor) -> None:
    """An ethics officer or administrator who had no part in the grade decides."""
    if actor.role not in (Role.ETHICS_OFFICER, Role.ADMINISTRATOR):
        raise Forbidden()
    if actor.person_id in appeal.involved_ids:
        raise DomainError(_("Somebody who had no part in this grade must decide the appeal."))
