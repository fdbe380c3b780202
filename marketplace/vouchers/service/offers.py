"""What comes back to a call's budget is offered to its waitlist: reserved for a bounded time, accepted or released."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from uuid import UUID

from config.intake import terms
from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import transition
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, Subscription, announce, schedule, task
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger_queries
from marketplace.ledger.chart import ChartAccount, OwnerKind, Stage, TransferKind
from marketplace.ledger.service import Leg, money_verb, post
from marketplace.programmes import queries as programmes
from marketplace.vouchers import events, queries, rules
from marketplace.vouchers.allocation import Answer, allocate
from marketplace.vouchers.models import AllocationEntry, Application, Voucher
from marketplace.vouchers.service.allocation import (
    lines_of,
    lock_programme_of,
    refuse_waiting,
    tickets_of,
)
from marketplace.vouchers.service.applications import tell
from marketplace.vouchers.service.deciding import promised_now
from marketplace.vouchers.service.issuing import issue_all
from marketplace.vouchers.states import APPLICATION, ApplicationStatus, Outcome

# How far down the waitlist one look goes; eligibility is taken again of each.
AT_ONCE = 50


@task(
    "offer_from_waitlist",
    _("Offer released money to the waitlist"),
    Queue.MONEY,
    on=[Subscription(events.MONEY_RELEASED)],
)
def offer_from_waitlist(call_id: UUID, *, actor: Actor, size: int = AT_ONCE) -> None:
    """Offer released money to the waitlist in order, as far as it goes; nothing once the call is ending."""
    rules.check_system(actor)
    lock_programme_of(call_id)
    call = programmes.hold_call(call_id)
    allocation = queries.find_allocation(call_id, lock=True)
    if allocation is None or allocation.finished_at is None or call.is_ending:
        return
    lines = lines_of(call)
    if any(line.available <= 0 for line in lines):
        return
    applications = queries.next_in_line(call_id, "waitlisted", limit=size)
    tickets = tickets_of(call.programme, applications, actor)
    answers = allocate(lines, tickets, amount=call.programme.voucher_amount, cap=call.programme.aid_cap)
    by_id = {application.id: application for application in applications}
    for answer in answers:
        if answer.outcome == Outcome.ALLOCATED:
            _offer(by_id[answer.application_id], answer, actor)
    refused = [answer for answer in answers if answer.outcome == Outcome.REFUSED]
    refuse_waiting(call, applications, refused, actor)
    if answers and all(answer.outcome != Outcome.WAITLISTED for answer in answers):
        # Some may be left: of these nobody waits any more, so whoever was last names the next look.
        announce(events.MONEY_RELEASED, call_id=call_id, by=f"waiting:{applications[-1].id}")


def _offer(application: Application, answer: Answer, actor: Actor) -> None:
    """Reserve the money for this application alone and tell the company until when it may accept."""
    last_day = clock.add_working_days(clock.now(), terms(clock.today()).offer_working_days)
    application.offer_ends_at = clock.end_of_day(last_day.astimezone(clock.zone()).date())
    application.reason = None
    transition(application, APPLICATION, "offer", actor=actor, until=application.offer_ends_at)
    db.flush()
    programme = application.call.programme
    reserved = _account(application)
    legs = [
        Leg(chart.available(line_id), reserved(line_id), part, f"offer:{application.id}:{line_id}")
        for line_id, part in answer.parts.items()
        if part
    ]
    currency = programme.currency
    post(legs, kind=TransferKind.RESERVE, currency=currency, actor=actor, reference=application.number)
    schedule(lapse_offer, application_id=application.id, run_after=application.offer_ends_at)
    tell(application, "offered", amount=programme.voucher_amount, currency=programme.currency,
         until=application.last_moment)  # fmt: skip


@money_verb(Voucher)
def accept_offer(application_id: UUID, *, actor: Actor, key: str) -> Voucher:
    """Take the offered voucher, by the signatory; eligibility, the one active voucher and the cap are tested again."""
    application = _offered_to(application_id, actor)
    call = application.call
    (ticket,) = tickets_of(call.programme, [application], actor)
    linked = queries.linked_holders(application.id, promised_now(call.programme, besides=[application.id]))
    rules.check_offer_stands(ticket, amount=call.programme.voucher_amount, cap=call.programme.aid_cap, linked=linked)
    parts = _reserved(application)
    (voucher_id,) = issue_all(
        call, [application.id], parts, actor=actor, before=ApplicationStatus.OFFERED, source=_account(application)
    )
    db.session.add(
        AllocationEntry(
            call_id=call.id,
            application_id=application.id,
            ticket=application.ticket,
            outcome=Outcome.ALLOCATED,
            parts={str(line): part for line, part in parts.items()},
            decided_at=clock.now(),
        )
    )
    return db.get(Voucher, voucher_id)


@money_verb(Application)
def decline_offer(application_id: UUID, *, actor: Actor, key: str) -> Application:
    """Leave the offered voucher to the next in line, by the signatory."""
    application = _offered_to(application_id, actor)
    _end_offer(application, "decline", actor)
    return application


@task("lapse_offer", _("End an offer that nobody took"), Queue.MONEY)
@money_verb(Application)
def lapse_offer(application_id: UUID, *, actor: Actor, key: str) -> Application:
    """End an offer that nobody took in time; its money goes to the next in line. An answered one stays as it is."""
    rules.check_system(actor)
    application = _locked(application_id)
    if application.status == ApplicationStatus.OFFERED:
        rules.check_offer_over(application, clock.now())
        application.reason = "offer_lapsed"
        _end_offer(application, "lapse", actor)
        tell(application, "offer_lapsed")
    return application


def _offered_to(application_id: UUID, actor: Actor) -> Application:
    """The locked application whose offer this signatory may still answer."""
    queries.get_application(application_id, actor=actor)
    rules.check_signatory(actor)
    application = _locked(application_id)
    rules.check_offered(application, clock.now())
    return application


def _locked(application_id: UUID) -> Application:
    """The application under the lock of all that gives vouchers of its programme: of two answers one is too late."""
    lock_programme_of(db.get(Application, application_id).call_id)
    return db.get(Application, application_id, lock=True)


def _end_offer(application: Application, event: str, actor: Actor) -> None:
    transition(application, APPLICATION, event, actor=actor, reason=application.reason)
    db.flush()
    reserved, currency = _account(application), application.call.programme.currency
    legs = [
        Leg(reserved(line_id), chart.available(line_id), part, f"{event}:{application.id}:{line_id}")
        for line_id, part in _reserved(application).items()
    ]
    post(legs, kind=TransferKind.RELEASE, currency=currency, actor=actor, reference=application.number)
    announce(events.MONEY_RELEASED, call_id=application.call_id, by=f"application:{application.id}")


def _account(application: Application) -> Callable[[UUID], ChartAccount]:
    """Of each budget line the account that holds an open offer's money."""
    return partial(chart.reserved, OwnerKind.APPLICATION, application.id)


def _reserved(application: Application) -> dict[UUID, int]:
    """What is reserved for an open offer, by budget line."""
    balances = ledger_queries.balances_by_owner(application.id, Stage.RESERVED)
    return {line_id: part for line_id, part in balances.items() if part}
