"""Carrying out what an allocation decided, many answers at a time: move, voucher, money, mail."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Text, any_, func, insert, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import transition_all
from marketplace.programmes.models import Call
from marketplace.vouchers import queries
from marketplace.vouchers.models import Allocation, AllocationEntry, Application
from marketplace.vouchers.service.applications import tell_all
from marketplace.vouchers.service.issuing import issue_all
from marketplace.vouchers.service.offering import offer
from marketplace.vouchers.states import APPLICATION, ApplicationStatus, Outcome

EVENTS = {Outcome.WAITLISTED: "wait", Outcome.REFUSED: "refuse"}


def carry_out(call: Call, allocation: Allocation, *, actor: Actor, size: int) -> bool:
    """Carry out the answers to the next places of a decided call, all of them or none; whether it was the last piece.

    Who withdrew meanwhile is left alone. Who got another voucher of the programme meanwhile is refused instead. Whose
    company is not verified yet keeps its place: the money is reserved, and the voucher given once it is.
    """
    alike = queries.next_answers(call.id, after=allocation.answered_to, limit=size)
    allocation.answered_to += size
    for answer in alike:
        if answer.outcome == Outcome.ALLOCATED:
            late = queries.hold_active_voucher(call.programme, answer.ids)
            won = [application_id for application_id in answer.ids if application_id not in late]
            parts = {UUID(line): part for line, part in answer.parts.items()}
            unverified = queries.hold_unverified(won)
            issue_all(call, [one for one in won if one not in unverified], parts, actor=actor)
            for application in unverified.values():
                offer(application, parts, actor, template="kept")
            _refuse_late(call, sorted(late), actor)
        else:
            say_no(call, answer.outcome, answer.reason, answer.ids, actor=actor)
    return allocation.answered_to >= queries.last_place(call.id)


def _refuse_late(call: Call, application_ids: Sequence[UUID], actor: Actor) -> None:
    """A second answer, in the published list as well."""
    if not application_ids:
        return
    reason = "active_voucher"
    answer = {
        "call_id": Application.call_id,
        "application_id": Application.id,
        "ticket": Application.ticket,
        "outcome": literal(Outcome.REFUSED, Text),
        "reason": literal(reason),
        "parts": literal({}, JSONB),
        "decided_at": literal(clock.now()),
    }
    rows = select(*answer.values()).where(Application.id == any_(db.array(application_ids)))
    db.session.execute(insert(AllocationEntry).from_select(list(answer), rows, include_defaults=False))
    say_no(call, Outcome.REFUSED, reason, application_ids, actor=actor)


def say_no(call: Call, outcome: Outcome, reason: str, application_ids: Sequence[UUID], *, actor: Actor) -> None:
    """Put these applications on the waitlist or refuse them, for one reason, and tell the companies."""
    transition_all(
        Application,
        APPLICATION,
        EVENTS[outcome],
        application_ids,
        before=ApplicationStatus.ACCEPTED,
        actor=actor,
        reason=reason,
        values={"reason": reason},
    )
    told = func.jsonb_build_object("position", AllocationEntry.position, "linked", AllocationEntry.detail)
    answers = select(AllocationEntry.application_id, told).where(
        AllocationEntry.application_id == any_(db.array(application_ids)), AllocationEntry.outcome == outcome
    )
    tell_all(outcome, call, answers, reason=reason)
