"""How the work of an engagement starts, by the SME's co-payment, and stops when the bank takes that back."""

from collections.abc import Mapping
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select

from config.payments import terms
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import transition
from marketplace.core.errors import DomainError, Forbidden, NotFound
from marketplace.core.i18n import _
from marketplace.core.money import Money
from marketplace.core.tasks import announce, cancel, schedule
from marketplace.engagements import events, queries, rules
from marketplace.engagements.models import CoPayment, Engagement
from marketplace.engagements.service.lapse import lapse_engagement
from marketplace.engagements.service.letters import tell_both_sides
from marketplace.engagements.states import (
    CO_PAYMENT,
    ENGAGEMENT,
    STAGE,
    CoPaymentStatus,
    EngagementStatus,
    StageStatus,
)
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.ledger.chart import TransferKind
from marketplace.ledger.service import Leg, money_verb, post


@money_verb(CoPayment)
def record_co_payment(
    reference: str,
    *,
    actor: Actor,
    amount: Money,
    payer_name: str,
    payer_account: str,
    payer_bank: str = "",
    holder_name: str,
    booked_on: date,
    sources: Mapping[str, int] | None = None,
    charge: int = 0,
    key: str,
) -> CoPayment:
    """Keep who paid the SME's share and from which account, hold the money, and start the work; once.

    `sources` are the bank entries, by id, that brought the money and hold it in suspense, with amounts in minor units;
    without, it comes from the bank. `charge` is what the bank kept of `amount`, which the agency bears.
    """
    if actor.role not in (Role.BUDGET_OFFICER, Role.SYSTEM):
        raise Forbidden()
    co_payment = db.session.scalars(
        select(CoPayment).where(CoPayment.reference == reference).with_for_update(key_share=True)
    ).one_or_none()
    if co_payment is None:
        raise DomainError(_("No own share is awaited under this reference."), field="reference")
    if amount != Money(co_payment.amount, co_payment.currency):
        raise DomainError(_("The amount isn't the one that is awaited under this reference."), field="reference")
    if co_payment.status == CoPaymentStatus.LAPSED:
        raise DomainError(_("This own share came too late: the agreement has lapsed."), field="reference")
    if co_payment.status == CoPaymentStatus.PAID:
        raise DomainError(_("This own share has arrived before."), field="reference")
    engagement = queries.find_engagement(co_payment.agreement_id)
    if engagement is None:
        raise NotFound()
    engagement = db.get(Engagement, engagement.id, lock=True)
    co_payment.payer_name, co_payment.payer_account, co_payment.payer_bank = payer_name, payer_account, payer_bank
    co_payment.holder_name, co_payment.booked_on = holder_name, booked_on
    transition(co_payment, CO_PAYMENT, "pay", actor=actor, amount=amount.amount)
    _hold_money(co_payment, sources, charge, actor=actor, key=key)
    cancel(lapse_engagement, engagement_id=engagement.id)
    if engagement.status == EngagementStatus.AWAITING_CO_PAYMENT:
        start(engagement, actor=actor)
    announce(events.CO_PAYMENT_PAID, engagement_id=engagement.id)
    return co_payment


def _hold_money(
    co_payment: CoPayment, sources: Mapping[str, int] | None, charge: int, *, actor: Actor, key: str
) -> None:
    held, currency = chart.co_payment(co_payment.agreement_id), co_payment.currency
    legs = [
        Leg(chart.suspense(UUID(entry_id)), held, amount, f"{key}:{entry_id}")
        for entry_id, amount in (sources or {}).items()
    ]
    legs = legs or [Leg(chart.bank(currency), held, co_payment.amount, key)]
    post(legs, kind=TransferKind.CO_PAYMENT, currency=currency, actor=actor, reference=co_payment.reference)
    if charge:
        leg = Leg(chart.charges(currency), held, charge, f"{key}:charge")
        post([leg], kind=TransferKind.CHARGE, currency=currency, actor=actor, reference=co_payment.reference)


def start(engagement: Engagement, *, actor: Actor) -> None:
    """Begin the work, or go on after it stopped: the first stage opens unless it did, and both sides are told."""
    db.flush()
    transition(engagement, ENGAGEMENT, "start", actor=actor)
    if engagement.stages[0].status == StageStatus.WAITING:
        transition(engagement.stages[0], STAGE, "open", actor=actor)
    db.flush()
    tell_both_sides(engagement, "engagements/work_started", key=clock.now().isoformat())


def take_back_co_payment(reference: str, *, actor: Actor, amount: Money, key: str) -> CoPayment:
    """The bank took the SME's share back: it is awaited again, and the work stops until it has come.

    Refused where a part of it was paid on. Where nothing was handed in yet, the engagement lapses if it doesn't come.
    """
    if actor.role not in (Role.BUDGET_OFFICER, Role.SYSTEM):
        raise Forbidden()
    under = select(CoPayment).where(CoPayment.reference == reference).with_for_update(key_share=True)
    co_payment = db.session.scalars(under).one_or_none()
    if co_payment is None or co_payment.status != CoPaymentStatus.PAID:
        raise DomainError(_("No own share has arrived under this reference."), field="reference")
    if amount != Money(co_payment.amount, co_payment.currency):
        raise DomainError(_("The amount isn't the one of the own share."), field="reference")
    held, currency = chart.co_payment(co_payment.agreement_id), co_payment.currency
    if ledger.balance(held) < amount.amount:
        raise DomainError(
            _("A part of this own share was paid on already. Hold the payments, and ask the company to pay again."),
            field="reference",
        )
    engagement = queries.find_engagement(co_payment.agreement_id)
    if engagement is None:
        raise NotFound()
    engagement = db.get(Engagement, engagement.id, lock=True)
    leg = Leg(held, chart.bank(currency), amount.amount, key)
    post([leg], kind=TransferKind.REVERSE, currency=currency, actor=actor, reference=reference)
    transition(co_payment, CO_PAYMENT, "take_back", actor=actor, amount=amount.amount)
    co_payment.paid_at = co_payment.booked_on = None
    co_payment.due_on = clock.today() + timedelta(days=terms(clock.today()).co_payment_days)
    db.flush()
    if engagement.status == EngagementStatus.ACTIVE:
        transition(engagement, ENGAGEMENT, "stop", actor=actor)
        db.flush()
    _await_again(engagement, co_payment, key)
    return co_payment


def _await_again(engagement: Engagement, co_payment: CoPayment, key: str) -> None:
    awaiting = engagement.status == EngagementStatus.AWAITING_CO_PAYMENT
    if awaiting and not rules.is_work_handed_in(engagement.stages):
        grace = timedelta(days=terms(clock.today()).co_payment_grace_days)
        lapses_at = clock.end_of_day(co_payment.due_on + grace)
        task_key = f"engagement:{engagement.id}:{key}"
        schedule(lapse_engagement, engagement_id=engagement.id, run_after=lapses_at, key=task_key)
    tell_both_sides(
        engagement,
        "engagements/co_payment_taken_back",
        key=key,
        reference=co_payment.reference,
        amount=co_payment.amount,
        currency=co_payment.currency,
        due_on=co_payment.due_on.isoformat(),
    )
