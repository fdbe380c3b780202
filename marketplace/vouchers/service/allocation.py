"""The verbs that give vouchers: close the list and work through it in batches."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import record, transition
from marketplace.core.db import session
from marketplace.core.errors import DomainError
from marketplace.core.i18n import _
from marketplace.core.tasks import Task, schedule
from marketplace.ledger import queries as ledger_queries
from marketplace.programmes import queries as programmes
from marketplace.programmes import service as programmes_service
from marketplace.programmes.models import Call, Programme
from marketplace.vouchers import queries, rules
from marketplace.vouchers.allocation import Answer, Line, Ticket, allocate
from marketplace.vouchers.models import Allocation, AllocationEntry, Application
from marketplace.vouchers.service.applications import _assess, tell
from marketplace.vouchers.service.issuing import issue
from marketplace.vouchers.states import APPLICATION

BATCH = 50


def close_call(call_id: UUID, *, actor: Actor) -> None:
    """Seal a call whose time is up and begin its allocation, unless a decision about eligibility is still open."""
    call = programmes_service.close_call(call_id, actor=actor)
    begun = queries.find_allocation(call.id) is not None
    if call.status == "closed" and not begun and not queries.undecided(call.id):
        start_allocation(call.id, actor=actor)


def start_allocation(call_id: UUID, *, actor: Actor) -> Allocation:
    """Begin the one allocation of a closed call, over its sealed list; batches in the background do the work."""
    rules.check_officer_or_system(actor)
    call = programmes_service.close_call(call_id, actor=actor)
    if call.status != "closed":
        raise DomainError(_("The call is still open. Allocation begins after it closes. Nothing was saved."))
    if queries.undecided(call.id):
        raise DomainError(_("Decide first about the applications whose eligibility is open. Nothing was saved."))
    if queries.find_allocation(call.id) is not None:
        raise DomainError(_("The allocation of this call has already begun."))
    opening = {str(line.id): line.available for line in lines_of(call)}
    allocation = Allocation(call_id=call.id, opening=opening, started_by=actor.person_id, started_at=clock.now())
    session.add(allocation)
    db.flush()
    record(actor, "allocation.start", allocation, after={"call": str(call.id), "opening": opening})
    schedule(Task.ALLOCATE_BATCH, call.id, wave=1)
    return allocation


def allocate_batch(call_id: UUID, wave: int, *, actor: Actor, size: int = BATCH) -> None:
    """Answer the next tickets of a call, then ask for the next batch; when none is left, the allocation is finished.

    Two batches of one programme never run at once, and a batch run again simply goes on with who has no answer yet.
    """
    call = lock_programme_of(call_id)
    allocation = queries.find_allocation(call_id, lock=True)
    if allocation is None or allocation.finished_at is not None:
        return
    applications = queries.next_in_line(call_id, "accepted", limit=size)
    if not applications:
        allocation.finished_at = clock.now()
        record(actor, "allocation.finish", allocation, after={"call": str(call_id)})
        # What came back while the list was worked through.
        offer_again(call_id)
        return
    # Not what is available now: what comes back meanwhile goes to the waitlist, so that the list can be replayed.
    given = queries.given_by_allocation(call_id)
    lines = [
        replace(line, available=allocation.opening[str(line.id)] - given.get(str(line.id), 0))
        for line in lines_of(call)
    ]
    answers = allocate(
        lines,
        tickets_of(call.programme, applications, actor),
        amount=call.programme.voucher_amount,
        cap=call.programme.aid_cap,
        waiting=queries.waiting(call_id),
    )
    apply_answers(call, applications, answers, wave, actor)
    schedule(Task.ALLOCATE_BATCH, call_id, wave=wave + 1)


def offer_again(call_id: UUID) -> None:
    """Ask for an offer to the waitlist in the background."""
    schedule(Task.OFFER_FROM_WAITLIST, call_id, wave=session.scalar(select(func.nextval("waitlist_waves"))) or 0)


def lock_programme_of(call_id: UUID) -> Call:
    """One allocation at a time per programme: caps and "one active voucher" reach across its calls."""
    call = programmes.get_call(call_id)
    session.execute(select(Programme.id).where(Programme.id == call.programme_id).with_for_update(key_share=True))
    return call


def lines_of(call: Call) -> list[Line]:
    """The funders' lines with their weight in the public part and what they have available now."""
    weights = {share.funder_id: share.basis_points for share in programmes.cost_shares(call.programme_id)}
    return [
        Line(line.id, weights[line.funder_id], ledger_queries.balance(f"available:{line.id}"))
        for line in programmes.budget_lines(call.id)
    ]


def tickets_of(programme: Programme, applications: Sequence[Application], actor: Actor) -> list[Ticket]:
    """The queue as the engine takes it; eligibility is taken again here."""
    holders = queries.active_vouchers(programme.id, [application.organisation_id for application in applications])
    since = _months_before(clock.now(), programme.aid_cap_months or 0)
    tickets = []
    for application in applications:
        undertaking = queries.undertaking(application.organisation_id)
        tickets.append(
            Ticket(
                application.id,
                application.ticket or 0,
                _refusal(programme, application, holders, actor),
                undertaking=undertaking[0],
                promised=queries.aid_since(programme.id, undertaking, since) if programme.aid_cap else 0,
            )
        )
    return tickets


def _refusal(programme: Programme, application: Application, holders: set[UUID], actor: Actor) -> str | None:
    """Why an application can't win whatever the budget."""
    result = _assess(application, "allocation", actor).result
    if not rules.counts_as_eligible(application, result):
        return result
    if programme.one_active_voucher and application.organisation_id in holders:
        return "active_voucher"
    return None


def _months_before(moment: datetime, months: int) -> datetime:
    """The same day some months earlier, or the last day of a shorter month."""
    year, month = divmod(moment.year * 12 + moment.month - 1 - months, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, monthrange(year, month + 1)[1]))


def apply_answers(
    call: Call, applications: Sequence[Application], answers: Sequence[Answer], wave: int, actor: Actor
) -> None:
    """Write each answer down, do what it says and tell the company."""
    by_id = {application.id: application for application in applications}
    for answer in answers:
        application = by_id[answer.application_id]
        session.add(
            AllocationEntry(
                call_id=call.id,
                application_id=application.id,
                wave=wave,
                ticket=answer.ticket,
                outcome=answer.outcome,
                reason=answer.reason,
                position=answer.position,
                parts={str(line): part for line, part in answer.parts.items()},
                decided_at=clock.now(),
            )
        )
        if answer.outcome == "allocated":
            issue(call, application, answer.parts, actor)
        else:
            _tell_no(application, answer, actor)


def _tell_no(application: Application, answer: Answer, actor: Actor) -> None:
    application.reason = answer.reason
    event = "wait" if answer.outcome == "waitlisted" else "refuse"
    transition(application, APPLICATION, event, actor=actor, reason=answer.reason)
    db.flush()
    tell(application, answer.outcome, reason=answer.reason, position=answer.position)
