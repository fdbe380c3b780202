"""The sealed list as a file: everything an allocation was decided by and came to, which anybody can work through again.

It needs no database and no settings: only this file, `allocation.py`, `caps.py` and `core/money.py`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import UUID

from marketplace.programmes.states import AllocationMethod
from marketplace.vouchers.allocation import Answer, Line, Ticket, allocate, in_order, list_hash, seed_hash

FORMAT = "sealed-list-1"


@dataclass(frozen=True)
class Verdict:
    """What working through a file came to: the results byte for byte, and everything that does not agree."""

    results: bytes
    faults: list[str]
    answers: int


def canonical(value: object) -> bytes:
    """The one way to write a value down: JSON with sorted keys, no spaces, ASCII alone, one line."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"


def digest(content: bytes) -> str:
    """sha256 of a file, as `sha256sum` shows it."""
    return sha256(content).hexdigest()


def results_of(answers: Sequence[Answer], names: Mapping[int, str]) -> list[dict[str, Any]]:
    """The answers as the file states them, in ticket order."""
    return [
        {
            "ticket": answer.ticket,
            "number": names[answer.ticket],
            "outcome": answer.outcome,
            "reason": answer.reason,
            "position": answer.position,
            "parts": {str(line): part for line, part in answer.parts.items()},
        }
        for answer in sorted(answers, key=lambda answer: answer.ticket)
    ]


def replay(content: bytes) -> Verdict:
    """Work through a sealed list again and compare with what it says; ValueError for what is no such file."""
    try:
        document = json.loads(content)
        if document["format"] != FORMAT:
            raise ValueError(document["format"])
        results = canonical(_results(document))
        faults = _faults(document, content, results)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError("This is not a sealed list, or something in it can't be read.") from error
    return Verdict(results, faults, len(document["tickets"]))


def _results(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What the method makes of the list."""
    tickets = [_ticket(row) for row in document["tickets"]]
    queue = in_order(
        tickets,
        document["method"],
        seed=document["seed"] or "",
        sealed=document["list_hash"],
        scoring=document["scoring"],
    )
    lines = [Line(UUID(row["id"]), row["weight"], row["available"]) for row in document["lines"]]
    answers = allocate(lines, queue, amount=document["amount"], cap=document["cap"], quotas=document["quotas"])
    return results_of(answers, {ticket.number: ticket.name for ticket in tickets})


def _ticket(row: Mapping[str, Any]) -> Ticket:
    return Ticket(
        UUID(int=row["ticket"]),
        row["ticket"],
        row["refusal"],
        undertaking=UUID(int=row["undertaking"]),
        promised=row["promised"],
        name=row["number"],
        stratum=row["stratum"],
        points=row["points"],
    )


def _faults(document: Mapping[str, Any], content: bytes, results: bytes) -> list[str]:
    """Everything in the file that does not agree with itself."""
    faults = []
    handed_in = [(ticket, number) for ticket, number in document["handed_in"]]
    if content != canonical(document):
        faults.append("the file is not written in the one canonical way")
    if document["list_hash"] != list_hash(handed_in):
        faults.append("the hash of the list is not that of the tickets handed in")
    if document["method"] != AllocationMethod.FIRST_COME and document["seed_hash"] != seed_hash(document["seed"]):
        faults.append("the seed is not the one whose hash was published")
    decided = [(row["ticket"], row["number"]) for row in document["tickets"]]
    if len(set(decided)) != len(decided) or not set(decided) <= set(handed_in):
        faults.append("a ticket was decided that was not handed in, or twice")
    if canonical(document["results"]) != results:
        faults += _differences(document["results"], json.loads(results))
    return faults


def _differences(stated: Sequence[Mapping[str, Any]], again: Sequence[Mapping[str, Any]]) -> list[str]:
    by_ticket = {row["ticket"]: row for row in stated}
    differing = [row["ticket"] for row in again if by_ticket.get(row["ticket"]) != row]
    unknown = sorted(set(by_ticket) - {row["ticket"] for row in again})
    faults = [f"ticket {ticket} comes out differently" for ticket in [*differing, *unknown]]
    return faults or ["the results are in another order or twice"]
