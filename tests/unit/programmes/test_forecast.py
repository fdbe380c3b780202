"""The forecast of a call's money."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as some

from marketplace.programmes.forecast import Forecast, forecast

TODAY = date(2026, 11, 25)


def by_day(*amounts: int) -> dict[date, int]:
    """Amounts of today, yesterday and so on."""
    return {TODAY - timedelta(days=back): amount for back, amount in enumerate(amounts)}


def test_at_ten_a_day_thirty_last_three_days() -> None:
    outlook = forecast(30, by_day(10, 10, 10), today=TODAY, days=3, least_days=3)
    assert outlook == Forecast("runs_out", TODAY + timedelta(days=3))


def test_part_of_a_day_counts_as_a_day_and_quiet_days_slow_the_pace() -> None:
    outlook = forecast(31, by_day(20, 0, 10, 0, 10, 0), today=TODAY, days=6, least_days=3)
    assert outlook == Forecast("runs_out", TODAY + timedelta(days=5))


def test_what_came_before_the_window_does_not_count() -> None:
    assert forecast(30, by_day(5, 5, 0, 900), today=TODAY, days=3, least_days=3).state == "not_enough_data"


def test_nothing_left_is_spent_whatever_the_pace() -> None:
    assert forecast(0, {}, today=TODAY, days=14, least_days=3) == Forecast("spent")
    assert forecast(-5, by_day(1, 1, 1), today=TODAY, days=14, least_days=3) == Forecast("spent")


def test_a_pace_that_lasts_for_decades_has_no_date() -> None:
    assert forecast(10**15, by_day(1, 1, 1), today=TODAY, days=14, least_days=3) == Forecast("lasts")


@given(some.integers(1, 10**12), some.lists(some.integers(0, 10**9), min_size=1, max_size=30))
def test_the_money_is_gone_on_the_day_and_not_a_day_earlier(left: int, amounts: list[int]) -> None:
    outlook = forecast(left, by_day(*amounts), today=TODAY, days=len(amounts), least_days=1)
    if outlook.on is not None:
        days, total = (outlook.on - TODAY).days, sum(amounts)
        assert days * total >= left * len(amounts) > (days - 1) * total
