"""Carrying out what an allocation decided, many answers at a time: move, voucher, money, mail."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import insert

from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import record_all, transition_all
from marketplace.core.db import session
from marketplace.ledger import service as ledger
from marketplace.programmes.models import Call
from marketplace.vouchers import queries
from marketplace.vouchers.models import AllocationEntry, Application, Voucher
from marketplace.vouchers.service.applications import tell_all
from marketplace.vouchers.states import APPLICATION

# What each application won: the amount on each budget line, minor units.
Won = Sequence[tuple[Application, Mapping[UUID, int]]]
Decided = Sequence[tuple[Application, AllocationEntry]]
EVENTS = {"waitlisted": "wait", "refused": "refuse"}


def carry_out(call: Call, wave: int, *, actor: Actor, size: int) -> int:
    """Carry out the next answers of a decided call, all of the batch or none; how many there were.

    Who withdrew meanwhile is left alone. Who got another voucher of the programme meanwhile is refused instead.
    """
    decided = queries.next_answers(call.id, limit=size)
    winners = [(application, entry) for application, entry in decided if entry.outcome == "allocated"]
    holders = _holders(call, winners)
    issue_all(
        call,
        [(application, _parts(entry)) for application, entry in winners if application.organisation_id not in holders],
        actor=actor,
    )
    late = [application for application, _entry in winners if application.organisation_id in holders]
    _refuse_late(call, late, wave, actor)
    for outcome, reason in sorted({(e.outcome, e.reason or "") for _a, e in decided if e.outcome != "allocated"}):
        same = [pair for pair in decided if (pair[1].outcome, pair[1].reason) == (outcome, reason)]
        say_no(outcome, reason, same, actor=actor)
    return len(decided)


def _holders(call: Call, winners: Decided) -> set[UUID]:
    if not call.programme.one_active_voucher:
        return set()
    return queries.active_vouchers(call.programme_id, [application.organisation_id for application, _e in winners])


def _parts(entry: AllocationEntry) -> dict[UUID, int]:
    return {UUID(line): part for line, part in entry.parts.items()}


def _refuse_late(call: Call, late: Sequence[Application], wave: int, actor: Actor) -> None:
    """A second answer, in the published list as well."""
    entries = [
        AllocationEntry(
            call_id=call.id,
            application_id=application.id,
            wave=wave,
            ticket=application.ticket or 0,
            outcome="refused",
            reason="active_voucher",
            parts={},
            decided_at=clock.now(),
        )
        for application in late
    ]
    session.add_all(entries)
    if late:
        say_no("refused", "active_voucher", list(zip(late, entries, strict=True)), actor=actor)


def say_no(outcome: str, reason: str, decided: Decided, *, actor: Actor, before: str = "accepted") -> None:
    """Put these applications on the waitlist or refuse them, for one reason, and tell the companies."""
    transition_all(
        Application,
        APPLICATION,
        EVENTS[outcome],
        [application.id for application, _entry in decided],
        before=before,
        actor=actor,
        reason=reason,
        values={"reason": reason},
    )
    tell_all(
        outcome,
        [
            (application, {"reason": reason, "position": entry.position, "linked": entry.detail})
            for application, entry in decided
        ],
    )


def issue_all(call: Call, won: Won, *, actor: Actor, before: str = "accepted") -> None:
    """Issue a voucher to each of these applications of the call and reserve its money: available → reserved.

    All of them or none; the number of statements does not grow with the number of vouchers.
    """
    if not won:
        return
    vouchers = _vouchers(call, [application for application, _parts in won])
    session.execute(insert(Voucher), vouchers)
    ids = [application.id for application, _parts in won]
    transition_all(Application, APPLICATION, "allocate", ids, before=before, actor=actor, values={"reason": None})
    issued = {
        each["id"]: {"after": {"application": each["application_id"], "amount": each["amount"]}} for each in vouchers
    }
    record_all(actor, "voucher.issue", Voucher.__tablename__, issued)
    ledger.reserve_all(
        [
            ledger.Reservation(("voucher", voucher["id"]), line_id, part, voucher["number"])
            for voucher, (_application, parts) in zip(vouchers, won, strict=True)
            for line_id, part in parts.items()
            if part
        ],
        currency=call.programme.currency,
        actor=actor,
    )
    tell_all("issued", [(won[index][0], _news(voucher)) for index, voucher in enumerate(vouchers)])


def _vouchers(call: Call, applications: Sequence[Application]) -> list[dict[str, Any]]:
    programme = call.programme
    every = {
        "call_id": call.id,
        "programme_id": programme.id,
        "amount": programme.voucher_amount,
        "currency": programme.currency,
        "one_active": programme.one_active_voucher,
        "issued_at": clock.now(),
        "expires_at": clock.end_of_day(clock.today() + timedelta(days=programme.voucher_validity_days)),
    }
    numbers = db.next_numbers("VOU", len(applications))
    return [
        every
        | {
            "id": uuid4(),
            "number": number,
            "code": secrets.token_urlsafe(18),
            "application_id": application.id,
            "organisation_id": application.organisation_id,
        }
        for number, application in zip(numbers, applications, strict=True)
    ]


def _news(voucher: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "voucher": voucher["number"],
        "amount": voucher["amount"],
        "currency": voucher["currency"],
        "expires_at": voucher["expires_at"] - timedelta(seconds=1),
        "voucher_path": f"/vouchers/{voucher['id']}",
    }
