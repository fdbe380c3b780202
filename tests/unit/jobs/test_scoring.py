"""Scoring of bids: weights, totals, order and ties."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.jobs.scoring import (
    Criterion,
    ScoredBid,
    price_score,
    rank,
    weighted_total,
    weights_are_complete,
)

CRITERIA = (Criterion("approach", 40), Criterion("experience", 30), Criterion("price", 30))


def bid(number: int, price: int, *scores: int) -> ScoredBid:
    codes = [criterion.code for criterion in CRITERIA]
    return ScoredBid(UUID(int=number), price, dict(zip(codes, scores, strict=True)))


@pytest.mark.parametrize(
    ("criteria", "complete"),
    [
        (CRITERIA, True),
        (CRITERIA[:2], False),
        ((Criterion("price", 50), Criterion("price", 50)), False),
        ((Criterion("price", 100), Criterion("approach", 0)), False),
        ((Criterion("price", 110), Criterion("approach", -10)), False),
        ((), False),
    ],
)
def test_weights_sum_to_exactly_one_hundred(criteria: tuple[Criterion, ...], complete: bool) -> None:
    assert weights_are_complete(criteria) is complete


def test_the_total_is_the_weighted_sum_in_hundredths() -> None:
    assert weighted_total(CRITERIA, {"approach": 80, "experience": 70, "price": 91}) == 8030


@pytest.mark.parametrize(
    "scores",
    [
        {"approach": 80, "experience": 70},
        {"approach": 80, "experience": 70, "price": 90, "charm": 90},
        {"approach": 101, "experience": 70, "price": 90},
        {"approach": -1, "experience": 70, "price": 90},
    ],
)
def test_missing_extra_or_outlying_scores_are_refused(scores: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        weighted_total(CRITERIA, scores)


def test_order_is_total_then_price_and_true_ties_share_a_rank() -> None:
    ranked = rank(
        CRITERIA,
        [bid(4, 900, 80, 80, 80), bid(3, 900, 80, 80, 80), bid(2, 800, 80, 80, 80), bid(1, 100, 10, 10, 10)],
    )
    assert [(row.bid_id.int, row.rank) for row in ranked] == [(2, 1), (3, 2), (4, 2), (1, 4)]


@given(st.permutations([bid(n, 1000 - n, n * 7 % 100, n * 13 % 100, 50) for n in range(1, 9)]))
def test_the_order_does_not_depend_on_the_order_of_arrival(bids: list[ScoredBid]) -> None:
    assert rank(CRITERIA, bids) == rank(CRITERIA, sorted(bids, key=lambda row: row.bid_id))


@pytest.mark.parametrize(("price", "score"), [(1000, 100), (2000, 50), (1600, 63), (10**12, 0)])
def test_the_suggested_price_score_is_the_share_of_the_lowest(price: int, score: int) -> None:
    assert price_score(price, 1000) == score


@pytest.mark.parametrize(("price", "lowest"), [(0, 0), (10, 0), (10, 11), (-5, -5)])
def test_prices_that_cannot_be_are_refused(price: int, lowest: int) -> None:
    with pytest.raises(ValueError):
        price_score(price, lowest)
