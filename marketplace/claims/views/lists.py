"""The list of claims, and one claim as the provider and the officers see it."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries as accounts
from marketplace.claims import queries
from marketplace.claims.forms import ClaimFilter
from marketplace.claims.models import Claim
from marketplace.claims.rules import CHECKS, RETURN_REASONS, SIGNALS, next_step
from marketplace.claims.states import CLAIM, LINE, ClaimStatus, LineStatus
from marketplace.claims.views import progress
from marketplace.claims.views.blueprint import blueprint
from marketplace.core import clock, exports
from marketplace.core.actors import AGENCY, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import NotFound
from marketplace.core.i18n import _, money
from marketplace.core.web import page, paginate, send_stored
from marketplace.engagements import queries as engagements

READERS = (
    Role.MANAGER,
    Role.PROGRAMME_OFFICER,
    Role.BUDGET_OFFICER,
    Role.ETHICS_OFFICER,
    Role.ADMINISTRATOR,
    Role.AUDITOR,
)
SORTS = {
    "-submitted_at": Claim.submitted_at,
    "submitted_at": Claim.submitted_at,
    "number": Claim.number,
    "-net_amount": Claim.net_amount,
}
COLUMNS = [
    (_("Number"), lambda row: row.number),
    (_("Net amount"), lambda row: row.net_amount),
    (_("Aid"), lambda row: row.aid),
    (_("Own share"), lambda row: row.co_payment),
    (_("Currency"), lambda row: row.currency),
    (_("Invoice number"), lambda row: row.invoice_number),
    (_("Handed in"), lambda row: row.submitted_at),
    (_("Approved"), lambda row: row.approved_at),
    (_("Approved amount"), lambda row: row.approved_amount),
    (_("Paid"), lambda row: row.paid_at),
    (_("Status"), lambda row: str(CLAIM.label(row.status))),
    (_("In this state since"), lambda row: row.since),
    (_("Next step"), progress.next_words),
    (_("Who acts"), progress.who_acts),
    (_("Due by"), progress.due),
]


@blueprint.get("/claims")
@requires(*READERS)
def claims() -> ResponseReturnValue:
    """Claims of one's own firm, or all; a provider finds what it can claim on top."""
    actor = current_actor()
    text, status = request.args.get("search", "").strip()[:100], ClaimStatus.of(request.args.get("status"))
    query = queries.search_claims(actor, status=status, text=text)
    if exports.requested_format():
        rows = query.order_by(Claim.submitted_at.desc(), Claim.id)
        return exports.export(rows, COLUMNS, "claims")
    shown = query.add_columns(accounts.name_of(Claim.provider_id).label("provider"))
    to_claim = queries.engagements_to_claim(actor.organisation_id) if actor.role is Role.MANAGER else []
    return page(
        "claims/claims.html",
        listing=paginate(shown, sorts=SORTS, key=Claim.id),
        to_claim=to_claim,
        due=progress.due,
        now=clock.now(),
        next_step=next_step,
        lifecycle=CLAIM,
        form=ClaimFilter(request.args),
    )


@blueprint.get("/claims/<uuid:claim_id>/invoice")
@requires(*READERS)
def invoice(claim_id: UUID) -> ResponseReturnValue:
    """The invoice that was handed in with a claim."""
    stored = queries.get_claim(claim_id, actor=current_actor()).invoice_file
    if stored is None:
        raise NotFound()
    return send_stored(stored)


@blueprint.get("/claims/<uuid:claim_id>")
@requires(*READERS)
def claim(claim_id: UUID) -> ResponseReturnValue:
    """One claim: where it stands, since when, and what comes next."""
    actor = current_actor()
    shown = queries.claim_shown(claim_id, actor=actor)
    claim: Claim = shown.Claim
    attempts = queries.attempts_shown(claim)
    assessments = queries.assessments_of(claim_id) if actor.role in AGENCY else []
    deductions = queries.deductions_of(claim_id) if shown.kept_back else []
    return page(
        "claims/claim.html",
        claim=claim,
        shown=shown,
        lines=queries.lines_shown(claim_id),
        assessments=assessments,
        signals={row.id: [SIGNALS[code] for code in row.signals] for row in assessments},
        line=next((line for line in attempts if line.status in (LineStatus.PENDING, LineStatus.PAID)), None),
        deductions=deductions,
        kept_back=[
            _(
                "%(amount)s for %(reference)s",
                amount=money(deduction.amount, claim.currency),
                reference=deduction.reference,
            )
            for deduction in deductions
        ],
        attempts_to_pay=attempts,
        return_words=RETURN_REASONS,
        steps=progress.steps(claim),
        due=progress.due(claim),
        next_step=next_step(claim),
        checks=CHECKS,
        likenesses=engagements.likenesses_of(claim.engagement_id)
        if shown.resembles_another and actor.role in AGENCY
        else [],
        documents=engagements.deliverables_shown(claim.engagement_id) if actor.role in AGENCY else [],
        lifecycle=CLAIM,
        line_lifecycle=LINE,
    )
