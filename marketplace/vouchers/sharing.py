"""How an offer's price is shared into aid and the company's own share, on plain data; sums are exact."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from marketplace.core.money import split

WHOLE = 10_000

# Per category of cost: basis points by budget line; None is the company's own share. They sum to the whole.
Shares = Mapping[str, Mapping[UUID | None, int]]


@dataclass(frozen=True)
class Part:
    """A net price in minor units, and what of it is aid; the rest is the company's own share."""

    price: int
    aid: int

    @property
    def co_payment(self) -> int:
        """What the company pays itself."""
        return self.price - self.aid


@dataclass(frozen=True)
class Shared:
    """What each stage costs and is aided by category, in minor units.

    `lines`: what each budget line gives; None of a price without categories, which is drawn from them in proportion.
    """

    parts: Mapping[str, Mapping[str, Part]]
    lines: Mapping[UUID, int] | None

    @property
    def price(self) -> int:
        """The whole net price."""
        return sum(self.stage(code).price for code in self.parts)

    @property
    def aid(self) -> int:
        """All aid together."""
        return sum(self.stage(code).aid for code in self.parts)

    @property
    def co_payment(self) -> int:
        """What the company pays itself of the whole price."""
        return self.price - self.aid

    def stage(self, stage: str) -> Part:
        """One stage over all categories."""
        parts = self.parts[stage].values()
        return Part(sum(part.price for part in parts), sum(part.aid for part in parts))


@dataclass(frozen=True)
class Terms:
    """By what an offer on a voucher is shared: the shares of each category of cost, and what is left on each line."""

    shares: Shares
    left: Mapping[UUID, int]

    @property
    def remaining(self) -> int:
        """What is left of the voucher, in minor units: the most aid that an offer gets."""
        return sum(self.left.values())

    def share(self, prices: Mapping[str, int], parts: Mapping[str, Mapping[str, int]] | None) -> Shared:
        """An offer's net prices by stage, and by stage and category where the programme has several."""
        if parts is not None:
            return share(parts, self.shares, self.left)
        own = sum(shares.get(None, 0) for shares in self.shares.values())
        return share_alike(prices, own=own, remaining=self.remaining)


def share_alike(prices: Mapping[str, int], *, own: int, remaining: int) -> Shared:
    """Share net prices by stage with `own` basis points for the company; never more aid than the voucher has left.

    The whole price is shared first, and the aid then spread over the stages in proportion to their prices.
    """
    price = sum(prices.values())
    aid = min(split(price, [WHOLE - own, own])[0], remaining)
    parts = zip(prices, split(aid, list(prices.values())), strict=True)
    return Shared({stage: {"": Part(prices[stage], part)} for stage, part in parts}, None)


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
