"""Reads of the queue, the waitlist and the published list of an allocation, and its replay."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import BigInteger, Select, cast, func, select, true
from sqlalchemy.dialects.postgresql import distinct_on

from marketplace.core.db import session
from marketplace.programmes import queries as programmes
from marketplace.programmes.models import Call
from marketplace.vouchers.allocation import Line, Ticket, allocate
from marketplace.vouchers.models import Allocation, AllocationEntry, Application


def next_in_line(call_id: UUID, status: str, *, limit: int) -> Sequence[Application]:
    """The next applications of a call in ticket order, locked."""
    return session.scalars(
        select(Application)
        .where(Application.call_id == call_id, Application.status == status)
        .order_by(Application.ticket)
        .limit(limit)
        .with_for_update(of=Application)
        .execution_options(populate_existing=True)
    ).all()


def waiting(call_id: UUID) -> int:
    """How many applications of a call are on the waitlist."""
    count = select(func.count()).select_from(Application)
    return session.scalar(count.where(Application.call_id == call_id, Application.status == "waitlisted")) or 0


def waitlist_position(application: Application) -> int | None:
    """The application's place on the waitlist now, 1 being next; None when it does not wait."""
    if application.status != "waitlisted":
        return None
    before = select(func.count()).select_from(Application)
    before = before.where(
        Application.call_id == application.call_id,
        Application.status == "waitlisted",
        Application.ticket <= application.ticket,
    )
    return session.scalar(before)


def find_allocation(call_id: UUID, *, lock: bool = False) -> Allocation | None:
    """The allocation of a call, if it has begun."""
    found = select(Allocation).where(Allocation.call_id == call_id)
    if lock:
        found = found.with_for_update().execution_options(populate_existing=True)
    return session.scalars(found).one_or_none()


def allocation_entries(call_id: UUID) -> Select[AllocationEntry, str]:
    """What allocation answered each ticket of a call, with the application's number."""
    return (
        select(AllocationEntry, Application.number)
        .join(Application, Application.id == AllocationEntry.application_id)
        .where(AllocationEntry.call_id == call_id)
    )


def given_by_allocation(call_id: UUID) -> dict[str, int]:
    """What the allocation of a call has given so far on each budget line, in minor units."""
    part = func.jsonb_each_text(AllocationEntry.parts).table_valued("key", "value")
    rows = session.execute(
        select(part.c.key, func.sum(cast(part.c.value, BigInteger)))
        .select_from(AllocationEntry)
        .join(part, true())
        .where(AllocationEntry.call_id == call_id)
        .group_by(part.c.key)
    )
    return {row[0]: int(row[1]) for row in rows}


def first_answers(call_id: UUID) -> Sequence[AllocationEntry]:
    """The first answer each ticket of a call got, in ticket order: what a replay must come to."""
    return session.scalars(
        select(AllocationEntry)
        .ext(distinct_on(AllocationEntry.ticket))
        .where(AllocationEntry.call_id == call_id)
        .order_by(AllocationEntry.ticket, AllocationEntry.decided_at)
    ).all()


def replay_differences(call: Call) -> list[int]:
    """Work through the published list of a call again; the tickets whose answer differs (none in a sound one)."""
    allocation = find_allocation(call.id)
    if allocation is None:
        return []
    weights = {share.funder_id: share.basis_points for share in programmes.cost_shares(call.programme_id)}
    lines = [
        Line(line.id, weights[line.funder_id], allocation.opening[str(line.id)])
        for line in programmes.budget_lines(call.id)
    ]
    entries = first_answers(call.id)
    tickets = [
        Ticket(entry.application_id, entry.ticket, entry.reason if entry.outcome == "refused" else None)
        for entry in entries
    ]
    again = allocate(lines, tickets, amount=call.programme.voucher_amount)
    return [
        entry.ticket
        for entry, answer in zip(entries, again, strict=True)
        if (entry.outcome, entry.position) != (answer.outcome, answer.position)
    ]
