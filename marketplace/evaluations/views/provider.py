"""Pages of the rated provider: its grades, how each came about, and the appeal."""

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from marketplace.core import clock
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.i18n import _
from marketplace.core.listings import paginate, sorts
from marketplace.core.web import done, page
from marketplace.evaluations import queries, rubric, rules, service
from marketplace.evaluations.forms import AppealForm
from marketplace.evaluations.models import Evaluation
from marketplace.evaluations.states import APPEAL, EVALUATION, EvaluationStatus
from marketplace.evaluations.views.blueprint import blueprint
from marketplace.providers import queries as providers
from marketplace.surveys import queries as surveys
from marketplace.surveys.rules import FEWEST_ANSWERS

SORTS = sorts("-number", Evaluation.number)


@blueprint.get("/evaluations/grades")
@requires(Role.MANAGER)
def grade_list() -> ResponseReturnValue:
    """List the published grades of one's own firm."""
    actor = current_actor()
    firm = providers.find_provider(actor.organisation_id)
    listed = paginate(queries.grades_of(firm.id), sorts=SORTS, key=Evaluation.id) if firm else None
    return page("evaluations/grade_list.html", listed=listed, firm=firm, lifecycle=EVALUATION)


@blueprint.get("/evaluations/<uuid:evaluation_id>/grade")
@requires(Role.MANAGER)
def grade(evaluation_id: UUID) -> ResponseReturnValue:
    """Show how one published grade came about: formula, parts, levels and reasons."""
    evaluation = queries.get_evaluation(evaluation_id, actor=current_actor())
    used = rubric.get(evaluation.rubric)
    ends_at = rules.appeal_ends_at(evaluation.published_at, used) if evaluation.published_at else None
    return page(
        "evaluations/grade.html",
        evaluation=evaluation,
        rubric=used,
        scores=queries.scores_of(evaluation_id),
        satisfaction_shown=len(surveys.scores_of(evaluation.provider_id)) >= FEWEST_ANSWERS,
        appeal=queries.find_appeal(evaluation_id),
        appeal_ends_at=ends_at,
        may_appeal=evaluation.status == EvaluationStatus.PUBLISHED and ends_at is not None and clock.now() <= ends_at,
        lifecycle=EVALUATION,
        appeal_lifecycle=APPEAL,
    )


@blueprint.route("/evaluations/<uuid:evaluation_id>/appeal", methods=["GET", "POST"])
@requires(Role.MANAGER)
def appeal(evaluation_id: UUID) -> ResponseReturnValue:
    """Appeal against a published grade."""
    evaluation = queries.get_evaluation(evaluation_id, actor=current_actor())
    form = AppealForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.appeal(evaluation_id, actor=current_actor(), grounds=form.grounds.data)
            return done(_("Your appeal was received."), url_for("evaluations.grade", evaluation_id=evaluation_id))
    return page("evaluations/appeal.html", form=form, evaluation=evaluation)
