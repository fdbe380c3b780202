"""Pages of a call's notice: its files, and amendments of what is published."""

from __future__ import annotations

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from marketplace.core import web
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, public, requires
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _, localized
from marketplace.programmes import queries, rules, service
from marketplace.programmes.forms import AmendmentForm, CallFileForm, both, typed_notice
from marketplace.programmes.views import blueprint


@blueprint.route("/calls/<uuid:call_id>/files", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def call_files(call_id: UUID) -> ResponseReturnValue:
    """The files of a draft call; one is added at a time."""
    call = queries.get_call(call_id)
    rules.check_draft(call)
    form = CallFileForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            sent = form.file.data
            upload = service.Upload(sent.stream, sent.filename, both(form, "title"))
            service.add_call_file(call_id, upload, actor=current_actor())
            return web.done(_("The file is saved. You can add another."), url_for(".call_files", call_id=call_id))
    return web.page("programmes/call_files.html", form=form, call=call, call_notice=queries.notice(call))


@blueprint.get("/call-files/<uuid:file_id>")
@public
def call_file(file_id: UUID) -> ResponseReturnValue:
    """Download a file of a notice, without an account once it is published."""
    return web.send_stored(queries.get_call_file(file_id, actor=current_actor()).file)


@blueprint.route("/call-files/<uuid:file_id>/remove", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def call_file_remove(file_id: UUID) -> ResponseReturnValue:
    """Take a file out of a draft call, after asking once more."""
    file = queries.get_call_file(file_id)
    rules.check_draft(file.call)
    form = ConfirmForm()
    back = url_for(".call_files", call_id=file.call_id)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.remove_call_file(file_id, actor=current_actor())
            return web.done(_("The file is removed."), back)
    return web.page("programmes/call_file_remove.html", form=form, file=file, back=back)


@blueprint.route("/calls/<uuid:call_id>/amendments/new", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def amendment_new(call_id: UUID) -> ResponseReturnValue:
    """Write a correction of a published call's notice; another officer publishes it."""
    call = queries.get_call(call_id)
    rules.check_amendable(call)
    notice = queries.notice(call)
    form = AmendmentForm(data=typed_notice(notice.description, notice.conditions))
    form.shows([correction.amendment for correction in notice.corrections], notice.files)
    form.replaces.choices = [("", _("None, it is a further file"))]
    form.replaces.choices += [(str(file.id), localized(file.title)) for file in notice.files]
    if form.validate_on_submit():
        with form.errors_to_fields():
            made = service.propose_amendment(
                call_id,
                actor=current_actor(),
                description=both(form, "description"),
                conditions=both(form, "conditions"),
                reason=both(form, "reason"),
                upload=_sent(form),
            )
            return web.done(_("The amendment waits for another officer."), _amendment(made.id))
    return web.page("programmes/amendment_new.html", form=form, call=call)


def _sent(form: AmendmentForm) -> service.Upload | None:
    """The file of an amendment, where one was sent."""
    sent = form.file.data
    if not sent:
        return None
    replaces = UUID(form.replaces.data) if form.replaces.data else None
    return service.Upload(sent.stream, sent.filename, both(form, "title"), replaces)


@blueprint.route("/amendments/<uuid:amendment_id>/publish", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def amendment_publish(amendment_id: UUID) -> ResponseReturnValue:
    """Read a correction and publish it, as another officer than its writer."""
    actor = current_actor()
    amendment = queries.get_amendment(amendment_id)
    rules.check_proposed(amendment)
    form = ConfirmForm()
    form.shows(queries.files_of_amendment(amendment_id))
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.publish_amendment(amendment_id, actor=actor)
            return web.done(_("The amendment is published."), url_for(".call", call_id=amendment.call_id))
    return web.page(
        "programmes/amendment_publish.html",
        form=form,
        amendment=amendment,
        correction=queries.notice(amendment.call, proposed=amendment).corrections[0],
        own=amendment.created_by == actor.person_id,
    )


@blueprint.route("/amendments/<uuid:amendment_id>/withdraw", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def amendment_withdraw(amendment_id: UUID) -> ResponseReturnValue:
    """Take a correction back that is not published, after asking once more."""
    amendment = queries.get_amendment(amendment_id)
    rules.check_proposed(amendment)
    back = url_for(".call", call_id=amendment.call_id)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.withdraw_amendment(amendment_id, actor=current_actor())
            return web.done(_("The amendment is withdrawn."), back)
    return web.page("programmes/amendment_withdraw.html", form=form, amendment=amendment, back=back)


def _amendment(amendment_id: UUID) -> str:
    return url_for(".amendment_publish", amendment_id=amendment_id)
