"""What comes back to a call's budget is offered to its waitlist: reserved for a bounded time, accepted or released."""

from __future__ import annotations

from uuid import UUID

from marketplace.accounts.service import notify_organisation
from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import transition
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, Subscription, announce, task
from marketplace.ledger import chart
from marketplace.ledger.chart import TransferKind
from marketplace.ledger.service import Leg, money_verb, post
from marketplace.programmes import queries as programmes
from marketplace.verification import events as verification_events
from marketplace.verification import queries as verification
from marketplace.verification.states import VerificationStatus
from marketplace.vouchers import events, queries, rules
from marketplace.vouchers.allocation import allocate
from marketplace.vouchers.models import AllocationEntry, Application, Voucher
from marketplace.vouchers.service.allocation import (
    lines_of,
    lock_programme_of,
    refuse_waiting,
    tickets_of,
)
from marketplace.vouchers.service.applications import READERS, tell
from marketplace.vouchers.service.deciding import promised_now
from marketplace.vouchers.service.issuing import issue_all
from marketplace.vouchers.service.offering import account, last_moment, offer, reserved_for
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
            offer(by_id[answer.application_id], answer.parts, actor)
    refused = [answer for answer in answers if answer.outcome == Outcome.REFUSED]
    refuse_waiting(call, applications, refused, actor)
    if answers and all(answer.outcome != Outcome.WAITLISTED for answer in answers):
        # Some may be left: of these nobody waits any more, so whoever was last names the next look.
        announce(events.MONEY_RELEASED, call_id=call_id, by=f"waiting:{applications[-1].id}")


@money_verb(Voucher)
def accept_offer(application_id: UUID, *, actor: Actor, key: str) -> Voucher:
    """Take the offered voucher, by the signatory; eligibility, the one active voucher and the cap are tested again."""
    application = _offered_to(application_id, actor)
    verification.check_verified(application.organisation_id)
    call = application.call
    (ticket,) = tickets_of(call.programme, [application], actor)
    linked = queries.linked_holders(application.id, promised_now(call.programme, besides=[application.id]))
    rules.check_offer_stands(ticket, amount=call.programme.voucher_amount, cap=call.programme.aid_cap, linked=linked)
    parts = reserved_for(application)
    (voucher_id,) = issue_all(
        call, [application.id], parts, actor=actor, before=ApplicationStatus.OFFERED, source=account(application)
    )
    if not queries.won(application.id):
        _answer(application, Outcome.ALLOCATED, parts=parts)
    return db.get(Voucher, voucher_id)


@money_verb(Application)
def decline_offer(application_id: UUID, *, actor: Actor, key: str) -> Application:
    """Leave the offered voucher to the next in line, by the signatory."""
    application = _offered_to(application_id, actor)
    _end_offer(application, "decline", actor)
    return application


@task(
    "lapse_offer",
    _("End an offer that nobody took"),
    Queue.MONEY,
    on=[Subscription(events.OFFERED, run_after="ends_at")],
)
@money_verb(Application)
def lapse_offer(application_id: UUID, *, actor: Actor, key: str) -> Application:
    """End an offer that nobody took in time; its money goes to the next in line. An answered one stays as it is.

    So does one that was given more time, and one of a company that waits for the agency to verify it.
    """
    rules.check_system(actor)
    application = _locked(application_id)
    if application.status != ApplicationStatus.OFFERED or not rules.is_offer_over(application, clock.now()):
        return application
    if verification.find(application.organisation_id, VerificationStatus.WAITING) is not None:
        return application
    application.reason = "offer_lapsed"
    if queries.won(application.id):
        application.reason = "not_verified"
        _answer(application, Outcome.REFUSED, reason=application.reason, parts={})
    _end_offer(application, "lapse", actor)
    tell(application, "offer_lapsed")
    return application


@task(
    "renew_offers",
    _("Give a company more time to accept, once the agency has answered"),
    Queue.MONEY,
    on=[Subscription(verification_events.DECIDED)],
)
def renew_offers(organisation_id: UUID, verification_id: UUID, *, actor: Actor) -> int:
    """Begin the time of a company's open offers anew, as it could not use them while it was verified; how many."""
    rules.check_system(actor)
    offered = queries.offered_to(organisation_id)
    for application_id in offered:
        application = _locked(application_id)
        if application.status != ApplicationStatus.OFFERED:
            continue
        application.offer_ends_at = last_moment()
        announce(events.OFFERED, application_id=application.id, ends_at=application.offer_ends_at)
        programme = application.call.programme
        notify_organisation(
            organisation_id,
            READERS,
            "vouchers/offer_renewed",
            key=f"{application.id}:{verification_id}",
            number=application.number,
            call=application.call.title,
            path=f"/applications/{application.id}",
            amount=programme.voucher_amount,
            currency=programme.currency,
            until=application.last_moment,
            verified=verification.is_verified(organisation_id),
        )
    db.flush()
    return len(offered)


def _answer(application: Application, outcome: Outcome, *, reason: str | None = None, parts: dict[UUID, int]) -> None:
    """One more answer to the application, in the published list."""
    db.session.add(
        AllocationEntry(
            call_id=application.call_id,
            application_id=application.id,
            ticket=application.ticket,
            outcome=outcome,
            reason=reason,
            parts={str(line): part for line, part in parts.items()},
            decided_at=clock.now(),
        )
    )


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
    reserved, currency = account(application), application.call.programme.currency
    legs = [
        Leg(reserved(line_id), chart.available(line_id), part, f"{event}:{application.id}:{line_id}")
        for line_id, part in reserved_for(application).items()
    ]
    post(legs, kind=TransferKind.RELEASE, currency=currency, actor=actor, reference=application.number)
    announce(events.MONEY_RELEASED, call_id=application.call_id, by=f"application:{application.id}")
