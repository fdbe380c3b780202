"""Runs the checks of a claim: eligibility taken again, holds, documents, the bank account."""

from config.payments import terms
from marketplace.claims import queries, rules
from marketplace.claims.models import Claim
from marketplace.claims.rules import Check
from marketplace.core import clock
from marketplace.core.actors import Actor
from marketplace.core.errors import DomainError
from marketplace.engagements import queries as engagements
from marketplace.providers import queries as providers
from marketplace.vouchers import queries as vouchers
from marketplace.vouchers import service as voucher_service
from marketplace.vouchers.states import AssessmentOccasion


def run(claim: Claim, *, actor: Actor) -> list[Check]:
    """Every check with its result, kept with the claim."""
    stages = [line.stage for line in claim.lines]
    accounts = providers.bank_accounts_of(claim.provider_id)
    days = terms(clock.today()).changed_account_days
    checks = [
        Check("eligible", _is_eligible(claim, actor)),
        Check("not_held", queries.find_hold_in_force(claim.engagement_id) is None),
        Check("compared", rules.are_compared(engagements.deliverables_of(claim.engagement_id), stages)),
        Check("bank_account", providers.active_bank_account(claim.provider_id) is not None),
        Check("account_age", rules.is_account_settled(accounts, clock.now(), days=days)),
    ]
    claim.checks = [{"code": check.code, "passed": check.passed} for check in checks]
    return checks


def _is_eligible(claim: Claim, actor: Actor) -> bool:
    voucher = vouchers.get_voucher(claim.engagement.agreement.voucher_id)
    try:
        voucher_service.reassess(voucher.application_id, occasion=AssessmentOccasion.PAYMENT, actor=actor)
    except DomainError:
        return False
    return True
