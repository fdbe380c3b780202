"""Splits of money: nothing lost, nothing made, nobody far from the exact share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.money import split

weights = st.lists(st.integers(0, 10_000), min_size=1, max_size=6).filter(any)


@given(st.integers(0, 10**15), weights)
def test_the_parts_sum_to_the_whole_and_lie_within_one_unit_of_exact(amount, weights):
    parts = split(amount, weights)
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part * sum(weights) - amount * weight) < sum(weights)


def test_the_largest_remainder_is_served_first_and_the_earlier_wins_a_tie():
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(11, [50, 25, 25]) == [5, 3, 3]
    assert split(10, [9999, 1, 0]) == [10, 0, 0]


@pytest.mark.parametrize(("amount", "weights"), [(-1, [1]), (1, [0, 0]), (1, [2, -1])])
def test_what_cannot_be_split_is_refused(amount, weights):
    with pytest.raises(ValueError, match="a split needs"):
        split(amount, weights)
