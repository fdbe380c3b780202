"""Deciding a call: its list is sealed with everything that counts, and the engine answers all tickets at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import record
from marketplace.programmes import queries as programmes
from marketplace.programmes import rules as programme_rules
from marketplace.programmes.models import Call, Programme
from marketplace.programmes.states import Eligibility, Stratum
from marketplace.vouchers import queries, rules, sealed_list
from marketplace.vouchers.allocation import AID_CAP, Answer, Line, Ticket, allocate, in_order
from marketplace.vouchers.caps import Promised, breaks, window_start
from marketplace.vouchers.models import Allocation, AllocationEntry, Application, SealedTicket
from marketplace.vouchers.states import Outcome


def decide(call: Call, allocation: Allocation, lines: Sequence[Line], *, actor: Actor) -> None:
    """Seal what every ticket is decided by, and answer all of them; nothing is given yet.

    The answers follow from the sealed list alone, so that anybody can replay them.
    """
    programme = call.programme
    # Not what is available now: what comes back meanwhile goes to the waitlist.
    opening = [replace(line, available=allocation.opening[str(line.id)]) for line in lines]
    queue = in_order(
        _tickets(call),
        call.allocation_method,
        seed=programmes.seed(call) or "",
        sealed=allocation.list_hash,
        scoring=call.scoring,
    )
    answers = allocate(opening, queue, amount=programme.voucher_amount, cap=programme.aid_cap, quotas=call.quotas)
    _store(call, queue, answers)
    # Kept from now on, here and in the audit trail: a list forged later, however well, has another.
    allocation.file_hash = sealed_list.digest(queries.written_list(call, allocation))
    allocation.decided_at = clock.now()
    outcomes = [answer.outcome for answer in answers]
    counts = {outcome: outcomes.count(outcome) for outcome in sorted(set(outcomes))}
    after = {"call": str(call.id), "answers": counts, "file_hash": allocation.file_hash}
    record(actor, "allocation.decide", allocation, after=after)
    db.flush()


def _tickets(call: Call) -> list[Ticket]:
    """Every accepted application with what counts: eligibility, vouchers held, aid promised, stratum, points."""
    programme = call.programme
    candidates = queries.candidates(call.id)
    if any(row.result is None for row in candidates):
        raise LookupError("eligibility was not taken again of every application")
    holders = queries.active_vouchers(programme.id, [row.organisation_id for row in candidates])
    holders |= queries.promised_vouchers(programme.id)
    promised = promised_now(programme)
    points = queries.points_of(call) if call.scoring else {}
    return [
        replace(
            ticket_of(programme, row, row.result, undertaking=row.undertaking, holders=holders, promised=promised),
            name=row.number,
            stratum=_stratum(call, row),
            points=points.get(row.id),
        )
        for row in candidates
    ]


def ticket_of(
    programme: Programme,
    application: Application | Row[Any],
    result: Eligibility,
    *,
    undertaking: UUID,
    holders: Collection[UUID],
    promised: Promised,
) -> Ticket:
    """An application as the engine takes it; `result` is that of its newest assessment, `holders` have a voucher."""
    company = application.organisation_id
    return Ticket(
        application.id,
        application.ticket or 0,
        rules.refusal(
            application,
            result,
            holds=programme.one_active_voucher and company in holders,
            over=breaks(programme.sme_cap, promised=promised.by_company[company], amount=programme.voucher_amount),
        ),
        undertaking=undertaking,
        promised=promised.by_undertaking[undertaking],
    )


def _stratum(call: Call, row: Row[Any]) -> str | None:
    """The stratum of a call with quotas to which the company belongs."""
    if call.quota_by == Stratum.BAND:
        return programme_rules.assess(programme_rules.standard_of(call), row.facts).band
    if call.quota_by == Stratum.SECTOR:
        return str(row.facts.get("sector"))
    return str(row.region) if call.quota_by == Stratum.REGION else None


def _store(call: Call, queue: Sequence[Ticket], answers: Sequence[Answer]) -> None:
    sealed = [
        {
            "application_id": ticket.application_id,
            "call_id": call.id,
            "ticket": ticket.number,
            "place": place,
            "refusal": ticket.refusal,
            "undertaking": ticket.undertaking,
            "promised": ticket.promised,
            "stratum": ticket.stratum,
            "points": ticket.points,
        }
        for place, ticket in enumerate(queue, start=1)
    ]
    entries = [
        {
            "call_id": call.id,
            "application_id": answer.application_id,
            "ticket": answer.ticket,
            "outcome": answer.outcome,
            "reason": answer.reason,
            "detail": None,
            "position": answer.position,
            "parts": {str(line): part for line, part in answer.parts.items()},
            "decided_at": clock.now(),
        }
        for answer in answers
    ]
    given = [entry for entry in entries if entry["outcome"] == Outcome.ALLOCATED]
    others = [entry for entry in entries if entry["outcome"] != Outcome.ALLOCATED]
    db.insert_all(SealedTicket, sealed)
    db.insert_all(AllocationEntry, given)
    _name_linked(call, others)
    db.insert_all(AllocationEntry, others)


def _name_linked(call: Call, entries: Sequence[dict[str, Any]]) -> None:
    """Whoever is refused because of linked firms learns which ones hold the aid, those of this list too."""
    capped = [entry for entry in entries if entry["reason"] == AID_CAP]
    if capped:
        promised = promised_now(call.programme)
        for entry in capped:
            entry["detail"] = queries.linked_holders(entry["application_id"], promised)


def promised_now(programme: Programme, *, besides: Collection[UUID] = ()) -> Promised:
    """What counts under the programme's caps at this moment, without the open offers to these applications."""
    since = window_start(clock.now(), programme.aid_cap_months or 0)
    return queries.promised_aid(programme.id, since, besides=besides)
