"""The scoring of bids against the criteria a job froze when it was published."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

TOTAL_WEIGHT = 100
HIGHEST_SCORE = 100


@dataclass(frozen=True)
class Criterion:
    """What bids are judged by, and how much it counts (weights of a job sum to 100)."""

    code: str
    weight: int


@dataclass(frozen=True)
class ScoredBid:
    """One bid's scores (0-100 per criterion) with what settles a tie: the net price, then the id."""

    bid_id: UUID
    price: int
    scores: Mapping[str, int]


@dataclass(frozen=True)
class Ranked:
    """A bid's place; `total` is in hundredths of a point (0-10 000) so that it stays whole."""

    bid_id: UUID
    rank: int
    total: int


def weights_are_complete(criteria: Sequence[Criterion]) -> bool:
    """Weights are positive, criteria are told apart by their code, and the weights sum to exactly 100."""
    codes = {criterion.code for criterion in criteria}
    return (
        len(codes) == len(criteria)
        and all(criterion.weight > 0 for criterion in criteria)
        and sum(criterion.weight for criterion in criteria) == TOTAL_WEIGHT
    )


def weighted_total(criteria: Sequence[Criterion], scores: Mapping[str, int]) -> int:
    """Sum of weight x score, in hundredths of a point; ValueError when a score is missing, extra or outside 0-100."""
    if set(scores) != {criterion.code for criterion in criteria}:
        raise ValueError("scores must cover exactly the criteria")
    if any(not 0 <= value <= HIGHEST_SCORE for value in scores.values()):
        raise ValueError("a score lies outside 0-100")
    return sum(criterion.weight * scores[criterion.code] for criterion in criteria)


def rank(criteria: Sequence[Criterion], bids: Iterable[ScoredBid]) -> list[Ranked]:
    """Bids from best to worst: higher total, then lower price, then id; equal total and price share a rank."""
    rows = sorted(
        ((weighted_total(criteria, bid.scores), bid) for bid in bids),
        key=lambda row: (-row[0], row[1].price, row[1].bid_id),
    )
    ranked: list[Ranked] = []
    seen: tuple[int, int] | None = None
    for place, (total, bid) in enumerate(rows, start=1):
        same = seen == (total, bid.price)
        ranked.append(Ranked(bid.bid_id, ranked[-1].rank if same else place, total))
        seen = (total, bid.price)
    return ranked


def price_score(price: int, lowest: int) -> int:
    """Suggested points for price: lowest price / price x 100, rounded half up; prices are net and positive."""
    if not 0 < lowest <= price:
        raise ValueError("prices must be positive and none below the lowest")
    return (2 * HIGHEST_SCORE * lowest + price) // (2 * price)
