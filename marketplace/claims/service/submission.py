"""The provider's verbs: claim, hand in again, withdraw."""

from collections.abc import Sequence
from uuid import UUID

from config.claims import Handling, handling
from marketplace.claims import deadlines, queries, rules
from marketplace.claims.models import Claim, ClaimLine
from marketplace.claims.service.assessment import assess
from marketplace.claims.service.escalation import wind
from marketplace.claims.service.straight_through import pass_claim
from marketplace.claims.states import CLAIM, RiskOccasion, Route
from marketplace.core import clock, db, files
from marketplace.core.actors import Actor
from marketplace.core.audit import record, transition
from marketplace.core.tasks import schedule
from marketplace.engagements.models import Engagement


def submit_claim(
    engagement_id: UUID,
    *,
    actor: Actor,
    stage_ids: Sequence[UUID],
    invoice_number: str,
    invoice_gross: int,
    invoice: files.Upload | None = None,
) -> Claim:
    """Ask to be paid for accepted stages: the net amount agreed for them, whatever the invoice's total is."""
    engagement = db.get(Engagement, engagement_id, lock=True)
    rules.check_claims_for(engagement.provider_id, actor)
    stages = queries.stages_by_id(stage_ids)
    rules.check_stages(engagement, stages, stage_ids)
    net_amount = sum(stage.agreed.price_net for stage in stages)
    rules.check_invoice(net_amount, invoice_gross)
    now, limits = clock.now(), handling(clock.today())
    claim = Claim(
        number=db.next_number("CLM"),
        engagement_id=engagement_id,
        provider_id=engagement.provider_id,
        currency=engagement.agreement.currency,
        net_amount=net_amount,
        aid=sum(stage.agreed.aid for stage in stages),
        co_payment=sum(stage.agreed.co_payment for stage in stages),
        invoice_number=invoice_number,
        invoice_gross=invoice_gross,
        invoice_file=files.keep(invoice, actor=actor),
        status=CLAIM.initial,
        submitted_by=actor.person_id,
        submitted_at=now,
        clock_starts_at=now,
        requests=0,
        needs_two=net_amount >= limits.second_approval_from.get(engagement.agreement.currency, 0),
        device_hash=actor.device_hash,
    )
    claim.lines = [
        ClaimLine(stage_id=stage.id, aid=stage.agreed.aid, co_payment=stage.agreed.co_payment) for stage in stages
    ]
    db.session.add(claim)
    db.flush()
    record(actor, "claim.submit", claim, after={"net_amount": net_amount, "invoice_gross": invoice_gross})
    _choose_route(claim, limits)
    return claim


def resubmit_claim(
    claim_id: UUID,
    *,
    actor: Actor,
    answer: str,
    invoice_number: str,
    invoice_gross: int,
    invoice: files.Upload | None = None,
) -> Claim:
    """Answer the one request and hand the claim in again; it keeps its number, and its clock goes on."""
    claim = db.get(Claim, claim_id, lock=True)
    rules.check_claims_for(claim.provider_id, actor)
    rules.check_invoice(claim.net_amount, invoice_gross)
    claim.answer = rules.check_answer(answer)
    claim.invoice_number = invoice_number
    claim.invoice_gross = invoice_gross
    claim.invoice_file = files.keep(invoice, actor=actor) or claim.invoice_file
    transition(claim, CLAIM, "resubmit", actor=actor, invoice_gross=invoice_gross)
    if claim.returned_at and claim.resubmitted_at:
        claim.clock_starts_at = deadlines.restarted(
            claim.clock_starts_at, stopped_at=claim.returned_at, answered_at=claim.resubmitted_at
        )
    db.flush()
    wind(claim)
    return claim


def withdraw_claim(claim_id: UUID, *, actor: Actor) -> Claim:
    """Take a claim back before it is checked; its stages can be claimed anew."""
    claim = db.get(Claim, claim_id, lock=True)
    rules.check_claims_for(claim.provider_id, actor)
    transition(claim, CLAIM, "withdraw", actor=actor)
    for line in claim.lines:
        line.withdrawn_at = claim.withdrawn_at
    db.flush()
    return claim


def _choose_route(claim: Claim, limits: Handling) -> None:
    claim.route = assess(claim, occasion=RiskOccasion.SUBMISSION).route
    db.flush()
    wind(claim)
    if claim.route == Route.STRAIGHT_THROUGH:
        at = clock.add_working_days(claim.submitted_at, limits.straight_through_days)
        schedule(pass_claim, claim_id=claim.id, run_after=at)
