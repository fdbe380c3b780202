"""The officers' pages for one claim: check, return, approve."""

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from marketplace.claims import queries, service
from marketplace.claims.forms import ApproveForm, CheckForm, ReturnForm
from marketplace.claims.views.blueprint import blueprint
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.i18n import _
from marketplace.core.web import done, page


@blueprint.route("/claims/<uuid:claim_id>/check", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER)
def check_claim(claim_id: UUID) -> ResponseReturnValue:
    """Run the checks and pass the claim on to another officer."""
    actor = current_actor()
    found = queries.get_claim(claim_id, actor=actor)
    form = CheckForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.check_claim(claim_id, actor=actor)
            return done(_("All checks have passed. Another officer approves the claim now."), _back(claim_id))
    return page("claims/check_claim.html", form=form, claim=found)


@blueprint.route("/claims/<uuid:claim_id>/return", methods=["GET", "POST"])
@requires(Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER)
def return_claim(claim_id: UUID) -> ResponseReturnValue:
    """Send a claim back with everything that is missing."""
    actor = current_actor()
    found = queries.get_claim(claim_id, actor=actor)
    form = ReturnForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.return_claim(claim_id, actor=actor, reasons=form.reasons.data.split("\n"))
            return done(_("The claim is returned to the provider."), _back(claim_id))
    return page("claims/return_claim.html", form=form, claim=found)


@blueprint.route("/claims/<uuid:claim_id>/approve", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def approve_claim(claim_id: UUID) -> ResponseReturnValue:
    """Approve what another person checked."""
    actor = current_actor()
    found = queries.get_claim(claim_id, actor=actor)
    form = ApproveForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            service.approve_claim(claim_id, actor=actor)
            return done(_("The claim is approved. It waits for the next payment batch."), _back(claim_id))
    return page("claims/approve_claim.html", form=form, claim=found)


def _back(claim_id: UUID) -> str:
    return url_for(".claim", claim_id=claim_id)
