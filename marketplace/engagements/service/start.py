"""How an engagement comes to life: made by the redemption, started by the SME's co-payment."""

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy import select

from config.payments import terms
from marketplace.accounts import service as accounts
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.db import session
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.i18n import _
from marketplace.core.money import Money
from marketplace.core.tasks import Task, cancel, schedule
from marketplace.engagements import queries
from marketplace.engagements.models import Agreement, CoPayment, Engagement, Stage
from marketplace.engagements.states import CO_PAYMENT, ENGAGEMENT, STAGE
from marketplace.ledger.service import Leg, Opening, money_verb, post
from marketplace.providers import service as providers

# The wave of the ethics check that asks who paid the share.
SHARE_ARRIVED = 2


def begin(agreement: Agreement, *, actor: Actor) -> Engagement:
    """Make the engagement of an agreement just redeemed, and ask for the co-payment; without one it starts at once."""
    engagement = Engagement(
        number=db.next_number("ENG"),
        agreement_id=agreement.id,
        organisation_id=agreement.organisation_id,
        provider_id=agreement.provider_id,
        status=ENGAGEMENT.initial,
    )
    engagement.stages = [
        Stage(agreement_stage_id=agreed.id, position=agreed.position, code=agreed.code, status=STAGE.initial)
        for agreed in agreement.stages
    ]
    session.add(engagement)
    db.flush()
    record(actor, "engagement.begin", engagement, after={"agreement_id": agreement.id})
    if agreement.co_payment:
        _ask_for_co_payment(agreement, engagement)
    else:
        _start(engagement, actor=actor)
    providers.set_load(agreement.provider_id, queries.load_of, actor=actor)
    return engagement


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
    key: str,
) -> CoPayment:
    """Keep who paid the SME's share and from which account, hold the money, and start the work; once.

    `sources` are the ledger's accounts where the money stands already, with amounts in minor units; without, it comes
    from the bank.
    """
    co_payment = session.scalars(
        select(CoPayment).where(CoPayment.reference == reference).with_for_update()
    ).one_or_none()
    if co_payment is None:
        raise NotFound(_("No co-payment is awaited under this reference."))
    if amount != Money(co_payment.amount, co_payment.currency):
        raise DomainError(_("The amount isn't the one that is awaited under this reference."))
    if co_payment.status == "lapsed":
        raise DomainError(_("This co-payment came too late: the agreement has lapsed."))
    if co_payment.status == "paid":
        raise DomainError(_("This co-payment has arrived before."))
    engagement = queries.find_engagement(co_payment.agreement_id)
    if engagement is None:
        raise NotFound()
    engagement = db.get(Engagement, engagement.id, lock=True)
    co_payment.payer_name, co_payment.payer_account, co_payment.payer_bank = payer_name, payer_account, payer_bank
    co_payment.holder_name, co_payment.booked_on = holder_name, booked_on
    transition(co_payment, CO_PAYMENT, "pay", actor=actor, amount=amount.amount)
    _hold_money(co_payment, sources, actor=actor, key=key)
    cancel(Task.LAPSE_ENGAGEMENT, engagement.id)
    _start(engagement, actor=actor)
    schedule(Task.ETHICS_CHECK, engagement.id, wave=SHARE_ARRIVED)
    return co_payment


def _ask_for_co_payment(agreement: Agreement, engagement: Engagement) -> None:
    account = terms(clock.today())
    co_payment = CoPayment(
        agreement_id=agreement.id,
        amount=agreement.co_payment,
        currency=agreement.currency,
        reference=db.next_number("COP"),
        due_on=clock.today() + timedelta(days=account.co_payment_days),
        status=CO_PAYMENT.initial,
    )
    session.add(co_payment)
    db.flush()
    lapses_on = co_payment.due_on + timedelta(days=account.co_payment_grace_days)
    schedule(Task.LAPSE_ENGAGEMENT, engagement.id, run_after=clock.end_of_day(lapses_on))
    accounts.notify_organisation(
        agreement.organisation_id,
        [Role.SIGNATORY],
        "engagements/co_payment_awaited",
        key=f"engagements/co_payment_awaited:{co_payment.id}",
        number=agreement.number,
        amount=co_payment.amount,
        currency=co_payment.currency,
        reference=co_payment.reference,
        due_on=co_payment.due_on.isoformat(),
        holder=account.holder,
        bank=account.bank,
        account=account.number,
        path=f"/agreements/{agreement.id}/co-payment",
    )


def _hold_money(co_payment: CoPayment, sources: Mapping[str, int] | None, *, actor: Actor, key: str) -> None:
    owner, currency = ("agreement", co_payment.agreement_id), co_payment.currency
    bank = Opening(f"bank:{currency}", "bank", ("agency", None), currency, may_be_negative=True)
    held = Opening(f"co_payment:{co_payment.agreement_id}", "co_payment", owner, currency)
    legs = [Leg(source, held, amount, f"{key}:{source}") for source, amount in (sources or {}).items()]
    legs = legs or [Leg(bank, held, co_payment.amount, key)]
    post(legs, kind="co_payment", actor=actor, reference=co_payment.reference)


def _start(engagement: Engagement, *, actor: Actor) -> None:
    db.flush()
    transition(engagement, ENGAGEMENT, "start", actor=actor)
    transition(engagement.stages[0], STAGE, "open", actor=actor)
    db.flush()
    for organisation_id, role in ((engagement.organisation_id, Role.SIGNATORY), (engagement.provider_id, Role.MANAGER)):
        accounts.notify_organisation(
            organisation_id,
            [role],
            "engagements/work_started",
            key=f"engagements/work_started:{engagement.id}",
            number=engagement.number,
            title=engagement.agreement.title,
            path=f"/engagements/{engagement.id}",
        )
