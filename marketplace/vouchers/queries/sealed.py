"""The sealed list of a decided call as its file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from marketplace.core.errors import NotFound
from marketplace.programmes import queries as programmes
from marketplace.programmes.models import Call
from marketplace.vouchers import sealed_list
from marketplace.vouchers.allocation import Answer
from marketplace.vouchers.models import Allocation
from marketplace.vouchers.queries.allocation import find_allocation, first_answers, handed_in, sealed_tickets


def sealed_file(call: Call) -> bytes:
    """The sealed list of a decided call with its results; the same bytes each time. NotFound before."""
    allocation = find_allocation(call.id)
    if allocation is None or allocation.decided_at is None:
        raise NotFound()
    return written_list(call, allocation)


def written_list(call: Call, allocation: Allocation) -> bytes:
    """The stored list and first answers of a call, canonical and without names."""
    applications = handed_in(call.id)
    names = dict(applications)
    scoring = call.scoring
    return sealed_list.canonical(
        {
            "format": sealed_list.FORMAT,
            "call": call.number,
            "method": call.allocation_method,
            "currency": call.programme.currency,
            "amount": call.programme.voucher_amount,
            "cap": call.programme.aid_cap,
            "quota_by": call.quota_by,
            "quotas": call.quotas,
            "scoring": scoring and {name: scoring[name] for name in ("code", "criteria", "certificates")},
            "seed_hash": call.seed_hash,
            "seed": programmes.seed(call),
            "list_hash": allocation.list_hash,
            "handed_in": applications,
            "lines": _lines(call, allocation),
            "tickets": _tickets(sealed_tickets(call.id), names),
            "results": sealed_list.results_of([_answer(entry) for entry in first_answers(call.id)], names),
        }
    )


def _lines(call: Call, allocation: Allocation) -> list[dict[str, Any]]:
    weights = programmes.funder_weights(call.programme_id)
    return [
        {
            "id": str(line.id),
            "funder": line.funder.code,
            "weight": weights[line.funder_id],
            "available": allocation.opening[str(line.id)],
        }
        for line in programmes.budget_lines(call.id)
    ]


def _tickets(sealed: Sequence[Row[Any]], names: dict[int, str]) -> list[dict[str, Any]]:
    """The facts that count; linked firms bear one number, which says nothing about who they are."""
    groups: dict[UUID, int] = {}
    return [
        {
            "ticket": ticket.ticket,
            "number": names[ticket.ticket],
            "refusal": ticket.refusal,
            "undertaking": groups.setdefault(ticket.undertaking, len(groups) + 1),
            "promised": ticket.promised,
            "stratum": ticket.stratum,
            "points": ticket.points,
        }
        for ticket in sealed
    ]


def _answer(entry: Row[Any]) -> Answer:
    parts = {UUID(line): part for line, part in entry.parts.items()}
    return Answer(entry.application_id, entry.ticket, entry.outcome, entry.reason, entry.position, parts)
