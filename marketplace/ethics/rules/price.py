"""Rules of the family price: ceilings, vouchers, the SME's own share, the provider's account."""

from collections.abc import Iterator
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from marketplace.core.text import plain_firm_name, plain_number, plain_text
from marketplace.ethics.rules.facts import CoPayment, Facts, Hit, Party, strong, weak
from marketplace.ethics.rules.register import Limits, rule


@rule("E05", version=1)
def aid_ceiling(facts: Facts, limits: Limits) -> Iterator[Hit]:
    """E05: aid to one undertaking, within the rolling window before each grant, never exceeds the ceiling."""
    if facts.aid_ceiling is None:
        return
    months = facts.aid_window_months or int(limits["window_months"])
    for grant in facts.aid:
        start = grant.granted_on - relativedelta(months=months)
        window = [aid for aid in facts.aid if start < aid.granted_on <= grant.granted_on]
        total = sum(aid.amount for aid in window)
        if total > facts.aid_ceiling:
            links = tuple(aid.reference for aid in window)
            day = grant.granted_on.isoformat()
            yield strong("above_ceiling", total=total, day=day, threshold=facts.aid_ceiling, links=links)
            return


@rule("E06", version=1)
def one_voucher(facts: Facts, limits: Limits) -> Iterator[Hit]:
    """E06: where the programme says so, an SME holds at most one active voucher."""
    allowed = int(limits["active_vouchers"])
    if facts.one_active_voucher and len(facts.active_vouchers) > allowed:
        yield strong(
            "several_vouchers", count=len(facts.active_vouchers), threshold=allowed, links=facts.active_vouchers
        )


@rule("E17", version=1)
def own_share(facts: Facts, limits: Limits) -> Iterator[Hit]:
    """E17: the SME itself pays its share, in time."""
    for payment in facts.co_payments:
        yield from _paid_by_another(facts, payment)
    yield from _late(facts, int(limits["late_days"]))
    said = facts.survey.facts.get("share_paid_by") if facts.survey else None
    if said in ("provider", "other"):
        yield weak("survey_says_other", answer=said)


def _paid_by_another(facts: Facts, payment: CoPayment) -> Iterator[Hit]:
    account = plain_number(payment.account)
    for other in (facts.provider, *facts.consultants, *facts.helpers):
        if account and account in {plain_number(bank_account) for bank_account in other.bank_accounts}:
            yield strong("paid_from_their_account", value=payment.account, links=(payment.reference, other.reference))
            return
    own = {plain_firm_name(facts.sme.name), plain_text(facts.sme.representative)}
    theirs = _names(facts) - own
    for name in dict.fromkeys((payment.payer, payment.holder)):
        if plain_firm_name(name) in theirs:
            yield strong("paid_by_them", value=name, links=(payment.reference,))
        elif name and plain_firm_name(name) not in own:
            yield weak("another_payer", value=name, expected=facts.sme.name, links=(payment.reference,))


def _names(facts: Facts) -> set[str]:
    """Names on the other side, in plain form."""
    others: list[Party] = [facts.provider, *facts.consultants, *facts.helpers]
    return {plain_firm_name(name) for other in others for name in (other.name, other.representative)} - {""}


def _late(facts: Facts, days: int) -> Iterator[Hit]:
    if not facts.share_due or facts.share_due_at is None:
        return
    limit = facts.share_due_at + timedelta(days=days)
    first = min((payment.received_at for payment in facts.co_payments), default=None)
    if first is None and facts.now > limit:
        yield strong("not_paid", due=facts.share_due, threshold=f"{days} d")
    elif first is not None and first > limit:
        yield strong("paid_late", day=first.date().isoformat(), threshold=f"{days} d")


@rule("E24", version=1)
def account_changed(facts: Facts, limits: Limits) -> Iterator[Hit]:
    """E24: the provider's account does not change shortly before a claim, nor between claim and payment."""
    days = int(limits["days"])
    for claimed_at, paid_at in facts.claims_open:
        end = paid_at or facts.now
        for changed_at in facts.account_changed_at:
            if claimed_at - timedelta(days=days) < changed_at <= end:
                yield strong(
                    "changed_before_payment",
                    day=changed_at.date().isoformat(),
                    claim_day=claimed_at.date().isoformat(),
                    threshold=f"{days} d",
                )
