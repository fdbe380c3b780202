"""Instalments sum to the whole, interest is simple and whole, and money covers the oldest debt first."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import recovery, repayment
from marketplace.receivables import schedule
from marketplace.receivables.schedule import Parts

amounts = st.integers(0, 10**12)
parts = st.builds(Parts, amounts, amounts, amounts)


@given(parts, st.integers(1, 60))
def test_instalments_sum_to_the_whole_and_differ_by_one_unit_at_most(owed: Parts, count: int) -> None:
    instalments = schedule.shares(owed, count)
    assert len(instalments) == count
    assert sum(instalments, Parts()) == owed
    for name in ("principal", "surcharge"):
        values = [getattr(part, name) for part in instalments]
        assert max(values) - min(values) <= 1
    assert [part.interest for part in instalments] == [owed.interest] + [0] * (count - 1)


@given(amounts, parts, amounts)
def test_money_covers_never_more_than_is_owed_nor_than_can_be_taken_of_the_principal(
    amount: int, owed: Parts, most: int
) -> None:
    covered = schedule.cover(amount, owed, most)
    can_be_taken = min(owed.principal, most)
    assert covered.total == min(amount, can_be_taken + owed.surcharge + owed.interest)
    assert covered.principal <= can_be_taken
    assert covered.surcharge <= owed.surcharge
    assert covered.interest <= owed.interest


@pytest.mark.parametrize(
    ("amount", "most", "expected"),
    [
        (90, 100, Parts(90)),
        (120, 100, Parts(100, 20)),
        (175, 100, Parts(100, 50, 10)),
        (120, 30, Parts(30, 50, 10)),
        (20, 0, Parts(0, 20)),
    ],
)
def test_money_covers_principal_then_surcharge_then_interest(amount: int, most: int, expected: Parts) -> None:
    assert schedule.cover(amount, Parts(100, 50, 10), most) == expected


@pytest.mark.parametrize(
    ("capital", "points", "days", "expected"),
    [
        (1_000_000, 500, 365, 50_000),
        (1_000_000, 500, 1, 136),  # 136.98…, rounded down
        (1_000_000, 500, 0, 0),
        (1_000_000, 500, -5, 0),
        (0, 500, 100, 0),
        (999, 500, 7, 0),
        (10**15, 10_000, 366, 10**15 * 366 // 365),
    ],
)
def test_interest_is_simple_by_the_day_and_rounded_down(capital: int, points: int, days: int, expected: int) -> None:
    assert schedule.interest(capital, points, days) == expected


def test_due_dates_keep_their_day_where_the_month_has_it() -> None:
    days = schedule.due_dates(date(2028, 1, 31), 4, 1)
    assert days == [date(2028, 1, 31), date(2028, 2, 29), date(2028, 3, 31), date(2028, 4, 30)]
    assert schedule.due_dates(date(2026, 11, 25), 3, 12)[-1] == date(2028, 11, 25)
    assert schedule.due_dates(date(2026, 12, 1), 2, 1)[-1] == date(2027, 1, 1)


def test_the_grounds_have_their_surcharges_up_to_five_times() -> None:
    grounds = recovery.terms(date(2026, 1, 1)).grounds
    percents = {code: ground.surcharge_percent for code, ground in grounds.items()}
    assert percents == {"false_receipt": 500, "other_purpose": 300, "breach": 200, "unmet": 100}
    assert recovery.ground_name("breach")["en"]


def test_a_programme_without_terms_takes_nothing_back() -> None:
    assert repayment.terms("coupon-consulting", date(2026, 1, 1)) is None
    assert repayment.terms("technology-consulting", date(2023, 12, 31)) is None
    terms = repayment.terms("technology-consulting", date(2026, 1, 1))
    assert terms is not None
    assert (terms.share_basis_points, terms.instalments, terms.every_months) == (3000, 5, 12)
