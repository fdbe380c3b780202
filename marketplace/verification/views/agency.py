"""The agency's pages: the queue of companies to verify, a decision about one, the end of a verification."""

from __future__ import annotations

from uuid import UUID

from flask import request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries as accounts
from marketplace.accounts.business_number import written
from marketplace.accounts.exported import written_number
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.exports import Column, export, requested_format
from marketplace.core.i18n import _
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.web import done, page
from marketplace.verification import queries, rules, service
from marketplace.verification.forms import YES, DecisionForm, EndForm, VerificationFilter
from marketplace.verification.models import Verification
from marketplace.verification.states import VERIFICATION, VerificationStatus
from marketplace.verification.views.blueprint import blueprint

SORTS = sorts("-handed_in_at", Verification.handed_in_at, Verification.look_by)
COLUMNS: list[Column] = [
    (_("Company"), lambda row: row.name),
    (_("Business number"), lambda row: written_number(row.business_number)),
    (_("Representative"), lambda row: row.representative_name),
    (_("Status"), lambda row: str(row.status.label)),
    (_("How it is known"), lambda row: str(row.evidence.label) if row.evidence else ""),
    (_("What the register says"), lambda row: str(row.register_answer.label) if row.register_answer else ""),
    (_("In dispute"), lambda row: _("yes") if row.disputed else ""),
    (_("Handed in"), lambda row: row.handed_in_at),
    (_("Look at it by"), lambda row: row.look_by),
    (_("Verified"), lambda row: row.confirmed_at),
    (_("Refused"), lambda row: row.refused_at),
    (_("Ended"), lambda row: row.ended_at),
]


@blueprint.get("/verification/queue")
@requires(*rules.READERS)
def queue() -> ResponseReturnValue:
    """Everything that companies and firms handed in; what waits the longest first."""
    form = VerificationFilter(formdata=request.args)
    form.validate()
    chosen = queries.search(status=form.chosen("status"), kind=form.chosen("kind"), text=form.chosen("search"))
    if requested_format():
        rows = in_order(chosen, SORTS, key=Verification.id)
        return export(rows, COLUMNS, "verifications", _("Verification of companies"))
    listed = paginate(chosen, sorts=SORTS, key=Verification.id)
    return page("verification/queue.html", form=form, listed=listed, lifecycle=VERIFICATION, written=written)


@blueprint.route("/verification/<uuid:verification_id>", methods=["GET", "POST"])
@requires(*rules.READERS)
def review(verification_id: UUID) -> ResponseReturnValue:
    """Compare what was handed in with the business registration, and verify the company or say why not."""
    actor = current_actor()
    one = queries.get_verification(verification_id, actor=actor)
    form, same = DecisionForm(), queries.same_name(one)
    form.shows(same)
    if form.is_submitted():
        rules.check_officer(actor)
    if form.validate_on_submit():
        with form.errors_to_fields():
            if form.decision.data == YES:
                service.confirm(verification_id, actor=actor)
                words = _("The company is verified. It is told.")
            else:
                service.refuse(verification_id, actor=actor, reason=form.reason.data or "")
                words = _("The company is not verified. It is told why.")
            return done(words, url_for(".queue", status=VERIFICATION.initial))
    return page(
        "verification/review.html",
        form=form,
        one=one,
        same_name=same,
        dispute=queries.find_dispute(one.organisation_id),
        signatories=accounts.people_of(one.organisation_id, rules.BINDING),
        lifecycle=VERIFICATION,
        written=written,
        decides=actor.role is Role.PROGRAMME_OFFICER and one.status == VerificationStatus.WAITING,
        ends=actor.role is Role.PROGRAMME_OFFICER and one.status == VerificationStatus.CONFIRMED,
    )


@blueprint.route("/verification/<uuid:verification_id>/end", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER)
def end(verification_id: UUID) -> ResponseReturnValue:
    """End a verification that turned out wrong."""
    actor = current_actor()
    one = queries.get_verification(verification_id, actor=actor)
    VERIFICATION.move(one.status, "end")
    form = EndForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.end(verification_id, actor=actor, reason=form.reason.data or "")
            return done(
                _("The verification has ended. The company is told."), url_for(".review", verification_id=one.id)
            )
    return page("verification/end.html", form=form, one=one)
