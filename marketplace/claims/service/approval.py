"""The officers' verbs: check, return, approve; whoever checks doesn't approve."""

from collections.abc import Sequence
from uuid import UUID

from config.payments import terms
from marketplace.accounts import service as accounts
from marketplace.claims import queries, rules
from marketplace.claims.models import Claim
from marketplace.claims.rules import Check
from marketplace.claims.service import money
from marketplace.claims.states import CLAIM
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import transition
from marketplace.core.errors import DomainError
from marketplace.engagements import queries as engagements
from marketplace.engagements.models import Engagement
from marketplace.providers import queries as providers
from marketplace.vouchers import queries as vouchers
from marketplace.vouchers import service as voucher_service


def check_claim(claim_id: UUID, *, actor: Actor) -> Claim:
    """Run all checks and pass the claim on to another officer; nothing is kept if one of them fails."""
    claim = _lock(claim_id)
    rules.check_role(actor, Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER)
    CLAIM.move(claim.status, "check")
    _run_checks(claim, actor)
    claim.checked_by = actor.person_id
    transition(claim, CLAIM, "check", actor=actor)
    db.flush()
    return claim


def return_claim(claim_id: UUID, *, actor: Actor, reasons: Sequence[str]) -> Claim:
    """Send a claim back once, with everything that is missing in one list; the provider's answer reopens it."""
    claim = _lock(claim_id)
    rules.check_role(actor, Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER)
    claim.return_reasons = rules.check_reasons(reasons)
    claim.returned_by = actor.person_id
    transition(claim, CLAIM, "return", actor=actor, reason="; ".join(claim.return_reasons))
    db.flush()
    notify(claim, "claims/claim_returned", reasons=claim.return_reasons)
    return claim


def approve_claim(claim_id: UUID, *, actor: Actor) -> Claim:
    """Approve what another person checked: checks run again, then committed money becomes payable."""
    claim = _lock(claim_id)
    rules.check_role(actor, Role.BUDGET_OFFICER)
    rules.check_another_approves(claim, actor)
    CLAIM.move(claim.status, "approve")
    _run_checks(claim, actor)
    claim.approved_by = actor.person_id
    transition(claim, CLAIM, "approve", actor=actor, amount=claim.net_amount)
    db.flush()
    money.make_payable(claim, actor=actor)
    notify(claim, "claims/claim_approved")
    return claim


def notify(claim: Claim, template: str, **data: object) -> None:
    """Tell the provider's managers once about this step of a claim."""
    moment = (claim.returned_at, claim.approved_at, claim.bounced_at, claim.paid_at)
    accounts.notify_organisation(
        claim.provider_id,
        [Role.MANAGER],
        template,
        key=f"{template}:{claim.id}:{max(filter(None, moment)).isoformat()}",
        number=claim.number,
        amount=claim.net_amount,
        currency=claim.currency,
        path=f"/claims/{claim.id}",
        **data,
    )


def _lock(claim_id: UUID) -> Claim:
    # The engagement first, as a hold does: neither misses the other.
    db.get(Engagement, db.get(Claim, claim_id).engagement_id, lock=True)
    return db.get(Claim, claim_id, lock=True)


def _run_checks(claim: Claim, actor: Actor) -> None:
    agreement = claim.engagement.agreement
    stages = [line.stage for line in claim.lines]
    accounts_known = providers.bank_accounts_of(claim.provider_id)
    found = [
        Check("eligible", _is_eligible(agreement.voucher_id, actor)),
        Check("not_held", queries.find_hold_in_force(claim.engagement_id) is None),
        Check("compared", rules.are_compared(engagements.deliverables_of(claim.engagement_id), stages)),
        Check("bank_account", providers.active_bank_account(claim.provider_id) is not None),
        Check(
            "account_age",
            rules.is_account_settled(accounts_known, clock.now(), days=terms(clock.today()).changed_account_days),
        ),
    ]
    rules.check_passed(found)
    claim.checks = [{"code": check.code, "passed": check.passed} for check in found]


def _is_eligible(voucher_id: UUID, actor: Actor) -> bool:
    try:
        voucher_service.reassess(vouchers.get_voucher(voucher_id).application_id, occasion="payment", actor=actor)
    except DomainError:
        return False
    return True
