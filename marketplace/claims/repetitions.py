"""Which entries an earlier file of the same kind of report has told already, without a database.

Two tellings of one entry agree in account, currency, day, direction and amount. Besides they are the same word for
word, or have a reference of the bank or a payer's reference in common, or stand in the same statement. Each earlier
entry is told again once by a file, by the one that agrees with it in most. What has a payer's reference in common and
none of the bank's, though the bank gave one, may be two payments, unless it is one report, sent twice.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple

MOST_COMPARED = 500
LONGEST_RUNNING_NUMBER = 6


@dataclass(frozen=True, eq=False)
class Told:
    """One entry of a report: `where` holds its account, currency, day, direction and amount.

    `numbers` are the bank's references of the entry, `marks` those of its parts as well; `references` those of payers,
    `names` the agency's numbers as well, of which several payments may bear one; `payers` are their accounts.
    `statements` are those that it stands in; `again` the earlier reports that its own one may be, sent again.
    """

    key: Any
    where: tuple[Any, ...]
    fingerprint: str
    numbers: frozenset[str]
    marks: frozenset[str]
    references: frozenset[str]
    names: frozenset[str]
    payers: frozenset[str]
    statements: frozenset[Any]
    report: Any
    again: frozenset[Any] = frozenset()

    def contradicts(self, other: "Told") -> bool:
        """Whether both say whose payment they are, or which, and differ; what only one says is no difference."""
        names = _differ(self.references, other.references) or _differ(self.names, other.names)
        return names or _differ(self.payers, other.payers)


def is_own_mark(mark: str) -> bool:
    """Whether a reference of the bank stands for one entry; a running number stands for another one in each report."""
    return bool(mark) and not (mark.isdigit() and len(mark) <= LONGEST_RUNNING_NUMBER)


Handles = Callable[[Told], Iterable[Any]]
Agrees = Callable[[Told, Told], bool]


def _differ(mine: frozenset[str], others: frozenset[str]) -> bool:
    return bool(mine and others and not mine & others)


def _is_named_alike(new: Told, old: Told) -> bool:
    """A reference of the bank that only one of them has says nothing against it."""
    return not _differ(new.numbers, old.numbers) and not new.contradicts(old)


def _is_doubtful(new: Told, old: Told) -> bool:
    return new.marks != old.marks and not new.marks & old.marks and not new.again & old.statements


# What two tellings have in common, the surest first, what must hold besides, and when even so they may be two.
LEVELS: tuple[tuple[Handles, Agrees, Agrees], ...] = (
    (lambda told: (told.fingerprint,), lambda new, old: True, lambda new, old: False),
    (lambda told: filter(is_own_mark, told.marks), lambda new, old: not new.contradicts(old), lambda new, old: False),
    (lambda told: told.names, _is_named_alike, _is_doubtful),
    (lambda told: told.statements, lambda new, old: True, lambda new, old: False),
)


class Found(NamedTuple):
    """The earlier entry that a new one is, or in doubt may be."""

    told: Told
    is_doubtful: bool


def find(new: Sequence[Told], old: Sequence[Told], *, may_be: Agrees) -> dict[Any, Found]:
    """By the key of a new entry the earlier one that it is, where it is one; `may_be` says which pairs are possible."""
    same: dict[Any, Found] = {}
    taken: set[Any] = set()
    for handles, agrees, doubts in LEVELS:
        index: dict[Any, list[Told]] = {}
        for one in old:
            for handle in handles(one):
                index.setdefault((one.where, handle), []).append(one)
        for one in new:
            if one.key in same:
                continue
            alike = (other for handle in handles(one) for other in index.get((one.where, handle), ()))
            free = (other for other in alike if other.key not in taken)
            possible = (other for other in islice(free, MOST_COMPARED) if may_be(one, other) and agrees(one, other))
            if (other := next(possible, None)) is not None:
                same[one.key] = Found(other, doubts(one, other))
                taken.add(other.key)
    return same


@dataclass(frozen=True)
class Span:
    """The balances of a statement, between which its entries lie."""

    key: Any
    opening: int
    closing: int


def others_in_chain(span: Span, others: Iterable[Span]) -> set[Any]:
    """Statements that end where this one begins, or begin where it ends, and so on: none of their entries is in it.

    None, where a balance comes again: then balances don't say which statement holds another one.
    """
    if span.opening == span.closing:
        return set()
    left = [other for other in others if (other.opening, other.closing) != (span.opening, span.closing)]
    chain = _reached({span.opening}, left, lambda one: (one.closing, one.opening))
    chain += _reached({span.closing}, left, lambda one: (one.opening, one.closing))
    if any(other.opening == span.opening or other.closing == span.closing for other in chain):
        return set()
    return {other.key for other in chain}


def _reached(balances: set[int], spans: Sequence[Span], ends: Callable[[Span], tuple[int, int]]) -> list[Span]:
    chain: list[Span] = []
    while step := [span for span in spans if ends(span)[0] in balances and span not in chain]:
        chain += step
        balances |= {ends(span)[1] for span in step}
    return chain
