"""The allocation engine: who gets a voucher, in which order, on plain data; anybody can replay it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from hashlib import sha256
from typing import Any
from uuid import UUID

from marketplace.core.money import split
from marketplace.programmes.states import AllocationMethod
from marketplace.vouchers.caps import breaks
from marketplace.vouchers.states import Outcome

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
    name: str = ""  # the application's number, by which a lot is drawn
    stratum: str | None = None
    points: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Answer:
    """What one ticket is told; `parts` is the money taken from each line, `position` its place on the waitlist."""

    application_id: UUID
    ticket: int
    outcome: Outcome
    reason: str | None = None
    position: int | None = None
    parts: dict[UUID, int] = field(default_factory=dict)


def seed_hash(seed: str) -> str:
    """What is published of a seed before the call opens: sha256 of its 64 hexadecimal digits, as such digits."""
    return sha256(seed.encode("ascii")).hexdigest()


def list_hash(tickets: Iterable[tuple[int, str]]) -> str:
    """The sealed list's own hash: sha256 of a line "ticket number" for each application that was handed in."""
    text = "".join(f"{ticket} {number}\n" for ticket, number in sorted(tickets))
    return sha256(text.encode("ascii")).hexdigest()


def lot(seed: str, sealed: str, name: str) -> str:
    """A ticket's lot: sha256 of the seed, the sealed list's hash and the application's number, one after another.

    The seed is fixed before anybody applies and the list by everybody who applies, so nobody chooses a lot.
    """
    return sha256(f"{seed}{sealed}{name}".encode("ascii")).hexdigest()


def score(points: Mapping[str, Any], scoring: Mapping[str, Any]) -> Fraction:
    """The mean of what the scorers gave, each criterion by its weight out of 100, plus the certificates' points."""
    scorers: Sequence[Mapping[str, int]] = points["scorers"]
    given = Fraction(0)
    for scorer in scorers:
        for criterion in scoring["criteria"]:
            given += Fraction(scorer[criterion["code"]] * criterion["weight"], criterion["max"])
    extra: int = sum(
        certificate["points"]
        for certificate in scoring["certificates"]
        if certificate["code"] in points["certificates"]
    )
    return given / (len(scorers) or 1) + extra


def in_order(
    tickets: Iterable[Ticket],
    method: AllocationMethod,
    *,
    seed: str = "",
    sealed: str = "",
    scoring: Mapping[str, Any] | None = None,
) -> list[Ticket]:
    """The tickets as they are worked through: by number, by lot, or by score and among equals by lot."""
    if method == AllocationMethod.FIRST_COME:
        return sorted(tickets, key=lambda ticket: ticket.number)
    drawn = sorted(tickets, key=lambda ticket: lot(seed, sealed, ticket.name))
    if method != AllocationMethod.SCORED:
        return drawn
    return sorted(drawn, key=lambda ticket: -score(ticket.points or {}, scoring or {}))


def allocate(
    lines: Sequence[Line],
    tickets: Iterable[Ticket],
    *,
    amount: int,
    cap: int | None = None,
    waiting: int = 0,
    quotas: Mapping[str, int] | None = None,
) -> list[Answer]:
    """Give `amount` to each ticket in order while every line can bear its part; nobody overtakes who waits.

    `cap` bounds what one undertaking may be promised, `waiting` is how many earlier tickets of this call already wait.
    With `quotas` (vouchers by stratum) each stratum's own are given first, in order; what no quota holds or used goes
    to everybody left, in the same order. The same input always gives the same answers, in the order of the tickets.
    """
    given = _Giving(lines, amount, cap, waiting)
    queue = list(tickets)
    left = []
    for ticket in queue:
        if (quotas or {}).get(ticket.stratum or "", 0) > given.by_stratum[ticket.stratum]:
            given.answer(ticket, keep_waiting=True)
        if ticket.number not in given.answers:
            left.append(ticket)
    for ticket in left:
        given.answer(ticket)
    return [given.answers[ticket.number] for ticket in queue]


class _Giving:
    """What has been given so far, and to whom."""

    def __init__(self, lines: Sequence[Line], amount: int, cap: int | None, waiting: int) -> None:
        self.amount, self.cap, self.waiting = amount, cap, waiting
        parts = split(amount, [line.weight for line in lines])
        self.parts = dict(zip((line.id for line in lines), parts, strict=True))
        self.left = {line.id: line.available for line in lines}
        self.won: Counter[UUID | None] = Counter()
        self.by_stratum: Counter[str | None] = Counter()
        self.answers: dict[int, Answer] = {}

    def answer(self, ticket: Ticket, *, keep_waiting: bool = False) -> None:
        """Answer one ticket; with `keep_waiting` one that gets nothing now is asked again."""
        over = breaks(self.cap, promised=ticket.promised + self.won[ticket.undertaking], amount=self.amount)
        refusal = ticket.refusal or (AID_CAP if over else None)
        if refusal:
            self.answers[ticket.number] = Answer(ticket.application_id, ticket.number, Outcome.REFUSED, refusal)
        elif not self.waiting and all(self.left[line] >= part for line, part in self.parts.items()):
            self._give(ticket)
        elif not keep_waiting:
            self.waiting += 1
            waits = Answer(ticket.application_id, ticket.number, Outcome.WAITLISTED, BUDGET_SPENT, self.waiting)
            self.answers[ticket.number] = waits

    def _give(self, ticket: Ticket) -> None:
        self.left = {line: self.left[line] - part for line, part in self.parts.items()}
        self.won[ticket.undertaking] += self.amount
        self.by_stratum[ticket.stratum] += 1
        self.answers[ticket.number] = Answer(
            ticket.application_id, ticket.number, Outcome.ALLOCATED, parts=dict(self.parts)
        )
