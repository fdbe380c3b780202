"""The verbs that give vouchers: close the list, take eligibility again, decide the whole, carry out in batches."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select

from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, Subscription, announce, schedule, task
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger_queries
from marketplace.programmes import events as programme_events
from marketplace.programmes import queries as programmes
from marketplace.programmes import service as programmes_service
from marketplace.programmes.models import Call, Programme
from marketplace.programmes.states import CallStatus
from marketplace.vouchers import events, queries, rules
from marketplace.vouchers.allocation import AID_CAP, Answer, Line, Ticket, list_hash
from marketplace.vouchers.models import Allocation, AllocationEntry, Application, Assessment
from marketplace.vouchers.service.answering import carry_out
from marketplace.vouchers.service.applications import assessed, keep_assessment, tell
from marketplace.vouchers.service.asking import ask_scorers
from marketplace.vouchers.service.deciding import decide, promised_now, ticket_of
from marketplace.vouchers.service.settling import settle_certificates
from marketplace.vouchers.states import APPLICATION, AssessmentOccasion

BATCH = 1000


@task(
    "close_call",
    _("Close a call and begin its allocation"),
    Queue.MONEY,
    on=[
        Subscription(programme_events.CALL_PUBLISHED, run_after="closes_at"),
        # A call that closed meanwhile may have waited for this application alone.
        Subscription(events.APPLICATION_DECIDED),
        Subscription(events.APPLICATION_WITHDRAWN),
    ],
)
def close_call(call_id: UUID, *, actor: Actor) -> None:
    """Seal a call whose time is up and begin its allocation, unless a decision about eligibility or a score is open.

    Where applications are scored, evaluators are asked once it is clear which applications and certificates count.
    """
    call = programmes_service.close_call(call_id, actor=actor)
    begun = queries.find_allocation(call.id) is not None
    if call.status != CallStatus.CLOSED or begun or queries.undecided(call.id):
        return
    if not settle_certificates(call, actor=actor):
        return
    ask_scorers(call, actor=actor)
    if not queries.unscored(call):
        start_allocation(call.id, actor=actor)


def start_allocation(call_id: UUID, *, actor: Actor) -> Allocation:
    """Begin the one allocation of a closed call, over its sealed list; batches in the background do the work."""
    rules.check_officer_or_system(actor)
    call = programmes_service.close_call(call_id, actor=actor)
    if call.status != CallStatus.CLOSED:
        raise DomainError(_("The call is still open. Allocation begins after it closes."))
    if queries.undecided(call.id):
        raise DomainError(_("Decide first about the applications whose eligibility is open."))
    if queries.awaited(call.id):
        raise DomainError(_("Certificates that add points are still to be verified."))
    if queries.unscored(call):
        raise DomainError(_("Some applications are not scored yet."))
    if queries.find_allocation(call.id) is not None:
        raise DomainError(_("The allocation of this call has already begun."))
    opening = {str(line.id): line.available for line in lines_of(call)}
    allocation = Allocation(
        call_id=call.id,
        opening=opening,
        list_hash=list_hash(queries.handed_in(call.id)),
        started_by=actor.person_id,
        started_at=clock.now(),
    )
    db.session.add(allocation)
    db.flush()
    after = {"call": str(call.id), "opening": opening, "list_hash": allocation.list_hash}
    record(actor, "allocation.start", allocation, after=after)
    schedule(allocate_batch, call_id=call.id, batch=1)
    return allocation


@task("allocate_batch", _("Answer the next applications of a call"), Queue.MONEY)
def allocate_batch(call_id: UUID, batch: int, *, actor: Actor, size: int = BATCH) -> None:
    """Do the next piece of an allocation, `size` applications at most, and ask for the next until it is finished.

    Eligibility is taken again of all, then everything is decided at once, then the answers are carried out. Two pieces
    of one programme never run at once; how far it came is stored with each, so a piece run again simply goes on.
    """
    rules.check_system(actor)
    call = lock_programme_of(call_id)
    allocation = queries.find_allocation(call_id, lock=True)
    if allocation is None or allocation.finished_at is not None:
        return
    if allocation.decided_at is None:
        if _take_eligibility_again(call, allocation, actor, size) < size:
            decide(call, allocation, lines_of(call), actor=actor)
        finished = False
    else:
        finished = carry_out(call, allocation, actor=actor, size=size)
    if finished:
        allocation.finished_at = clock.now()
        record(actor, "allocation.finish", allocation, after={"call": str(call_id)})
        # What came back, and what a winner left by withdrawing, while the list was worked through.
        announce(events.MONEY_RELEASED, call_id=call_id, by=f"allocation:{allocation.id}")
    else:
        schedule(allocate_batch, call_id=call_id, batch=batch + 1)


def _take_eligibility_again(call: Call, allocation: Allocation, actor: Actor, size: int) -> int:
    """Ask the size standard about the next applications, as always when money is promised; how many there were."""
    applications = queries.next_tickets(call.id, after=allocation.asked_to, limit=size)
    if applications:
        allocation.asked_to = applications[-1].ticket or 0
    db.insert_all(
        Assessment, [assessed(application, AssessmentOccasion.ALLOCATION, actor) for application in applications]
    )
    return len(applications)


def lock_programme_of(call_id: UUID) -> Call:
    """One allocation at a time per programme: caps and "one active voucher" reach across its calls."""
    call = programmes.get_call(call_id)
    db.session.execute(select(Programme.id).where(Programme.id == call.programme_id).with_for_update(key_share=True))
    return call


def lines_of(call: Call) -> list[Line]:
    """The funders' lines with their weight in the public part and what they have available now."""
    weights = programmes.funder_weights(call.programme_id)
    return [
        Line(line.id, weights[line.funder_id], ledger_queries.balance(chart.available(line.id)))
        for line in programmes.budget_lines(call.id)
    ]


def tickets_of(programme: Programme, applications: Sequence[Application], actor: Actor) -> list[Ticket]:
    """These applications as the engine takes them, their own offers left out; eligibility is taken again here."""
    holders = queries.active_vouchers(programme.id, [application.organisation_id for application in applications])
    holders |= queries.promised_vouchers(programme.id)
    promised = promised_now(programme, besides=[application.id for application in applications])
    return [
        ticket_of(
            programme,
            application,
            keep_assessment(application, AssessmentOccasion.ALLOCATION, actor).result,
            undertaking=application.organisation.undertaking_id or application.organisation_id,
            holders=holders,
            promised=promised,
        )
        for application in applications
    ]


def refuse_waiting(call: Call, applications: Sequence[Application], answers: Sequence[Answer], actor: Actor) -> None:
    """Write down why each of these, which waited, gets no voucher after all, and tell the company."""
    by_id = {application.id: application for application in applications}
    for answer in answers:
        application = by_id[answer.application_id]
        linked = None
        if answer.reason == AID_CAP:
            linked = queries.linked_holders(application.id, promised_now(call.programme))
        db.session.add(
            AllocationEntry(
                call_id=call.id,
                application_id=application.id,
                ticket=answer.ticket,
                outcome=answer.outcome,
                reason=answer.reason,
                detail=linked,
                position=answer.position,
                parts={},
                decided_at=clock.now(),
            )
        )
        application.reason = answer.reason
        transition(application, APPLICATION, "refuse", actor=actor, reason=answer.reason)
        db.flush()
        tell(application, "refused", reason=answer.reason, linked=linked)
