"""Sharing a price by category of cost: exact for every price, share and remainder."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from marketplace.vouchers.sharing import Part, Shares, Terms, share, share_alike

CENTRAL, LOCAL = UUID(int=1), UUID(int=2)
PLENTY = {CENTRAL: 10**15, LOCAL: 10**15}


def test_each_category_is_shared_by_its_own_shares() -> None:
    shares: Shares = {
        "consulting": {CENTRAL: 5_000, LOCAL: 2_500, None: 2_500},
        "travel": {None: 10_000},
        "indirect": {CENTRAL: 10_000},
    }
    prices = {
        "diagnosis": {"consulting": 1_000, "travel": 100, "indirect": 10},
        "execution": {"consulting": 3_001, "travel": 0, "indirect": 0},
    }
    shared = share(prices, shares, PLENTY)
    # 4,001 over 50/25/25: 2,000.5, 1,000.25 and 1,000.25; the largest remainder is the central government's.
    assert shared.lines == {CENTRAL: 2_001 + 10, LOCAL: 1_000}
    assert shared.stage("diagnosis") == Part(1_110, 750 + 10)
    assert shared.parts["diagnosis"]["travel"] == Part(100, 0)
    assert shared.parts["diagnosis"]["indirect"].co_payment == 0
    assert shared.stage("execution") == Part(3_001, 2_251)


def test_a_line_that_has_less_left_gives_what_it_has_and_the_company_bears_the_rest() -> None:
    shares: Shares = {
        "consulting": {CENTRAL: 5_000, LOCAL: 2_500, None: 2_500},
        "indirect": {CENTRAL: 5_000, LOCAL: 5_000},
    }
    shared = share({"diagnosis": {"consulting": 1_000, "indirect": 200}}, shares, {CENTRAL: 10_000, LOCAL: 175})
    assert shared.lines == {CENTRAL: 600, LOCAL: 175}
    assert shared.stage("diagnosis") == Part(1_200, 775)
    assert shared.stage("diagnosis").co_payment == 425


basis_points = st.lists(st.integers(0, 10_000), min_size=2, max_size=2).map(
    lambda cuts: [min(cuts), max(cuts) - min(cuts), 10_000 - max(cuts)]
)
amounts = st.integers(0, 10**12)


@st.composite
def cases(draw: st.DrawFn) -> tuple[dict[str, dict[str, int]], Shares, dict[UUID, int]]:
    categories = ["consulting", "travel", "indirect"][: draw(st.integers(1, 3))]
    shares: Shares = {
        category: dict(zip((CENTRAL, LOCAL, None), draw(basis_points), strict=True)) for category in categories
    }
    stages = ["diagnosis", "action-plan", "execution"][: draw(st.integers(1, 3))]
    prices = {stage: {category: draw(amounts) for category in categories} for stage in stages}
    return prices, shares, {CENTRAL: draw(amounts), LOCAL: draw(amounts)}


@given(cases())
def test_sums_are_exact_no_part_is_negative_and_no_line_is_overdrawn(
    case: tuple[dict[str, dict[str, int]], Shares, dict[UUID, int]],
) -> None:
    prices, shares, left = case
    shared = share(prices, shares, left)
    assert all(0 <= part <= left[line] for line, part in shared.lines.items())
    parts = [part for by_category in shared.parts.values() for part in by_category.values()]
    assert all(0 <= part.aid <= part.price for part in parts)
    assert sum(part.aid for part in parts) == shared.aid <= sum(left.values())
    for stage, by_category in prices.items():
        assert {category: part.price for category, part in shared.parts[stage].items()} == by_category
        whole = shared.stage(stage)
        assert whole.aid + whole.co_payment == whole.price == sum(by_category.values())
    for category, own in shares.items():
        total = sum(by_category[category] for by_category in prices.values())
        aid = sum(by_category[category].aid for by_category in shared.parts.values())
        # At most one unit per funder from the exact share, and never above it when a line is short.
        assert aid * 10_000 <= total * (10_000 - (own[None] or 0)) + 10_000 * 2
        if own[None] == 10_000:
            assert aid == 0


@given(amounts, st.integers(0, 10_000), st.integers(1, 10**12), st.lists(st.integers(1, 10**9), min_size=1, max_size=4))
def test_with_one_category_the_price_is_shared_exactly(
    price: int, own: int, remaining: int, weights: list[int]
) -> None:
    prices = {str(number): weight for number, weight in enumerate(weights)}
    prices["whole"] = price
    whole = share_alike(prices, own=own, remaining=remaining)
    assert whole.price == price + sum(weights)
    assert whole.aid + whole.co_payment == whole.price
    assert 0 <= whole.aid <= remaining
    assert whole.aid * 10_000 <= whole.price * (10_000 - own) + 10_000
    assert all(whole.stage(stage).aid >= 0 for stage in prices)
    assert whole.co_payment >= 0


def test_an_offer_without_categories_is_shared_by_the_companys_part_up_to_what_is_left() -> None:
    terms = Terms({"consulting": {CENTRAL: 5_000, LOCAL: 2_500, None: 2_500}}, {CENTRAL: 4_000, LOCAL: 2_000})
    assert terms.remaining == 6_000
    shared = terms.share({"diagnosis": 1_000, "execution": 3_001}, None)
    assert (shared.aid, shared.co_payment, shared.lines) == (3_001, 1_000, None)
    assert terms.share({"diagnosis": 9_000}, None).co_payment == 3_000
    by_category = terms.share({"diagnosis": 1_000}, {"diagnosis": {"consulting": 1_000}})
    assert by_category.lines == {CENTRAL: 500, LOCAL: 250}
