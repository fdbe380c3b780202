"""How a price is shared into aid and co-payment, by stage and category of cost, on plain data; sums are exact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from marketplace.core.money import split

# Per category of cost: basis points by budget line; None is the company's own share. They sum to the whole.
Shares = Mapping[str, Mapping[UUID | None, int]]


@dataclass(frozen=True)
class Part:
    """A net price in minor units, and what of it is aid; the rest is the company's co-payment."""

    price: int
    aid: int

    @property
    def co_payment(self) -> int:
        """What the company pays itself."""
        return self.price - self.aid


@dataclass(frozen=True)
class Shared:
    """What each stage costs and is aided by category, and what each budget line gives; minor units."""

    parts: Mapping[str, Mapping[str, Part]]
    lines: Mapping[UUID, int]

    @property
    def aid(self) -> int:
        """All aid together."""
        return sum(self.lines.values())

    def stage(self, stage: str) -> Part:
        """One stage over all categories."""
        parts = self.parts[stage].values()
        return Part(sum(part.price for part in parts), sum(part.aid for part in parts))


def share(prices: Mapping[str, Mapping[str, int]], shares: Shares, left: Mapping[UUID, int]) -> Shared:
    """Share net prices (stage to category to minor units) by each category's shares.

    Every split goes by largest remainder, so that the parts sum to the whole. A line never gives more than it has left:
    what it can't bear is taken from its parts in proportion, and the company bears it.
    """
    totals: Counter[str] = Counter()
    for by_category in prices.values():
        totals.update(by_category)
    given = {category: _by_line(total, shares[category]) for category, total in totals.items()}
    for line in {line for by_line in given.values() for line in by_line}:
        _limit(given, line, left.get(line, 0))
    aid = {category: sum(by_line.values()) for category, by_line in given.items()}
    return Shared(
        _by_stage(prices, aid), {line: sum(amounts.get(line, 0) for amounts in given.values()) for line in left}
    )


def _by_line(total: int, shares: Mapping[UUID | None, int]) -> dict[UUID, int]:
    parts = zip(shares, split(total, list(shares.values())), strict=True)
    return {line: part for line, part in parts if line is not None}


def _limit(given: Mapping[str, dict[UUID, int]], line: UUID, most: int) -> None:
    bearing = [by_line for by_line in given.values() if by_line.get(line)]
    shares = [by_line[line] for by_line in bearing]
    if sum(shares) > most:
        for by_line, part in zip(bearing, split(most, shares), strict=True):
            by_line[line] = part


def _by_stage(prices: Mapping[str, Mapping[str, int]], aid: Mapping[str, int]) -> dict[str, dict[str, Part]]:
    parts: dict[str, dict[str, Part]] = {stage: {} for stage in prices}
    for category, amount in aid.items():
        column = {stage: by_category[category] for stage, by_category in prices.items() if category in by_category}
        shared = split(amount, list(column.values())) if any(column.values()) else [0] * len(column)
        for (stage, price), part in zip(column.items(), shared, strict=True):
            parts[stage][category] = Part(price, part)
    return parts
