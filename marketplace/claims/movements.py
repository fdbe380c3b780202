"""Which money in a report is known from another one: the engine of movement identity, without a database.

All units of one call are of one account, currency, direction and day. The same money has the same amount and a name in
common, or it hides in an entry that the bank doesn't tell apart. What contradicts by its names is never the same.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any

from marketplace.claims.repetitions import is_own_mark
from marketplace.claims.states import Direction, ReportKind

MOST_COMPARED = 500
"""With so many of the same amount that name nothing, none is likelier than another."""


@dataclass(eq=False)
class Unit:
    """An entry or a part of one, as one kind of report tells it.

    `numbers` are the agency's references that it names, `reference` the payer's, `payer` the account it came from,
    `marks` the bank's references. A `single` one is told as one transaction, any other may hold several. `brought` is
    what the books took from it, in minor units; `claimed` how much of it each other kind of report has told by name.
    `origin` is the unit that it was known from.
    """

    key: Any
    kind: ReportKind
    amount: int
    single: bool
    numbers: frozenset[str] = frozenset()
    reference: str = ""
    payer: str = ""
    marks: frozenset[str] = frozenset()
    brought: int = 0
    claimed: dict[ReportKind, int] = field(default_factory=dict)
    origin: "Unit | None" = None
    direction: Direction = Direction.CREDIT
    booked_on: date = date.min

    def room(self, kind: ReportKind) -> int:
        """How much of it, and of what it was known from, reports of this kind haven't told by name yet."""
        own = self.amount - self.claimed.get(kind, 0)
        return own if self.origin is None else min(own, self.origin.room(kind))

    def money(self, kind: ReportKind) -> int:
        """How much of what it brought they haven't told by name yet."""
        return max(0, self.brought - self.claimed.get(kind, 0))

    @property
    def hides(self) -> bool:
        """Whether it names nothing and may hold several payments, known from no one in particular."""
        return not self.single and not self.names and self.origin is None

    @property
    def payment(self) -> "Unit":
        """The one that brought its money."""
        return self if self.origin is None else self.origin.payment

    def claim(self, kind: ReportKind, amount: int) -> None:
        """Note that a report of this kind told so much of it, and of what it was known from."""
        self.claimed[kind] = self.claimed.get(kind, 0) + amount
        if self.origin is not None:
            self.origin.claim(kind, amount)

    @property
    def names(self) -> frozenset[str]:
        """All that says which payment it is."""
        return self.numbers | {self.reference} if self.reference else self.numbers

    def contradicts(self, other: "Unit") -> bool:
        """Whether both say which payment they are, or whose, and differ."""
        if self.single and other.single and self.reference and other.reference:
            return self.reference != other.reference
        if self.names & other.names:
            return False
        return any(mine and others and mine != others for mine, others in (
            (self.numbers, other.numbers), (self.reference, other.reference), (self.payer, other.payer),
        ))  # fmt: skip


@dataclass
class Verdict:
    """What a new unit is: so much of each known unit, so much new money; known besides without saying from where.

    `excess` is by how much it is more than the one that it is known from, or less (below 0).
    """

    unit: Unit
    known: list[tuple[Unit, int]] = field(default_factory=list)
    fresh: int = 0
    excess: int = 0

    @property
    def hidden(self) -> int:
        """What is known, but not from which unit."""
        return self.unit.amount - self.excess - self.fresh - sum(amount for _unit, amount in self.known)

    def noted(self) -> Unit:
        """The unit, which knows now what it brings and from what it is known."""
        self.unit.brought = self.fresh
        self.unit.origin = self.known[0][0] if self.known else None
        return self.unit


def judge(new: Sequence[Unit], old: Sequence[Unit], *, tolerance: int) -> tuple[list[Verdict], list[tuple[Unit, int]]]:
    """Of each new unit, all of one kind, what it is; and by how much money of earlier units of that kind is new after
    all. Names may agree while amounts differ by up to `tolerance` per cent: the bank kept a charge.
    """
    verdicts = {unit: Verdict(unit) for unit in new}
    if not new:
        return [], []
    kind = new[0].kind
    others = [unit for unit in old if unit.kind != kind]
    _by_twins(new, others, verdicts)
    hiding = [unit for unit in new if not verdicts[unit].known]
    rest = []
    for unit in hiding:
        verdict = verdicts[unit]
        if unit.single and _differs_a_little(verdict, others, tolerance):
            continue
        if unit.names and not unit.single and _is_made_of(verdict, others):
            continue
        if (unit.single or unit.names) and not _hides_in_another(verdict, others):
            verdict.fresh = unit.amount
        elif not unit.single and not unit.names:
            rest.append(unit)
    earlier = [unit for unit in old if unit.kind == kind and unit.hides]
    return list(verdicts.values()), _share_out(rest, earlier, others, verdicts)


def settle(verdicts: Iterable[Verdict], units: Sequence[Unit]) -> None:
    """Money that seems new, and that a notification and a later statement tell of under the same references.

    `units` are all of its day and those around it, the nearest first.
    """
    index: dict[int, list[Unit]] = {}
    for other in units:
        index.setdefault(other.amount, []).append(other)
    unnamed: dict[date, int] = {}
    for verdict in verdicts:
        unit = verdict.unit
        if verdict.known or verdict.fresh != unit.amount:
            continue
        known_from = _spare(unit, index.get(unit.amount, [])[:MOST_COMPARED])
        if known_from is None:
            continue
        day = known_from.booked_on
        if day not in unnamed:
            unnamed[day] = _unnamed_money(unit.kind, day, units)
        if unnamed[day] >= unit.amount:
            _know(verdict, known_from, unit.amount)
            unnamed[day] -= unit.amount
            verdict.fresh, unit.brought, unit.origin = 0, 0, known_from


def _unnamed_money(kind: ReportKind, day: date, units: Iterable[Unit]) -> int:
    """How much came on a day of which this kind of report tells neither by name nor in what it doesn't tell apart."""
    of_day = [unit for unit in units if unit.booked_on == day]
    told = sum(unit.money(kind) for unit in of_day if unit.kind != kind)
    return told - sum(unit.amount - unit.brought for unit in of_day if unit.kind == kind and unit.hides)


def _spare(unit: Unit, others: Sequence[Unit]) -> Unit | None:
    """The payment that this one is, told by its kind of report by no other one.

    Where one of its kind was taken for the payment that it is, another payment is looked for that this may be instead.
    """
    waiting, seen = [unit], set()
    for one in waiting:
        for other in others:
            if other.kind == unit.kind or other in seen or not _is_told_again(one, other):
                continue
            seen.add(other)
            payment = other.payment
            if payment.brought == payment.amount == unit.amount and other.room(unit.kind) == unit.amount:
                return other
            taken = [that for that in others if that.kind == unit.kind and that.payment is payment]
            waiting += [that for that in taken if that not in waiting]
    return None


def _is_told_again(unit: Unit, other: Unit) -> bool:
    if unit.booked_on != other.booked_on:
        return _is_followed(unit, other)
    return unit.single and other.single and bool(unit.names & other.names) and not unit.contradicts(other)


def _is_followed(unit: Unit, other: Unit) -> bool:
    """Whether one is a statement's telling of what the other had told before, by all references that there are."""
    if (unit.kind == ReportKind.STATEMENT) == (other.kind == ReportKind.STATEMENT) or unit.contradicts(other):
        return False
    later, earlier = (unit, other) if unit.kind == ReportKind.STATEMENT else (other, unit)
    if later.booked_on <= earlier.booked_on:
        return False
    has_mark = any(map(is_own_mark, unit.marks & other.marks))
    return has_mark or bool(unit.names & other.names and unit.payer == other.payer and unit.single and other.single)


def _by_twins(new: Sequence[Unit], others: Sequence[Unit], verdicts: dict[Unit, Verdict]) -> None:
    """The same amount and names or references of the bank in common, those that agree in most first."""
    index: dict[tuple[int, str], list[Unit]] = {}
    for other in others:
        for name in other.names | other.marks:
            index.setdefault((other.amount, name), []).append(other)
    for agreement in (3, 2, 1):
        for unit in new:
            if not verdicts[unit].known:
                alike = (other for name in unit.names | unit.marks for other in index.get((unit.amount, name), ()))
                _take_twin(verdicts[unit], alike, agreement)
    _by_amounts(new, others, verdicts)


def _by_amounts(new: Sequence[Unit], others: Sequence[Unit], verdicts: dict[Unit, Verdict]) -> None:
    """What two reports tell as one transaction each, and neither says that it is another one."""
    unnamed: dict[int, list[Unit]] = {}
    for other in others:
        if other.single and other.room(new[0].kind) == other.amount:
            unnamed.setdefault(other.amount, []).append(other)
    for unit in new:
        if unit.single and not verdicts[unit].known:
            _take_twin(verdicts[unit], islice(unnamed.get(unit.amount, ()), MOST_COMPARED), 0)


def _take_twin(verdict: Verdict, others: Iterable[Unit], agreement: int) -> None:
    unit = verdict.unit
    for other in others:
        if other.room(unit.kind) >= unit.amount and _agreement(unit, other) == agreement:
            _know(verdict, other, unit.amount)
            return


def _agreement(unit: Unit, other: Unit) -> int:
    if unit.contradicts(other):
        return -1
    return 2 * bool(unit.names & other.names) + bool(unit.marks & other.marks)


def _know(verdict: Verdict, other: Unit, amount: int) -> None:
    other.claim(verdict.unit.kind, amount)
    verdict.known.append((other, amount))


def _differs_a_little(verdict: Verdict, others: Iterable[Unit], tolerance: int) -> bool:
    """One report tells the amount before the bank's charge, the other one after it."""
    unit = verdict.unit
    for other in others:
        excess = unit.amount - other.amount
        is_near = abs(excess) * 100 <= tolerance * max(unit.amount, other.amount)
        is_named = other.single and not unit.contradicts(other) and unit.names & other.names
        if is_near and is_named and other.room(unit.kind) == other.amount:
            _know(verdict, other, other.amount)
            verdict.excess = excess
            return True
    return False


def _is_made_of(verdict: Verdict, others: Iterable[Unit]) -> bool:
    """A collective entry that names its batch is made of the transactions that name it too; what they lack is new."""
    unit = verdict.unit
    left = unit.amount
    for other in others:
        part = min(left, other.money(unit.kind))
        if part and unit.names & other.names:
            _know(verdict, other, part)
            left -= part
    verdict.fresh = left if verdict.known else 0
    return bool(verdict.known)


def _hides_in_another(verdict: Verdict, others: Iterable[Unit]) -> bool:
    """Its money came in an entry that the bank didn't tell apart: the one of its amount, or the largest."""
    unit = verdict.unit
    holders = [
        other
        for other in others
        if not other.single and other.money(unit.kind) >= unit.amount and not unit.contradicts(other)
    ]
    if not holders:
        return False
    holder = max(
        holders,
        key=lambda other: (_agreement(unit, other), other.money(unit.kind) == unit.amount, other.money(unit.kind)),
    )
    _know(verdict, holder, unit.amount)
    return True


def _share_out(
    rest: Sequence[Unit], earlier: Sequence[Unit], others: Iterable[Unit], verdicts: dict[Unit, Verdict]
) -> list[tuple[Unit, int]]:
    """What names nothing is known as far as other reports have told money that it can hold; the rest of it is new."""
    both = [*rest, *earlier]
    if not both:
        return []
    kind, largest = both[0].kind, max(unit.amount for unit in both)
    told = sum(other.money(kind) for other in others if not other.single or other.amount <= largest)
    short = sum(unit.amount - unit.brought for unit in both) - told
    topped = []
    for unit in both:
        part = max(0, min(short, unit.amount - unit.brought))
        short -= part
        if unit in verdicts:
            verdicts[unit].fresh = part
        elif part:
            unit.brought += part
            topped.append((unit, part))
    return topped
