"""The allocation engine: who gets a voucher, first come by ticket, on plain data; anybody can replay it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from marketplace.core.money import split

Outcome = Literal["allocated", "waitlisted", "refused"]
BUDGET_SPENT = "budget_spent"


@dataclass(frozen=True)
class Line:
    """One funder's money for the call: its weight in each voucher and what is still available, minor units."""

    id: UUID
    weight: int
    available: int


@dataclass(frozen=True)
class Ticket:
    """One place in the queue; `refusal` is why it can't win whatever the budget, if so."""

    application_id: UUID
    number: int
    refusal: str | None = None


@dataclass(frozen=True)
class Answer:
    """What one ticket is told; `parts` is the money taken from each line, `position` its place on the waitlist."""

    application_id: UUID
    ticket: int
    outcome: Outcome
    reason: str | None = None
    position: int | None = None
    parts: dict[UUID, int] = field(default_factory=dict)


def allocate(lines: Sequence[Line], tickets: Iterable[Ticket], *, amount: int, waiting: int = 0) -> list[Answer]:
    """Give `amount` to each ticket in order while every line can bear its part; nobody overtakes who waits.

    `waiting` is how many earlier tickets of this call already wait. The same input always gives the same answers, and
    a list worked through in batches gives the same answers as the whole at once.
    """
    parts = dict(zip((line.id for line in lines), split(amount, [line.weight for line in lines]), strict=True))
    left = {line.id: line.available for line in lines}
    answers = []
    for ticket in sorted(tickets, key=lambda ticket: ticket.number):
        if ticket.refusal:
            answers.append(Answer(ticket.application_id, ticket.number, "refused", ticket.refusal))
        elif waiting or any(left[line] < part for line, part in parts.items()):
            waiting += 1
            answers.append(Answer(ticket.application_id, ticket.number, "waitlisted", BUDGET_SPENT, waiting))
        else:
            left = {line: left[line] - part for line, part in parts.items()}
            answers.append(Answer(ticket.application_id, ticket.number, "allocated", parts=dict(parts)))
    return answers
