"""Pages of stages and their documents: upload, hand in, accept, ask for a correction, download."""

from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import NotFound
from marketplace.core.forms import ConfirmForm, ReasonForm
from marketplace.core.i18n import _
from marketplace.core.web import done, page, send_stored
from marketplace.engagements import queries, service
from marketplace.engagements.forms import AcceptForm, DeliverableForm
from marketplace.engagements.models import Deliverable
from marketplace.engagements.states import SessionStatus
from marketplace.engagements.views.agreements import READERS
from marketplace.engagements.views.blueprint import blueprint


@blueprint.route("/engagements/stages/<uuid:stage_id>/deliverables/new", methods=["GET", "POST"])
@requires(Role.MANAGER, Role.CONSULTANT)
def new_deliverable(stage_id: UUID) -> ResponseReturnValue:
    """Add a document to the stage under way, or the corrected version of one (`?replaces=`)."""
    actor = current_actor()
    engagement, stage = queries.get_stage(stage_id, actor=actor)
    replaced = _replaced(request.args.get("replaces"), engagement.id)
    form = DeliverableForm(title=replaced.title if replaced else None)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.upload_deliverable(
                stage_id,
                actor=actor,
                title=form.title.data,
                stream=form.file.data.stream,
                filename=form.file.data.filename,
                replaces_id=replaced.id if replaced else None,
            )
            return done(_("The document is added to the stage."), _back(engagement.id))
    return page("engagements/new_deliverable.html", form=form, engagement=engagement, stage=stage, replaced=replaced)


@blueprint.route("/engagements/stages/<uuid:stage_id>/hand-in", methods=["GET", "POST"])
@requires(Role.MANAGER, Role.CONSULTANT)
def hand_in_stage(stage_id: UUID) -> ResponseReturnValue:
    """Ask the SME to accept the stage."""
    actor = current_actor()
    engagement, stage = queries.get_stage(stage_id, actor=actor)
    documents = [
        deliverable for deliverable in queries.deliverables_of(engagement.id) if deliverable.stage_id == stage_id
    ]
    form = ConfirmForm()
    form.shows(documents)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.hand_in_stage(stage_id, actor=actor)
            return done(_("The stage is handed in. The company is asked to accept it."), _back(engagement.id))
    return page("engagements/hand_in_stage.html", form=form, engagement=engagement, stage=stage, documents=documents)


@blueprint.route("/engagements/stages/<uuid:stage_id>/accept", methods=["GET", "POST"])
@requires(Role.SIGNATORY)
def accept_stage(stage_id: UUID) -> ResponseReturnValue:
    """Accept the work of a stage."""
    actor = current_actor()
    engagement, stage = queries.get_stage(stage_id, actor=actor)
    documents = [
        deliverable for deliverable in queries.deliverables_of(engagement.id) if deliverable.stage_id == stage_id
    ]
    unconfirmed = [
        session
        for session in queries.sessions_of(engagement.id)
        if session.stage_id == stage_id and session.status == SessionStatus.RECORDED
    ]
    form = AcceptForm()
    form.shows(documents, unconfirmed)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.accept_stage(stage_id, actor=actor)
            return done(_("The stage is accepted."), _back(engagement.id))
    return page(
        "engagements/accept_stage.html",
        form=form,
        engagement=engagement,
        stage=stage,
        documents=documents,
        unconfirmed=unconfirmed,
    )


@blueprint.route("/engagements/deliverables/<uuid:deliverable_id>/correction", methods=["GET", "POST"])
@requires(Role.SIGNATORY)
def request_correction(deliverable_id: UUID) -> ResponseReturnValue:
    """Send a document back with reasons."""
    actor = current_actor()
    engagement, deliverable = queries.get_deliverable(deliverable_id, actor=actor)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.request_correction(deliverable_id, actor=actor, reason=form.reason.data)
            return done(_("The firm is asked for a correction."), _back(engagement.id))
    return page("engagements/request_correction.html", form=form, engagement=engagement, deliverable=deliverable)


@blueprint.get("/engagements/deliverables/<uuid:deliverable_id>/file")
@requires(*READERS)
def deliverable_file(deliverable_id: UUID) -> ResponseReturnValue:
    """The document itself, to save."""
    _engagement, deliverable = queries.get_deliverable(deliverable_id, actor=current_actor())
    return send_stored(deliverable.file)


def _replaced(typed: str | None, engagement_id: UUID) -> Deliverable | None:
    if not typed:
        return None
    chosen = [deliverable for deliverable in queries.deliverables_of(engagement_id) if str(deliverable.id) == typed]
    if not chosen:
        raise NotFound()
    return chosen[0]


def _back(engagement_id: UUID) -> str:
    return url_for(".engagement", engagement_id=engagement_id)
