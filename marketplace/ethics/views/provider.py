"""Cases as the provider sees them: what is asked, its reply, the finding, its appeal."""

from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from marketplace.core import clock
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.i18n import _
from marketplace.core.listings import paginate, sorts
from marketplace.core.web import done, page
from marketplace.engagements import queries as engagements
from marketplace.ethics import queries, service
from marketplace.ethics.forms import AppealForm, OwnCaseFilter, ReplyForm
from marketplace.ethics.labels import FINDINGS
from marketplace.ethics.models import Case
from marketplace.ethics.rules import access, book
from marketplace.ethics.states import CASE, CaseStatus
from marketplace.ethics.views.blueprint import blueprint

SORTS = sorts("-number", Case.number)


@blueprint.get("/cases/mine")
@requires(Role.MANAGER)
def my_cases() -> ResponseReturnValue:
    """List the cases of one's own firm."""
    provider_id = current_actor().organisation_id
    form = OwnCaseFilter(formdata=request.args)
    form.validate()
    if provider_id is None:
        return page("ethics/my_cases.html", listed=None, lifecycle=CASE)
    listed = paginate(queries.cases_of(provider_id, status=form.chosen("status")), sorts=SORTS, key=Case.id)
    return page("ethics/my_cases.html", form=form, listed=listed, lifecycle=CASE)


@blueprint.route("/cases/<uuid:case_id>/reply", methods=["GET", "POST"])
@requires(Role.MANAGER)
def reply(case_id: UUID) -> ResponseReturnValue:
    """Show a case to its provider and take the reply while it may be given."""
    case = queries.get_case(case_id, actor=current_actor())
    form = ReplyForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.reply(case_id, actor=current_actor(), words=form.words.data)
            return done(_("Your reply was received."), url_for("ethics.reply", case_id=case_id))
    now = clock.now()
    return page(
        "ethics/reply.html",
        form=form,
        case=case,
        engagement=engagements.sides(case.engagement_id),
        flags=[flag for flag in queries.flags_in_case(case_id) if access.is_shown_to_provider(flag)],
        edition=book.newest(),
        may_reply=case.status == CaseStatus.AWAITING_REPLY and now <= case.reply_due_at,
        may_appeal=case.status == CaseStatus.VIOLATION and case.appeal_due_at is not None and now <= case.appeal_due_at,
        findings=FINDINGS,
        lifecycle=CASE,
    )


@blueprint.route("/cases/<uuid:case_id>/appeal", methods=["GET", "POST"])
@requires(Role.MANAGER)
def appeal(case_id: UUID) -> ResponseReturnValue:
    """Appeal against a finding."""
    case = queries.get_case(case_id, actor=current_actor())
    form = AppealForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.appeal(case_id, actor=current_actor(), grounds=form.grounds.data)
            return done(_("Your appeal was received."), url_for("ethics.reply", case_id=case_id))
    return page("ethics/appeal.html", form=form, case=case)
