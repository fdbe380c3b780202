"""The SME's pages of a draft: begin, the parts of the application, its files."""

from __future__ import annotations

from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from marketplace.certificates import kinds as certificate_kinds
from marketplace.core import clock, web
from marketplace.core.actors import SME, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _, localized
from marketplace.core.listings import paginate, sorts
from marketplace.core.states import labelled
from marketplace.programmes import queries as programmes
from marketplace.programmes.rules import asked_facts, standard_of
from marketplace.vouchers import queries, rules, service
from marketplace.vouchers.forms import EvidenceForm, FactsForm, NeedForm, OwnApplicationFilter
from marketplace.vouchers.models import Application
from marketplace.vouchers.states import APPLICATION, EvidenceKind
from marketplace.vouchers.views import blueprint

READERS = (*SME, Role.PROGRAMME_OFFICER, Role.ETHICS_OFFICER, Role.AUDITOR)
SORTS = sorts("-number", Application.number)


@blueprint.route("/apply/<uuid:call_id>", methods=["GET", "POST"])
@requires(*SME)
def apply(call_id: UUID) -> ResponseReturnValue:
    """Begin an application: what it takes and what happens afterwards; one per company and call."""
    actor = current_actor()
    call = programmes.get_call(call_id, actor=actor)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            made = service.start_application(call_id, actor=actor)
            return web.done(_("Your application is begun."), url_for(".application_tasks", application_id=made.id))
    live = queries.find_live_application(call_id, actor.organisation_id) if actor.organisation_id else None
    now = clock.now()
    return web.page("vouchers/apply.html", form=form, call=call, live=live, is_open=call.is_open(now), now=now)


@blueprint.get("/applications")
@requires(*SME)
def applications() -> ResponseReturnValue:
    """The company's applications, newest first."""
    form = OwnApplicationFilter(formdata=request.args)
    form.validate()
    chosen = queries.applications_of(current_actor(), status=form.chosen("status"))
    return web.page(
        "vouchers/applications.html",
        form=form,
        listing=paginate(chosen, sorts=SORTS, key=Application.id),
        open_calls=programmes.open_calls(),
        lifecycle=APPLICATION,
    )


@blueprint.get("/applications/<uuid:application_id>/tasks")
@requires(*SME)
def application_tasks(application_id: UUID) -> ResponseReturnValue:
    """The parts of a draft, and which of them are done."""
    application = queries.get_application(application_id, actor=current_actor())
    rules.check_draft(application)
    return web.page(
        "vouchers/application_tasks.html",
        application=application,
        facts_done=not rules.missing_facts(application),
        need_done=bool(application.service_line and application.need),
        evidence_done=any(item.kind == EvidenceKind.BUSINESS_REGISTRATION for item in application.evidence),
        missing=rules.missing(application),
        is_open=application.call.is_open(clock.now()),
    )


@blueprint.route("/applications/<uuid:application_id>/facts", methods=["GET", "POST"])
@requires(*SME)
def application_facts(application_id: UUID) -> ResponseReturnValue:
    """The company facts of a draft."""
    actor = current_actor()
    application = queries.get_application(application_id, actor=actor)
    rules.check_draft(application)
    standard = standard_of(application.call)
    form = FactsForm(asked_facts(standard), data=application.facts)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.save_facts(application_id, form.facts, actor=actor)
            return web.done(_("The company facts are saved."), _tasks(application_id))
    return web.page("vouchers/application_facts.html", form=form, application=application, standard=standard)


@blueprint.route("/applications/<uuid:application_id>/need", methods=["GET", "POST"])
@requires(*SME)
def application_need(application_id: UUID) -> ResponseReturnValue:
    """What the company wants the consulting for."""
    actor = current_actor()
    application = queries.get_application(application_id, actor=actor)
    rules.check_draft(application)
    form = NeedForm(data={"service_line": application.service_line, "need": application.need})
    offered = application.call.programme.service_lines
    form.service_line.choices = [(code, localized(rules.service_line(code))) for code in offered]
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.save_need(
                application_id, actor=actor, service_line=form.service_line.data, need=form.need.data or ""
            )
            return web.done(_("Your need is saved."), _tasks(application_id))
    return web.page("vouchers/application_need.html", form=form, application=application)


@blueprint.route("/applications/<uuid:application_id>/evidence", methods=["GET", "POST"])
@requires(*SME)
def application_evidence(application_id: UUID) -> ResponseReturnValue:
    """The files of a draft; one is added at a time."""
    actor = current_actor()
    application = queries.get_application(application_id, actor=actor)
    rules.check_draft(application)
    form = EvidenceForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            upload = form.file.data
            service.attach_evidence(
                application_id,
                actor=actor,
                stream=upload.stream,
                filename=upload.filename,
                kind=EvidenceKind(form.kind.data),
            )
            return web.done(
                _("The file is saved. You can add another."),
                url_for(".application_evidence", application_id=application_id),
            )
    return web.page(
        "vouchers/application_evidence.html",
        form=form,
        application=application,
        kinds=dict(labelled(EvidenceKind)),
    )


@blueprint.get("/applications/<uuid:application_id>/certificates")
@requires(*SME)
def application_certificates(application_id: UUID) -> ResponseReturnValue:
    """Which of the company's certificates a draft will claim, and which can't count."""
    application = queries.get_application(application_id, actor=current_actor())
    rules.check_draft(application)
    return web.page(
        "vouchers/application_certificates.html",
        application=application,
        certificates=queries.certificate_lines(application),
        certificate_label=certificate_kinds.label,
        closing_day=queries.closing_day(application.call),
    )


@blueprint.get("/evidence/<uuid:evidence_id>")
@requires(*READERS)
def evidence_file(evidence_id: UUID) -> ResponseReturnValue:
    """Download a file of an application."""
    return web.send_stored(queries.get_evidence(evidence_id, actor=current_actor()).file)


@blueprint.route("/evidence/<uuid:evidence_id>/remove", methods=["GET", "POST"])
@requires(*SME)
def evidence_remove(evidence_id: UUID) -> ResponseReturnValue:
    """Take a file out of a draft, after asking once more."""
    actor = current_actor()
    evidence = queries.get_evidence(evidence_id, actor=actor)
    form = ConfirmForm()
    back = url_for(".application_evidence", application_id=evidence.application_id)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.remove_evidence(evidence_id, actor=actor)
            return web.done(_("The file is removed."), back)
    return web.page("vouchers/evidence_remove.html", form=form, evidence=evidence)


def _tasks(application_id: UUID) -> str:
    return url_for(".application_tasks", application_id=application_id)
