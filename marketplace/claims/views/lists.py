"""The list of claims, and one claim as the provider and the officers see it."""

from uuid import UUID

from flask import request
from flask.typing import ResponseReturnValue

from marketplace.accounts.exported import PARTIES
from marketplace.claims import queries
from marketplace.claims.forms import ClaimFilter
from marketplace.claims.models import Claim
from marketplace.claims.rules import CHECKS, RETURN_REASONS, SIGNALS, next_step
from marketplace.claims.states import CLAIM, LINE, ClaimStatus, ClaimWaiting, LineStatus
from marketplace.claims.views import progress
from marketplace.claims.views.blueprint import blueprint
from marketplace.core import clock, exports
from marketplace.core.actors import AGENCY, Role
from marketplace.core.auth import current_actor, requires
from marketplace.core.errors import NotFound
from marketplace.core.i18n import _, money
from marketplace.core.listings import in_order, paginate, sorts
from marketplace.core.money import Money
from marketplace.core.web import page, send_stored
from marketplace.engagements import queries as engagements

READERS = (
    Role.MANAGER,
    Role.PROGRAMME_OFFICER,
    Role.BUDGET_OFFICER,
    Role.ETHICS_OFFICER,
    Role.ADMINISTRATOR,
    Role.AUDITOR,
)
SORTS = sorts("-submitted_at", Claim.submitted_at, Claim.number, Claim.net_amount)
COLUMNS = [
    (_("Number"), lambda row: row.Claim.number),
    *PARTIES,
    (_("Currency"), lambda row: row.Claim.currency),
    (_("Net amount"), lambda row: Money(row.Claim.net_amount, row.Claim.currency)),
    (_("Aid"), lambda row: Money(row.Claim.aid, row.Claim.currency)),
    (_("Own share"), lambda row: Money(row.Claim.co_payment, row.Claim.currency)),
    (_("Invoice number"), lambda row: row.Claim.invoice_number),
    (_("Invoice with tax"), lambda row: Money(row.Claim.invoice_gross, row.Claim.currency)),
    (_("Status"), lambda row: str(CLAIM.label(row.Claim.status))),
    (_("In this state since"), lambda row: row.Claim.since),
    (_("Next step"), lambda row: progress.next_words(row.Claim)),
    (_("Who acts"), lambda row: progress.who_acts(row.Claim)),
    (_("Due by"), lambda row: progress.due(row.Claim)),
    (_("Handed in"), lambda row: row.Claim.submitted_at),
    (_("Returned with questions"), lambda row: row.Claim.returned_at),
    (_("Answered"), lambda row: row.Claim.resubmitted_at),
    (_("Checked"), lambda row: row.Claim.checked_at),
    (_("Checked by"), lambda row: row.checked_by),
    (_("First approved"), lambda row: row.Claim.first_approved_at),
    (_("First approved by"), lambda row: row.first_approved_by),
    (_("Approved"), lambda row: row.Claim.approved_at),
    (_("Approved by"), lambda row: row.approved_by),
    (_("Approved amount"), lambda row: _approved(row.Claim)),
    (_("In a batch"), lambda row: row.Claim.batched_at),
    (_("Paid"), lambda row: row.Claim.paid_at),
    (_("Sent back by the bank"), lambda row: row.Claim.bounced_at),
    (_("Refused"), lambda row: row.Claim.refused_at),
    (_("Withdrawn"), lambda row: row.Claim.withdrawn_at),
]


@blueprint.get("/claims")
@requires(*READERS)
def claims() -> ResponseReturnValue:
    """Claims of one's own firm, or all; a provider finds what it can claim on top."""
    actor = current_actor()
    form = ClaimFilter(formdata=request.args)
    if actor.role is not Role.BUDGET_OFFICER:
        del form.waiting
    form.validate()
    query = queries.search_claims(
        actor,
        status=ClaimStatus.of(form.chosen("status")),
        waiting=ClaimWaiting.of(form.chosen("waiting")),
        text=form.chosen("search"),
    )
    if exports.requested_format():
        rows = in_order(query.add_columns(*queries.EXPORTED_CLAIM), SORTS, key=Claim.id)
        return exports.export(rows, COLUMNS, "claims", _("Claims"))
    to_claim = queries.engagements_to_claim(actor.organisation_id) if actor.role is Role.MANAGER else []
    return page(
        "claims/claims.html",
        listing=paginate(query.with_only_columns(*queries.LISTED_CLAIM), sorts=SORTS, key=Claim.id),
        to_claim=to_claim,
        due=progress.due,
        now=clock.now(),
        next_step=next_step,
        lifecycle=CLAIM,
        form=form,
    )


def _approved(claim: Claim) -> Money | None:
    return None if claim.approved_amount is None else Money(claim.approved_amount, claim.currency)


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
