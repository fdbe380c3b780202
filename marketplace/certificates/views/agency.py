"""The agency's pages: the queue of certificates, a decision about one, issuers' lists."""

from __future__ import annotations

from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts.business_number import written
from marketplace.certificates import kinds, queries, service
from marketplace.certificates.forms import REFUSE, CertificateFilter, DecisionForm, ListForm, RevocationForm
from marketplace.certificates.issuer_lists import ODD
from marketplace.certificates.models import Certificate, CertificateImport
from marketplace.certificates.states import CERTIFICATE, Level
from marketplace.certificates.views.blueprint import blueprint
from marketplace.core import clock
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.exports import Column, export, requested_format
from marketplace.core.i18n import _, localized
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.web import done, page, send_stored

READERS = (Role.PROGRAMME_OFFICER, Role.AUDITOR)
SORTS = sorts("look_by", Certificate.look_by, Certificate.recorded_at, Certificate.valid_until)
LIST_SORTS = sorts("-taken_at", CertificateImport.taken_at)
COLUMNS: list[Column] = [
    (_("Company"), lambda row: row.company),
    (_("Business number"), lambda row: written(row.business_number) if row.business_number else ""),
    (_("Certificate"), lambda row: localized(kinds.label(row.kind))),
    (_("Number"), lambda row: row.number),
    (_("Grade"), lambda row: row.grade or ""),
    (_("Valid from"), lambda row: row.valid_from),
    (_("Valid until (last day)"), lambda row: row.valid_until),
    (_("Status"), lambda row: str(row.status.label)),
    (_("How it is known"), lambda row: str(row.evidence_level.label)),
    (_("Look at it by"), lambda row: row.look_by),
    (_("Entered"), lambda row: row.recorded_at),
    (_("Verified"), lambda row: row.verified_at),
    (_("Revoked"), lambda row: row.revoked_on),
]
LIST_COLUMNS: list[Column] = [
    (_("Taken in"), lambda row: row.taken_at),
    (_("Certificate"), lambda row: localized(kinds.label(row.kind))),
    (_("Officer"), lambda row: row.officer),
    (_("File"), lambda row: row.file),
    (_("New"), lambda row: row.added),
    (_("Verified"), lambda row: row.confirmed),
    (_("Corrected"), lambda row: row.corrected),
    (_("Revoked"), lambda row: row.revoked),
    (_("Unchanged"), lambda row: row.unchanged),
    (_("Not registered here"), lambda row: row.elsewhere),
    (_("Set aside"), lambda row: row.set_aside),
]
ODD_COLUMNS: list[Column] = [
    (_("Row"), lambda odd: odd["line"]),
    (_("What it says"), lambda odd: odd["said"]),
    (_("Why it was not taken"), lambda odd: ODD[odd["why"]]),
]


@blueprint.get("/certificates/queue")
@requires(*READERS)
def queue() -> ResponseReturnValue:
    """Every certificate of every company; what waits the longest first."""
    form = CertificateFilter(formdata=request.args)
    form.validate()
    chosen = queries.search(status=form.chosen("status"), kind=form.chosen("kind"), text=form.chosen("search"))
    if requested_format():
        return export(
            in_order(chosen, SORTS, key=Certificate.id),
            COLUMNS,
            "certificates",
            _("Certificates of companies"),
        )
    listed = paginate(chosen, sorts=SORTS, key=Certificate.id)
    return page("certificates/queue.html", form=form, listed=listed, lifecycle=CERTIFICATE, label=kinds.label)


@blueprint.route("/certificates/<uuid:certificate_id>/review", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def certificate_review(certificate_id: UUID) -> ResponseReturnValue:
    """Verify a certificate, or refuse it with a reason."""
    actor = current_actor()
    one = queries.get_certificate(certificate_id, actor=actor)
    CERTIFICATE.move(one.status, "verify")
    kind, same = kinds.known(one.kind), queries.same_number(one)
    form = DecisionForm()
    form.shows(same)
    if form.validate_on_submit():
        with form.errors_to_fields():
            if form.decision.data == REFUSE:
                service.refuse(certificate_id, actor=actor, reason=form.reason.data or "")
                words = _("The certificate is not verified. The company is told why.")
            else:
                service.verify(certificate_id, actor=actor, level=Level(form.decision.data))
                words = _("The certificate is verified. The company is told.")
            return done(words, url_for(".queue", status=CERTIFICATE.initial))
    return page(
        "certificates/certificate_review.html",
        form=form,
        certificate=one,
        kind=kind,
        same_number=same,
        usual_end=kind.usual_end(one.valid_from),
        written=written,
    )


@blueprint.route("/certificates/<uuid:certificate_id>/revoke", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def certificate_revoke(certificate_id: UUID) -> ResponseReturnValue:
    """Note that its issuer revoked a certificate."""
    actor = current_actor()
    one = queries.get_certificate(certificate_id, actor=actor)
    CERTIFICATE.move(one.status, "revoke")
    form = RevocationForm(data={"revoked_on": clock.today()})
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.revoke(certificate_id, actor=actor, revoked_on=form.revoked_on.data, reason=form.reason.data or "")
            return done(
                _("The revocation is noted. The company is told."),
                url_for(".certificate", certificate_id=certificate_id),
            )
    return page("certificates/certificate_revoke.html", form=form, certificate=one, kind=kinds.known(one.kind))


@blueprint.get("/certificates/lists")
@requires(*READERS)
def lists() -> ResponseReturnValue:
    """The issuers' lists that were taken in."""
    chosen = queries.imports()
    if requested_format():
        rows = in_order(chosen, LIST_SORTS, key=CertificateImport.id)
        return export(rows, LIST_COLUMNS, "issuers-lists", _("Issuers' lists so far"))
    listed = paginate(chosen, sorts=LIST_SORTS, key=CertificateImport.id)
    return page("certificates/lists.html", listed=listed, label=kinds.label)


@blueprint.route("/certificates/lists/new", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def new_list() -> ResponseReturnValue:
    """Take in an issuer's list."""
    form = ListForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            upload = form.file.data
            taken = service.take_list(
                form.kind.data, actor=current_actor(), stream=upload.stream, filename=upload.filename or ""
            )
            return done(_("The list is taken in."), url_for(".issuer_list", list_id=taken.id))
    return page("certificates/new_list.html", form=form, headings=kinds.terms().headings)


@blueprint.get("/certificates/lists/<uuid:list_id>")
@requires(*READERS)
def issuer_list(list_id: UUID) -> ResponseReturnValue:
    """What an issuer's list changed, and the rows that were set aside with why."""
    taken = queries.get_import(list_id)
    if requested_format():
        return export(taken.odd, ODD_COLUMNS, "rows-set-aside", _("Rows that were set aside"))
    return page("certificates/issuer_list.html", taken=taken, label=kinds.label, odd_words=ODD)


@blueprint.get("/certificates/lists/<uuid:list_id>/file")
@requires(*READERS)
def list_file(list_id: UUID) -> ResponseReturnValue:
    """Download an issuer's list as it came."""
    return send_stored(queries.get_import(list_id).file)
