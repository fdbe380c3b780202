"""The officers' pages for one claim: check, return, approve, approve as the second, take back, refuse."""

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries as accounts
from marketplace.claims import queries, service
from marketplace.claims.forms import CheckForm, CountersignForm, ReturnForm, approve_form, cuts_in
from marketplace.claims.states import ClaimStatus
from marketplace.claims.views.blueprint import blueprint
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.forms import ReasonForm
from marketplace.core.i18n import _
from marketplace.core.web import done, page

APPROVED = {
    ClaimStatus.APPROVED: _("The claim is approved. It waits for the next payment batch."),
    ClaimStatus.FIRST_APPROVED: _("Your approval is kept. Another budget officer approves the claim as the second."),
}
COUNTERSIGNED = _("The claim is approved. You or the first approver prepare the payment batch; a third sends it.")


@blueprint.route("/claims/<uuid:claim_id>/check", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER)
def check_claim(claim_id: UUID) -> ResponseReturnValue:
    """Run the checks and pass the claim on to another officer."""
    actor = current_actor()
    claim = queries.get_claim(claim_id, actor=actor)
    form = CheckForm()
    form.shows(claim.lines)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.check_claim(claim_id, actor=actor)
            return done(_("All checks have passed. Another officer approves the claim now."), _back(claim_id))
    return page("claims/check_claim.html", form=form, claim=claim)


@blueprint.route("/claims/<uuid:claim_id>/return", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER)
def return_claim(claim_id: UUID) -> ResponseReturnValue:
    """Send a claim back with everything that is missing."""
    actor = current_actor()
    claim = queries.get_claim(claim_id, actor=actor)
    form = ReturnForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.return_claim(claim_id, actor=actor, reasons=form.reasons.data.split("\n"))
            return done(_("The claim is returned to the firm."), _back(claim_id))
    return page("claims/return_claim.html", form=form, claim=claim)


@blueprint.route("/claims/<uuid:claim_id>/approve", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def approve_claim(claim_id: UUID) -> ResponseReturnValue:
    """Approve what another person checked, whole or in part."""
    actor = current_actor()
    claim = queries.get_claim(claim_id, actor=actor)
    form = approve_form(claim)
    form.shows(claim.lines)
    if form.validate_on_submit():
        with form.errors_to_fields():
            lines = cuts_in(form, claim)
            approved = service.approve_claim(claim_id, actor=actor, lines=lines, key=str(form.key.data))
            return done(APPROVED[approved.status], _back(claim_id))
    return page("claims/approve_claim.html", form=form, claim=claim)


@blueprint.route("/claims/<uuid:claim_id>/countersign", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def countersign_claim(claim_id: UUID) -> ResponseReturnValue:
    """Approve a large claim as the second officer."""
    actor = current_actor()
    claim = queries.get_claim(claim_id, actor=actor)
    form = CountersignForm()
    form.shows(claim.lines)
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.countersign_claim(claim_id, actor=actor, key=str(form.key.data))
            return done(COUNTERSIGNED, _back(claim_id))
    people = accounts.names([claim.first_approved_by])
    return page("claims/countersign_claim.html", form=form, claim=claim, people=people)


@blueprint.route("/claims/<uuid:claim_id>/reconsider", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def reconsider_claim(claim_id: UUID) -> ResponseReturnValue:
    """Take a first approval back."""
    actor = current_actor()
    claim = queries.get_claim(claim_id, actor=actor)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.reconsider_claim(claim_id, actor=actor, reason=form.reason.data)
            return done(_("The first approval is taken back. The claim waits for approval again."), _back(claim_id))
    return page("claims/reconsider_claim.html", form=form, claim=claim)


@blueprint.route("/claims/<uuid:claim_id>/refuse", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def refuse_claim(claim_id: UUID) -> ResponseReturnValue:
    """Pay nothing, with a reason."""
    actor = current_actor()
    claim = queries.get_claim(claim_id, actor=actor)
    form = ReasonForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.refuse_claim(claim_id, actor=actor, reason=form.reason.data, key=str(form.key.data))
            return done(_("The claim is refused. The firm is told the reason."), _back(claim_id))
    return page("claims/refuse_claim.html", form=form, claim=claim)


def _back(claim_id: UUID) -> str:
    return url_for(".claim", claim_id=claim_id)
