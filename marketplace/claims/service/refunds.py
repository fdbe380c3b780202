"""The verbs of refunds: what is not needed of an SME's share goes back to the account that it came from."""

from uuid import UUID

from config.payments import terms
from marketplace.accounts import queries as accounts_queries
from marketplace.accounts import service as accounts
from marketplace.claims import rules
from marketplace.claims.models import BankEntry, Refund
from marketplace.claims.pain001 import Account as PayerAccount
from marketplace.claims.service import money
from marketplace.claims.states import REFUND, RefundStatus
from marketplace.core import clock, db
from marketplace.core.account_numbers import AccountScheme, masked
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.i18n import _
from marketplace.core.money import Money
from marketplace.core.reasons import check_reason
from marketplace.core.tasks import Queue, Subscription, task
from marketplace.engagements import events as engagement_events
from marketplace.engagements import queries as engagements
from marketplace.engagements.models import Engagement
from marketplace.engagements.states import CoPaymentStatus, StageStatus
from marketplace.ledger.service import money_verb
from marketplace.providers.rules import check_account_number


@money_verb(Refund)
def request_refund(agreement_id: UUID, *, actor: Actor, amount: int, reason: str, key: str) -> Refund:
    """Set a part of the co-payment aside, in minor units, to go back to the payer's account with the next batch.

    Never more than what is still held of this agreement's co-payment: InsufficientFunds.
    """
    rules.check_role(actor, Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER, Role.SYSTEM)
    engagement, paid = engagements.find_engagement(agreement_id), engagements.find_co_payment(agreement_id)
    if engagement is None or paid is None:
        raise NotFound()
    refund = _new(
        check_reason(reason),
        Money(amount, paid.currency),
        PayerAccount(paid.holder_name or paid.payer_name or "", paid.payer_account or "", paid.payer_bank or ""),
        engagement_id=engagement.id,
        organisation_id=engagement.organisation_id,
        requested_by=actor.person_id,
    )
    money.set_aside(refund, actor=actor)
    record(actor, "refund.request", refund, after={"amount": amount, "engagement_id": engagement.id}, reason=reason)
    tell_company(refund, "claims/refund_requested", key=str(refund.id), reason=refund.reason)
    return refund


@task(
    "refund_co_payment",
    _("Send the own share of ended stages back"),
    Queue.MONEY,
    on=[Subscription(engagement_events.TERMINATED), Subscription(engagement_events.CO_PAYMENT_PAID)],
)
def refund_ended_stages(engagement_id: UUID, *, actor: Actor) -> Refund | None:
    """Give the company its share of the stages that an engagement ended without; once, however often it is asked.

    A share that the bank took back may come again only after the end.
    """
    engagement = db.get(Engagement, engagement_id)
    ended = [stage for stage in engagements.stages_of(engagement_id) if stage.status == StageStatus.ENDED]
    amount = sum(stage.agreed.co_payment for stage in ended)
    share = engagements.find_co_payment(engagement.agreement_id)
    if not amount or share is None or share.status != CoPaymentStatus.PAID:
        return None
    reason, key = engagement.termination_reason or "", f"terminate:{engagement.id}"
    return request_refund(engagement.agreement_id, actor=actor, amount=amount, reason=reason, key=key)


@money_verb(Refund)
def pay_back_excess(
    engagement_id: UUID, *, actor: Actor, organisation_id: UUID, amount: Money, account: PayerAccount, reason: str,
    key: str,
) -> Refund:  # fmt: skip
    """What came in beyond a debt goes back to the account that it came from with the next batch."""
    rules.check_role(actor, Role.SYSTEM)
    subject = {"engagement_id": engagement_id, "organisation_id": organisation_id}
    refund = _new(check_reason(reason), amount, account, **subject)
    money.take_excess(refund, actor=actor)
    record(actor, "refund.pay_back_excess", refund, after={"amount": amount.amount}, reason=reason)
    return refund


def pay_back_entry(entry: BankEntry, left: int, *, actor: Actor, reason: str) -> Refund:
    """What is left of money that matches nothing goes back to the account that it came from; once per movement."""
    account = PayerAccount(entry.debtor or entry.payer, entry.debtor_account, entry.debtor_bank)
    amount = Money(left, entry.currency)
    refund = _new(reason, amount, account, bank_entry_id=entry.id, requested_by=actor.person_id)
    money.take_from_suspense(refund, actor=actor)
    record(actor, "refund.pay_back_entry", refund, after={"amount": left, "entry": entry.id}, reason=reason)
    return refund


def change_refund_account(
    refund_id: UUID, *, actor: Actor, scheme: AccountScheme, identifier: str, bank_name: str
) -> Refund:
    """Who signs for the company or firm names another account of it, for a refund that waits; all who sign are told.

    Where the payer is nobody known here, a budget officer names the account that the payer wrote of, and another one
    sends the payment. It waits until the new account is some days old, so that there is time to object.
    """
    refund = db.get(Refund, refund_id, lock=True)
    rules.check_refund_owner(refund, actor)
    if refund.status != RefundStatus.AWAITING:
        raise DomainError(_("This refund is on its way already."))
    before = refund.account_number
    refund.account_number = check_account_number(scheme, identifier)
    refund.bank_name = bank_name
    if refund.organisation_id is not None:
        refund.holder_name = accounts_queries.organisation_names([refund.organisation_id])[refund.organisation_id]
    refund.account_changed_by, refund.account_changed_at = actor.person_id, clock.now()
    record(actor, "refund.change_account", refund, before={"masked": masked(before) if before else ""})
    db.flush()
    moment = refund.account_changed_at.isoformat()
    tell_company(refund, "claims/refund_account_changed", key=f"{refund.id}:{moment}", days=_days())
    return refund


def tell_company(refund: Refund, template: str, *, key: str, **data: str | int) -> None:
    """Tell who signs for the company, or the firm, once about this step of its refund, if one is known."""
    if refund.organisation_id is None or refund.engagement is None:
        return
    accounts.notify_organisation(
        refund.organisation_id,
        rules.REFUND_OWNERS,
        template,
        key=key,
        number=refund.number,
        agreement=refund.engagement.agreement.number,
        amount=refund.amount,
        currency=refund.currency,
        account=masked(refund.account_number) if refund.account_number else "",
        path=f"/refunds/{refund.id}",
        **data,
    )


def _days() -> int:
    return terms(clock.today()).changed_account_days


def _new(reason: str, amount: Money, account: PayerAccount, **subject: UUID | None) -> Refund:
    refund = Refund(
        number=db.next_number("REF"),
        amount=amount.amount,
        currency=amount.currency,
        reason=reason,
        status=REFUND.initial,
        requested_at=clock.now(),
        holder_name=account.holder,
        account_number=account.number,
        bank_name=account.bank,
        **subject,
    )
    db.session.add(refund)
    db.flush()
    return refund
