"""Pages by which another consultant comes into an agreement."""

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.i18n import _
from marketplace.core.web import done, page
from marketplace.engagements import queries, service
from marketplace.engagements.forms import ConsultantChangeForm, DecisionForm, choose_from
from marketplace.engagements.states import AssignmentStatus
from marketplace.engagements.views.blueprint import blueprint
from marketplace.providers import queries as providers


@blueprint.route("/agreements/consultants/<uuid:assignment_id>/change", methods=["GET", "POST"])
@requires(Role.MANAGER)
def change_consultant(assignment_id: UUID) -> ResponseReturnValue:
    """Propose another consultant for one who leaves."""
    actor = current_actor()
    agreement, _leaving = queries.get_assignment(assignment_id, actor=actor)
    named = queries.named_consultants(agreement.id)
    live = {row.consultant_id for row in named if row.status in (AssignmentStatus.PROPOSED, AssignmentStatus.ACTIVE)}
    form = ConsultantChangeForm()
    consultants = providers.consultant_names_of(agreement.provider_id)
    free = [(consultant_id, name) for consultant_id, name in consultants.items() if consultant_id not in live]
    choose_from(form.consultant_id, free)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.change_consultant(
                assignment_id, actor=actor, consultant_id=form.consultant_id.data, reason=form.reason.data
            )
            return done(
                _("The change is proposed. It holds when the company has approved it."),
                url_for(".agreement", agreement_id=agreement.id),
            )
    return page(
        "engagements/change_consultant.html",
        form=form,
        agreement=agreement,
        leaving=next(row for row in named if row.id == assignment_id),
        free=free,
    )


@blueprint.route("/agreements/consultants/<uuid:assignment_id>/decide", methods=["GET", "POST"])
@requires(Role.SIGNATORY)
def decide_change(assignment_id: UUID) -> ResponseReturnValue:
    """Approve or decline a proposed consultant."""
    actor = current_actor()
    agreement, change = queries.get_assignment(assignment_id, actor=actor)
    form = DecisionForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.decide_change(assignment_id, actor=actor, approved=form.decision.data == "approve")
            return done(_("Your decision is kept."), url_for(".agreement", agreement_id=agreement.id))
    return page(
        "engagements/decide_change.html",
        form=form,
        agreement=agreement,
        change=change,
        consultant=providers.get_consultant(change.consultant_id),
    )
