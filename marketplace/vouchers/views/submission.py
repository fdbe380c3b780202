"""The SME's pages of handing in: check, submit, receipt, what happens next, withdraw."""

from __future__ import annotations

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from marketplace.certificates import kinds as certificate_kinds
from marketplace.core import clock, web
from marketplace.core.actors import SME
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _
from marketplace.core.states import labelled
from marketplace.programmes.rules import assess, standard_of
from marketplace.verification.queries import is_verified
from marketplace.vouchers import queries, rules, service
from marketplace.vouchers.forms import SubmitForm
from marketplace.vouchers.states import APPLICATION, ApplicationStatus, EvidenceKind
from marketplace.vouchers.views import blueprint
from marketplace.vouchers.views.applications import READERS


@blueprint.route("/applications/<uuid:application_id>/check", methods=["GET", "POST"])
@requires(*SME)
def application_check(application_id: UUID) -> ResponseReturnValue:
    """All answers on one page; the signatory confirms the declarations and submits."""
    actor = current_actor()
    application = queries.get_application(application_id, actor=actor)
    rules.check_draft(application)
    form = SubmitForm()
    certificates = queries.certificate_lines(application)
    form.shows(application.evidence, certificates)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.submit(application_id, actor=actor, declarations=form.declared)
            return web.done(
                _("Your application is submitted."), url_for(".application_receipt", application_id=application_id)
            )
    return web.page(
        "vouchers/application_check.html",
        form=form,
        application=application,
        helper=queries.helper_name(application),
        programme=application.call.programme,
        missing=rules.missing(application),
        assessment=assess(standard_of(application.call), application.facts),
        kinds=dict(labelled(EvidenceKind)),
        certificates=certificates,
        certificate_label=certificate_kinds.label,
    )


@blueprint.get("/applications/<uuid:application_id>/receipt")
@requires(*SME)
def application_receipt(application_id: UUID) -> ResponseReturnValue:
    """The numbered receipt of a submitted application."""
    application = queries.get_application(application_id, actor=current_actor())
    rules.check_submitted(application)
    return web.page("vouchers/application_receipt.html", application=application)


@blueprint.get("/applications/<uuid:application_id>")
@requires(*READERS)
def application_status(application_id: UUID) -> ResponseReturnValue:
    """Where an application stands, what happens next and when."""
    actor = current_actor()
    application = queries.get_application(application_id, actor=actor, whole=True)
    linked = queries.linked_in_answer(application_id) if application.reason else None
    return web.page(
        "vouchers/application_status.html",
        application=application,
        helper=queries.helper_name(application),
        programme=application.call.programme,
        position=queries.waitlist_position(application),
        assessment=queries.newest_assessment(application.id),
        standard=standard_of(application.call),
        allocation=queries.find_allocation(application.call_id),
        reason=rules.in_words(application.reason, linked),
        lifecycle=APPLICATION,
        kinds=dict(labelled(EvidenceKind)),
        certificates=queries.certificate_lines(application),
        certificate_label=certificate_kinds.label,
        declarations=rules.DECLARATIONS,
        may_withdraw=actor.role in SME and APPLICATION.find(application.status, "withdraw") is not None,
        closed=application.call.closes_at <= clock.now(),
        verified=application.status != ApplicationStatus.OFFERED or is_verified(application.organisation_id),
    )


@blueprint.route("/applications/<uuid:application_id>/withdraw", methods=["GET", "POST"])
@requires(*SME)
def application_withdraw(application_id: UUID) -> ResponseReturnValue:
    """Take an application back, after asking once more."""
    actor = current_actor()
    application = queries.get_application(application_id, actor=actor)
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.withdraw(application_id, actor=actor)
            return web.done(_("The application is withdrawn."), url_for(".applications"))
    return web.page("vouchers/application_withdraw.html", form=form, application=application)
