"""Pages of evaluators, reviewers and those who decide appeals."""

from typing import Any
from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries as accounts
from marketplace.accounts.exported import PARTIES
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import Invalid
from marketplace.core.exports import export, requested_format
from marketplace.core.i18n import _
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.web import done, page
from marketplace.evaluations import queries, rubric, service
from marketplace.evaluations.forms import (
    AssignForm,
    DecideAppealForm,
    DeclareForm,
    EvaluationFilter,
    ReviewForm,
    score_form,
)
from marketplace.evaluations.models import Evaluation
from marketplace.evaluations.states import ASSIGNMENT, EVALUATION, AssignmentStatus, EvaluationWaiting
from marketplace.evaluations.views.blueprint import blueprint
from marketplace.surveys import instruments

SORTS = sorts("-created_at", Evaluation.created_at, Evaluation.number)
READERS = (Role.EVALUATOR, Role.ADMINISTRATOR, Role.ETHICS_OFFICER, Role.AUDITOR)


@blueprint.get("/evaluations")
@requires(*READERS)
def evaluation_list() -> ResponseReturnValue:
    """List evaluations: an evaluator's own, otherwise all."""
    actor, form = current_actor(), EvaluationFilter(formdata=request.args)
    if actor.role is not Role.EVALUATOR:
        del form.waiting
    form.validate()
    chosen = queries.listed(
        actor,
        status=form.chosen("status"),
        waiting=EvaluationWaiting.of(form.chosen("waiting")),
        search=form.chosen("search"),
    )
    if requested_format():
        rows = in_order(chosen.add_columns(*queries.EXPORTED), SORTS, key=Evaluation.id)
        return export(rows, _columns(), "evaluations", _("Evaluations"))
    listed = paginate(chosen, sorts=SORTS, key=Evaluation.id)
    return page("evaluations/evaluation_list.html", form=form, listed=listed, lifecycle=EVALUATION)


def _columns() -> list[Any]:
    return [
        (_("Number"), lambda row: row.number),
        *PARTIES,
        (_("Status"), lambda row: str(EVALUATION.label(row.status))),
        (_("Grade"), lambda row: row.grade),
        (_("Computed grade"), lambda row: row.proposed_grade),
        (_("Reason for another grade"), lambda row: row.override_reason),
        (_("Evaluation by rubric"), lambda row: row.evaluator_score),
        (_("Satisfaction of companies"), lambda row: row.satisfaction),
        (_("Plan kept"), lambda row: row.plan),
        (_("Outcome"), lambda row: row.outcome),
        (_("Opened"), lambda row: row.created_at),
        (_("Submitted"), lambda row: row.submitted_at),
        (_("Reviewed by"), lambda row: row.reviewed_by),
        (_("Published"), lambda row: row.published_at),
        (_("Appealed"), lambda row: row.appealed_at),
        (_("Settled"), lambda row: row.settled_at),
    ]


@blueprint.get("/evaluations/<uuid:evaluation_id>")
@requires(*READERS)
def evaluation(evaluation_id: UUID) -> ResponseReturnValue:
    """Show one evaluation with what its reader may see and do now."""
    actor = current_actor()
    evaluation = queries.get_evaluation(evaluation_id, actor=actor)
    assignments = queries.evaluators_of(evaluation_id)
    own = next((row for row in assignments if row.evaluator_id == actor.person_id), None)
    hidden = own is not None and own.status == AssignmentStatus.ASSIGNED
    return page(
        "evaluations/evaluation.html",
        evaluation=evaluation,
        own=own,
        assignments=assignments,
        names=accounts.names([evaluation.reviewed_by]),
        firms=accounts.organisation_names([evaluation.organisation_id, evaluation.provider_id]),
        evidence=None if hidden else queries.evidence_of(evaluation.engagement_id),
        scores=[] if hidden else queries.scores_of(evaluation_id),
        rubric=rubric.get(evaluation.rubric),
        appeal=queries.find_appeal(evaluation_id) if evaluation.appealed_at else None,
        instrument_of=instruments.get,
        lifecycle=EVALUATION,
        assignment_lifecycle=ASSIGNMENT,
    )


@blueprint.route("/evaluations/<uuid:evaluation_id>/declare", methods=["GET", "POST"])
@requires(Role.EVALUATOR)
def declare(evaluation_id: UUID) -> ResponseReturnValue:
    """Ask the evaluator for the conflict declaration before anything else is shown."""
    evaluation = queries.get_evaluation(evaluation_id, actor=current_actor())
    form = DeclareForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            conflict = form.has_conflict.data == "yes"
            service.declare(
                evaluation_id, actor=current_actor(), has_conflict=conflict, statement=form.statement.data or ""
            )
            if conflict:
                return done(_("Thank you. Another evaluator is asked."), url_for("evaluations.evaluation_list"))
            return done(_("Your declaration is kept."), url_for("evaluations.evaluation", evaluation_id=evaluation_id))
    firms = accounts.organisation_names([evaluation.organisation_id, evaluation.provider_id])
    return page("evaluations/declare.html", form=form, evaluation=evaluation, firms=firms)


@blueprint.route("/evaluations/<uuid:evaluation_id>/score", methods=["GET", "POST"])
@requires(Role.EVALUATOR)
def score(evaluation_id: UUID) -> ResponseReturnValue:
    """Take a level and a reason for each criterion."""
    evaluation = queries.get_evaluation(evaluation_id, actor=current_actor())
    used = rubric.get(evaluation.rubric)
    form = score_form(used, _scored(evaluation_id))
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.submit(
                evaluation_id,
                actor=current_actor(),
                levels={criterion.code: int(form[f"level_{criterion.code}"].data) for criterion in used.criteria},
                reasons={criterion.code: form[f"reason_{criterion.code}"].data for criterion in used.criteria},
            )
            return done(
                _("The evaluation was handed in. An administrator reviews it."),
                url_for("evaluations.evaluation", evaluation_id=evaluation_id),
            )
    return page("evaluations/score.html", form=form, evaluation=evaluation, rubric=used)


def _scored(evaluation_id: UUID) -> dict[str, str]:
    """What an evaluator whose work came back had scored."""
    given = queries.own_scores(evaluation_id, current_actor())
    levels = {f"level_{score.criterion}": str(score.level) for score in given}
    return levels | {f"reason_{score.criterion}": score.reason for score in given}


@blueprint.route("/evaluations/<uuid:evaluation_id>/review", methods=["GET", "POST"])
@requires(Role.ADMINISTRATOR)
def review(evaluation_id: UUID) -> ResponseReturnValue:
    """Confirm, override or return a submitted evaluation."""
    evaluation = queries.get_evaluation(evaluation_id, actor=current_actor())
    form = ReviewForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            message = _decide(evaluation, form)
            return done(message, url_for("evaluations.evaluation", evaluation_id=evaluation_id))
    return page("evaluations/review.html", form=form, evaluation=evaluation)


def _decide(evaluation: Evaluation, form: ReviewForm) -> Any:
    actor, reason = current_actor(), form.reason.data or ""
    if form.decision.data == "return":
        service.return_to_evaluator(evaluation.id, actor=actor, reason=reason)
        return _("The evaluation went back to the evaluator.")
    if form.decision.data == "override" and form.grade.data is None:
        raise Invalid(_("Type the other grade, 0 to 100."), field="grade")
    grade = form.grade.data if form.decision.data == "override" else None
    service.publish(evaluation.id, actor=actor, grade=grade, reason=reason)
    return _("The grade is published. The firm was told.")


@blueprint.route("/evaluations/<uuid:evaluation_id>/assign", methods=["GET", "POST"])
@requires(Role.ADMINISTRATOR)
def assign(evaluation_id: UUID) -> ResponseReturnValue:
    """Give an evaluation without an evaluator to one."""
    evaluation = queries.get_evaluation(evaluation_id, actor=current_actor())
    form = AssignForm()
    sides = (evaluation.organisation_id, evaluation.provider_id)
    free = queries.evaluators_by_load(evaluation.evaluator_ids, organisations=sides)
    names = accounts.names(free)
    form.offer([(person_id, names[person_id]) for person_id in free])
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.assign(evaluation_id, actor=current_actor(), evaluator_id=UUID(form.evaluator.data))
            return done(_("The evaluator was told."), url_for("evaluations.evaluation", evaluation_id=evaluation_id))
    return page("evaluations/assign.html", form=form, evaluation=evaluation, free=free)


@blueprint.route("/evaluations/<uuid:evaluation_id>/decide-appeal", methods=["GET", "POST"])
@requires(Role.ETHICS_OFFICER, Role.ADMINISTRATOR)
def decide_appeal(evaluation_id: UUID) -> ResponseReturnValue:
    """Decide an appeal against a grade."""
    evaluation = queries.get_evaluation(evaluation_id, actor=current_actor())
    appeal = queries.find_appeal(evaluation_id)
    form = DecideAppealForm()
    form.shows(appeal)
    if form.validate_on_submit():
        with form.errors_to_fields():
            if form.decision.data == "change" and form.grade.data is None:
                raise Invalid(_("Type the other grade, 0 to 100."), field="grade")
            grade = form.grade.data if form.decision.data == "change" else None
            service.decide_appeal(evaluation_id, actor=current_actor(), reason=form.reason.data, grade=grade)
            return done(
                _("The appeal is decided. The firm was told."),
                url_for("evaluations.evaluation", evaluation_id=evaluation_id),
            )
    return page("evaluations/decide_appeal.html", form=form, evaluation=evaluation, appeal=appeal)
