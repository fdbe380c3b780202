"""Pages of sessions: record, confirm, reject, withdraw."""

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from marketplace.core import clock
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ConfirmForm, ReasonForm
from marketplace.core.i18n import _
from marketplace.core.web import done, page
from marketplace.engagements import queries, service
from marketplace.engagements.forms import SessionForm, choose_from
from marketplace.engagements.views.blueprint import blueprint
from marketplace.providers import queries as providers


@blueprint.route("/engagements/<uuid:engagement_id>/sessions/new", methods=["GET", "POST"])
@requires(Role.MANAGER, Role.CONSULTANT)
def new_session(engagement_id: UUID) -> ResponseReturnValue:
    """Record a session that has ended."""
    actor = current_actor()
    engagement = queries.get_engagement(engagement_id, actor=actor)
    offered = [
        (named.consultant_id, named.name)
        for named in queries.consultants_at_work(engagement.agreement_id)
        if actor.role is Role.MANAGER or named.person_id == actor.person_id
    ]
    form = SessionForm(consultant_id=offered[0][0] if len(offered) == 1 else None)
    choose_from(form.consultant_id, offered)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.record_session(
                engagement_id,
                actor=actor,
                consultant_id=form.consultant_id.data,
                starts_at=form.starts_at.data,
                ends_at=form.ends_at.data,
                place=form.place.data,
                summary=form.summary.data,
            )
            return done(_("The session is recorded. The company confirms it."), _back(engagement_id))
    return page("engagements/new_session.html", form=form, engagement=engagement, offered=offered, today=clock.today())


@blueprint.route("/engagements/sessions/<uuid:session_id>/confirm", methods=["GET", "POST"])
@requires(Role.SIGNATORY, Role.PREPARER)
def countersign_session(session_id: UUID) -> ResponseReturnValue:
    """Confirm that a session took place as recorded."""
    actor = current_actor()
    engagement, meeting = queries.get_session(session_id, actor=actor)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.countersign_session(session_id, actor=actor)
            return done(_("The session is confirmed."), _back(engagement.id))
    consultant = providers.get_consultant(meeting.consultant_id)
    return page(
        "engagements/countersign_session.html", form=form, engagement=engagement, meeting=meeting, consultant=consultant
    )


@blueprint.route("/engagements/sessions/<uuid:session_id>/reject", methods=["GET", "POST"])
@requires(Role.SIGNATORY, Role.PREPARER)
def reject_session(session_id: UUID) -> ResponseReturnValue:
    """Say that a session did not take place as recorded, and why."""
    actor = current_actor()
    engagement, meeting = queries.get_session(session_id, actor=actor)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.reject_session(session_id, actor=actor, reason=form.reason.data)
            return done(_("The session is rejected. The firm is told your reason."), _back(engagement.id))
    consultant = providers.get_consultant(meeting.consultant_id)
    return page(
        "engagements/reject_session.html", form=form, engagement=engagement, meeting=meeting, consultant=consultant
    )


@blueprint.route("/engagements/sessions/<uuid:session_id>/withdraw", methods=["GET", "POST"])
@requires(Role.MANAGER, Role.CONSULTANT)
def withdraw_session(session_id: UUID) -> ResponseReturnValue:
    """Take back a session recorded wrongly."""
    actor = current_actor()
    engagement, meeting = queries.get_session(session_id, actor=actor)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.withdraw_session(session_id, actor=actor, reason=form.reason.data)
            return done(_("The session is withdrawn."), _back(engagement.id))
    return page("engagements/withdraw_session.html", form=form, engagement=engagement, meeting=meeting)


def _back(engagement_id: UUID) -> str:
    return url_for(".engagement", engagement_id=engagement_id)
