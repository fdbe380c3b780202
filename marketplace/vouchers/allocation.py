"""The allocation engine: who gets a voucher, first come by ticket, on plain data; anybody can replay it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from marketplace.core.money import split

Outcome = Literal["allocated", "waitlisted", "refused"]
BUDGET_SPENT = "budget_spent"
AID_CAP = "aid_cap"


@dataclass(frozen=True)
class Line:
    """One funder's money for the call: its weight in each voucher and what is still available, minor units."""

    id: UUID
    weight: int
    available: int


@dataclass(frozen=True)
class Ticket:
    """One place in the queue; `refusal` is why it can't win whatever the budget, if so.

    `undertaking` is the company with its linked firms, `promised` the aid it had within the cap's months before.
    """

    application_id: UUID
    number: int
    refusal: str | None = None
    undertaking: UUID | None = None
    promised: int = 0


@dataclass(frozen=True)
class Answer:
    """What one ticket is told; `parts` is the money taken from each line, `position` its place on the waitlist."""

    application_id: UUID
    ticket: int
    outcome: Outcome
    reason: str | None = None
    position: int | None = None
    parts: dict[UUID, int] = field(default_factory=dict)


def allocate(
    lines: Sequence[Line], tickets: Iterable[Ticket], *, amount: int, cap: int | None = None, waiting: int = 0
) -> list[Answer]:
    """Give `amount` to each ticket in order while every line can bear its part; nobody overtakes who waits.

    `cap` bounds what one undertaking may be promised, `waiting` is how many earlier tickets of this call already wait.
    The same input always gives the same answers, and a list worked through in batches gives those of the whole at once.
    """
    parts = dict(zip((line.id for line in lines), split(amount, [line.weight for line in lines]), strict=True))
    left = {line.id: line.available for line in lines}
    won: Counter[UUID | None] = Counter()
    answers = []
    for ticket in sorted(tickets, key=lambda ticket: ticket.number):
        over = cap is not None and ticket.promised + won[ticket.undertaking] + amount > cap
        refusal = ticket.refusal or (AID_CAP if over else None)
        if refusal:
            answers.append(Answer(ticket.application_id, ticket.number, "refused", refusal))
        elif waiting or any(left[line] < part for line, part in parts.items()):
            waiting += 1
            answers.append(Answer(ticket.application_id, ticket.number, "waitlisted", BUDGET_SPENT, waiting))
        else:
            left = {line: left[line] - part for line, part in parts.items()}
            won[ticket.undertaking] += amount
            answers.append(Answer(ticket.application_id, ticket.number, "allocated", parts=dict(parts)))
    return answers
