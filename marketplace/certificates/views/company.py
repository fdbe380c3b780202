"""A company's pages: its certificates, entering one, answering a refusal, taking one back."""

from __future__ import annotations

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from marketplace.certificates import kinds, queries, rules, service
from marketplace.certificates.forms import AnswerForm, CertificateForm
from marketplace.certificates.states import CERTIFICATE, CertificateStatus
from marketplace.certificates.views.blueprint import blueprint
from marketplace.core import clock
from marketplace.core.actors import SME, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import NotFound
from marketplace.core.forms import ConfirmForm
from marketplace.core.i18n import _
from marketplace.core.web import done, page, send_stored

READERS = (*SME, Role.PROGRAMME_OFFICER, Role.AUDITOR)


@blueprint.get("/certificates")
@requires(*SME)
def certificates() -> ResponseReturnValue:
    """The company's certificates, and what they are good for."""
    held = queries.certificates_of(rules.check_sme(current_actor()))
    shown = [one for one in held if one.status != CertificateStatus.REMOVED]
    return page("certificates/certificates.html", certificates=shown, lifecycle=CERTIFICATE, label=kinds.label)


@blueprint.route("/certificates/new", methods=["GET", "POST"])
@requires(*SME)
def new_certificate() -> ResponseReturnValue:
    """Enter a certificate with its document."""
    form = CertificateForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            upload = form.file.data
            service.record_certificate(
                form.kind.data,
                form.details,
                actor=current_actor(),
                stream=upload.stream,
                filename=upload.filename or "",
            )
            return done(_("The certificate is entered. An officer looks at it."), url_for(".certificates"))
    return page("certificates/new_certificate.html", form=form, terms=kinds.terms())


@blueprint.get("/certificates/<uuid:certificate_id>")
@requires(*READERS)
def certificate(certificate_id: UUID) -> ResponseReturnValue:
    """One certificate: what is known of it, and by whom."""
    actor = current_actor()
    one = queries.get_certificate(certificate_id, actor=actor)
    answerable = one.status == CertificateStatus.REFUSED and (one.answer_by or clock.today()) >= clock.today()
    return page(
        "certificates/certificate.html",
        certificate=one,
        kind=kinds.known(one.kind),
        lifecycle=CERTIFICATE,
        may_answer=actor.role in SME and answerable and one.answer_by is not None,
        may_remove=actor.role in SME and CERTIFICATE.find(one.status, "remove") is not None,
    )


@blueprint.get("/certificates/<uuid:certificate_id>/file")
@requires(*READERS)
def certificate_file(certificate_id: UUID) -> ResponseReturnValue:
    """Download the document of a certificate."""
    file = queries.get_certificate(certificate_id, actor=current_actor()).file
    if file is None:
        raise NotFound()
    return send_stored(file)


@blueprint.route("/certificates/<uuid:certificate_id>/answer", methods=["GET", "POST"])
@requires(*SME)
def certificate_answer(certificate_id: UUID) -> ResponseReturnValue:
    """Answer a refusal, with what was wrong put right."""
    actor = current_actor()
    one = queries.get_certificate(certificate_id, actor=actor)
    CERTIFICATE.move(one.status, "answer")
    rules.check_answerable(one, clock.today())
    stands = {"number": one.number, "grade": one.grade, "valid_from": one.valid_from, "valid_until": one.valid_until}
    form = AnswerForm(data=stands)
    if form.validate_on_submit():
        with form.errors_to_fields():
            upload = form.file.data
            service.answer(
                certificate_id,
                form.details,
                actor=actor,
                reply=form.reply.data or "",
                stream=upload.stream if upload else None,
                filename=(upload.filename or "") if upload else "",
            )
            return done(
                _("Your answer is handed in. An officer looks at the certificate again."), url_for(".certificates")
            )
    return page("certificates/certificate_answer.html", form=form, certificate=one, kind=kinds.known(one.kind))


@blueprint.route("/certificates/<uuid:certificate_id>/remove", methods=["GET", "POST"])
@requires(*SME)
def certificate_remove(certificate_id: UUID) -> ResponseReturnValue:
    """Take back a certificate that nobody verified, after asking once more."""
    actor = current_actor()
    one = queries.get_certificate(certificate_id, actor=actor)
    CERTIFICATE.move(one.status, "remove")
    form = ConfirmForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.remove(certificate_id, actor=actor)
            return done(_("The certificate is taken back."), url_for(".certificates"))
    return page("certificates/certificate_remove.html", form=form, certificate=one, kind=kinds.known(one.kind))
