"""What comes back to a call's budget is offered to its waitlist."""

from __future__ import annotations

from uuid import UUID

from marketplace.core.actors import Actor
from marketplace.vouchers import queries
from marketplace.vouchers.allocation import allocate
from marketplace.vouchers.service.allocation import (
    BATCH,
    apply_answers,
    lines_of,
    lock_programme_of,
    offer_again,
    tickets_of,
)


def offer_from_waitlist(call_id: UUID, wave: int, *, actor: Actor, size: int = BATCH) -> None:
    """Give released money to the waitlist in ticket order, as far as it goes."""
    call = lock_programme_of(call_id)
    allocation = queries.find_allocation(call_id, lock=True)
    if allocation is None or allocation.finished_at is None:
        return
    lines = lines_of(call)
    if any(line.available <= 0 for line in lines):
        return
    applications = queries.next_in_line(call_id, "waitlisted", limit=size)
    tickets = tickets_of(call.programme, applications, actor)
    answers = allocate(lines, tickets, amount=call.programme.voucher_amount, cap=call.programme.aid_cap)
    decided = [answer for answer in answers if answer.outcome != "waitlisted"]
    apply_answers(call, applications, decided, wave, actor)
    if applications and len(decided) == len(applications):
        offer_again(call_id)
