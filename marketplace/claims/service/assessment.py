"""Decides which way a claim goes, from plain facts and a recorded draw, and keeps the decision."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import timedelta

from config.claims import Risk, handling
from marketplace.claims import queries, risk, rules
from marketplace.claims.models import Claim, ClaimAssessment
from marketplace.claims.states import RiskOccasion
from marketplace.core import clock, db
from marketplace.providers import queries as providers


def assess(claim: Claim, *, occasion: RiskOccasion, failed: Sequence[str] = ()) -> ClaimAssessment:
    """Take the facts, decide the way and store both; the draw of the submission counts at the approval too."""
    limits = handling(clock.today()).risk
    facts = _facts(claim, limits, failed)
    first = next(iter(queries.assessments_of(claim.id)), None)
    seed = first.seed if first else secrets.token_hex(16)
    decision = risk.decide(facts, limits, drawn=risk.draw(seed, claim.number), needs_two=claim.needs_two)
    made = ClaimAssessment(
        claim_id=claim.id,
        occasion=occasion,
        facts={**asdict(facts), "failed": list(failed)},
        signals=decision.signals,
        score=decision.score,
        low_points=limits.low_points,
        sample_share=limits.sample_share,
        seed=seed,
        draw=decision.draw,
        sampled=decision.sampled,
        route=decision.route,
    )
    db.session.add(made)
    db.flush()
    return made


def _facts(claim: Claim, limits: Risk, failed: Sequence[str]) -> risk.Facts:
    accounts = providers.bank_accounts_of(claim.provider_id)
    return risk.Facts(
        net_amount=claim.net_amount,
        currency=claim.currency,
        invoice_gross=claim.invoice_gross,
        paid_before=queries.paid_claims(claim.provider_id),
        returned_before=queries.troubled_claims(
            claim.provider_id, since=clock.now() - timedelta(days=limits.look_back_days)
        ),
        holds=len(queries.holds_of(claim.engagement_id)),
        account_changed=rules.was_account_changed(accounts, clock.now(), days=limits.changed_account_days),
        suspended_before=providers.get_provider(claim.provider_id).suspended_at is not None,
        failed_checks=len(failed),
    )
