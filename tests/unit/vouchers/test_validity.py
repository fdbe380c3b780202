"""When a voucher ends, when its holder is reminded, and since when aid counts; in any zone, on any day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core import clock
from marketplace.vouchers.caps import breaks, window_start
from marketplace.vouchers.reminders import moments, reached

ISSUED = datetime(2026, 1, 1, tzinfo=UTC)
EXPIRES = ISSUED + timedelta(days=100)
PERCENTS = (50, 75, 90)


@pytest.fixture(autouse=True)
def usual_zone() -> Iterator[None]:
    zone = clock.zone().key
    yield
    clock.configure(time_zone=zone)


@pytest.mark.parametrize(
    ("zone", "day", "end", "hours"),
    [
        ("Asia/Seoul", date(2026, 6, 30), datetime(2026, 6, 30, 15, tzinfo=UTC), 24),
        # The clocks go forward and back on the last day itself.
        ("Europe/Madrid", date(2026, 3, 29), datetime(2026, 3, 29, 22, tzinfo=UTC), 23),
        ("Europe/Madrid", date(2026, 10, 25), datetime(2026, 10, 25, 23, tzinfo=UTC), 25),
        # Midnight itself did not exist on 2018-11-04 in São Paulo: the day after began at 01:00.
        ("America/Sao_Paulo", date(2018, 11, 3), datetime(2018, 11, 4, 3, tzinfo=UTC), 24),
        ("America/Sao_Paulo", date(2018, 11, 4), datetime(2018, 11, 5, 2, tzinfo=UTC), 23),
        ("America/Sao_Paulo", date(2018, 2, 17), datetime(2018, 2, 18, 3, tzinfo=UTC), 25),
        # A leap day is a day; a year without one goes on with March.
        ("Asia/Seoul", date(2028, 2, 29), datetime(2028, 2, 29, 15, tzinfo=UTC), 24),
        ("Europe/Madrid", date(2027, 2, 28), datetime(2027, 2, 28, 23, tzinfo=UTC), 24),
        ("Pacific/Apia", date(2026, 12, 31), datetime(2026, 12, 31, 11, tzinfo=UTC), 24),
    ],
)
def test_a_day_ends_with_its_last_moment_in_the_agencys_zone(zone: str, day: date, end: datetime, hours: int) -> None:
    clock.configure(time_zone=zone)
    assert clock.end_of_day(day) == end
    assert (end - timedelta(microseconds=1)).astimezone(ZoneInfo(zone)).date() == day
    assert end.astimezone(ZoneInfo(zone)).date() == day + timedelta(days=1)
    assert clock.end_of_day(day) - clock.end_of_day(day - timedelta(days=1)) == timedelta(hours=hours)


def test_reminders_come_at_shares_of_the_validity() -> None:
    assert moments(ISSUED, EXPIRES, PERCENTS)[75] == ISSUED + timedelta(days=75)
    for days, percent in ((0, 0), (49, 0), (50, 50), (74, 50), (75, 75), (90, 90), (100, 90)):
        assert reached(ISSUED, EXPIRES, PERCENTS, ISSUED + timedelta(days=days)) == percent


@pytest.mark.parametrize(
    ("moment", "months", "start"),
    [
        (datetime(2026, 3, 31, 9), 1, datetime(2026, 2, 28, 9)),
        (datetime(2028, 2, 29, 9), 12, datetime(2027, 2, 28, 9)),
        (datetime(2028, 3, 31, 9), 1, datetime(2028, 2, 29, 9)),
        (datetime(2026, 1, 15, 9), 36, datetime(2023, 1, 15, 9)),
        (datetime(2026, 1, 15, 9), 0, datetime(2026, 1, 15, 9)),
    ],
)
def test_the_window_rolls_back_by_calendar_months(moment: datetime, months: int, start: datetime) -> None:
    assert window_start(moment, months) == start


@given(st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)), st.integers(1, 120))
def test_the_window_is_never_longer_than_its_months(moment: datetime, months: int) -> None:
    start = window_start(moment, months)
    assert start.time() == moment.time()
    assert (moment.year - start.year) * 12 + moment.month - start.month == months
    assert start.day <= moment.day


def test_a_cap_is_reached_and_not_exceeded() -> None:
    assert not breaks(None, promised=10**15, amount=10**15)
    assert not breaks(10, promised=4, amount=6)
    assert breaks(10, promised=5, amount=6)
