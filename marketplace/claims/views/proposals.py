"""Pages of money that belongs to no payment: one officer proposes what it is, another one confirms."""

from uuid import UUID

from flask import url_for
from flask.typing import ResponseReturnValue

from marketplace.claims import queries, service
from marketplace.claims.forms import ProposalForm, ProposeForm
from marketplace.claims.rules import note_words
from marketplace.claims.states import AssignmentKind
from marketplace.claims.views.blueprint import blueprint
from marketplace.core.actors import Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.i18n import _
from marketplace.core.web import done, page


@blueprint.route("/bank-entries/<uuid:entry_id>/propose", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def propose_entry(entry_id: UUID) -> ResponseReturnValue:
    """Propose that a movement is a funder's money, or interest."""
    entry = queries.get_entry(entry_id)
    form = ProposeForm()
    if form.validate_on_submit():
        with form.errors_to_fields():
            kind = AssignmentKind(form.kind.data)
            service.propose(entry_id, actor=current_actor(), kind=kind, reason=form.reason.data)
            return done(_("It is proposed. Another budget officer confirms it."), url_for(".bank_imports"))
    return page("claims/propose_entry.html", form=form, entry=entry, note_words=note_words)


@blueprint.route("/bank-proposals/<uuid:proposal_id>", methods=["GET", "POST"])
@requires(Role.BUDGET_OFFICER)
def decide_proposal(proposal_id: UUID) -> ResponseReturnValue:
    """Confirm what a colleague proposed, or refuse it."""
    proposal, proposer = queries.proposal_shown(proposal_id)
    form = ProposalForm()
    is_own = proposal.proposed_by == current_actor().person_id
    if is_own:
        form.decision.choices = [("refuse", _("Withdraw, somebody looks again"))]
    if form.validate_on_submit():
        with form.errors_to_fields():
            if form.decision.data == "confirm":
                service.confirm_proposal(proposal_id, actor=current_actor(), key=str(form.key.data))
                return done(_("It is booked. The movement is explained."), url_for(".bank_imports"))
            service.refuse_proposal(proposal_id, actor=current_actor(), reason=form.reason.data or "")
            return done(_("It is refused. The movement waits to be explained."), url_for(".bank_imports"))
    return page(
        "claims/decide_proposal.html",
        form=form,
        proposal=proposal,
        proposer=proposer,
        is_own=is_own,
        entry=proposal.entry,
        note_words=note_words,
    )
