"""The clock of a claim: working days, holidays, and the time for which it stands still."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import lists
from config.claims import handling
from marketplace.claims import deadlines
from marketplace.core import clock

SEOUL = ZoneInfo("Asia/Seoul")
LIMITS = handling(datetime(2026, 6, 1, tzinfo=SEOUL).date())
moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31)).map(lambda each: each.replace(tzinfo=SEOUL))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SEOUL)


def test_weekends_and_holidays_do_not_count() -> None:
    # Thursday; Friday 25 September 2026 is Chuseok, as are the days around it.
    assert clock.working_days_between(at("2026-09-23T10:00"), at("2026-09-29T10:00")) == 2
    assert clock.add_working_days(at("2026-09-23T10:00"), 2) == at("2026-09-29T10:00")
    assert clock.working_days_between(at("2026-09-29T10:00"), at("2026-09-23T10:00")) == 0


def test_a_holiday_is_announced_and_a_saturday_is_worked_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said = "[[days]]\non = 2026-06-09\nworking = false\n[[days]]\non = 2026-06-13\nworking = true\n"
    (tmp_path / "kr.toml").write_text(said)
    assert clock.add_working_days(at("2026-06-08T10:00"), 1) == at("2026-06-09T10:00")
    lists.special_days.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(lists, "CALENDARS", tmp_path)
        assert clock.add_working_days(at("2026-06-08T10:00"), 1) == at("2026-06-10T10:00")
        assert clock.add_working_days(at("2026-06-12T10:00"), 1) == at("2026-06-13T10:00")
    lists.special_days.cache_clear()


def test_what_the_agency_says_of_its_calendar_can_be_read() -> None:
    assert all(isinstance(working, bool) for working in lists.special_days("KR").values())
    assert lists.special_days("DE") == {}


def test_each_step_is_due_after_the_days_of_all_steps_before() -> None:
    start = at("2026-06-08T09:00")
    days = [clock.working_days_between(start, deadlines.due_at(step, start, LIMITS)) for step in deadlines.STEPS]
    assert days == [5, 10, 20]


@given(moments, st.integers(0, 40))
def test_as_many_working_days_back_as_forth(moment: datetime, days: int) -> None:
    back = clock.subtract_working_days(moment, days)
    assert clock.working_days_between(back, moment) == days
    later = clock.add_working_days(moment, days)
    assert clock.working_days_between(moment, later) == days


@given(moments, st.integers(0, 60), st.integers(0, 60))
def test_a_stopped_clock_has_used_the_days_before_the_question(start: datetime, used: int, asked: int) -> None:
    stopped = clock.add_working_days(start, used)
    answered = clock.add_working_days(stopped, asked)
    again = deadlines.restarted(start, stopped_at=stopped, answered_at=answered)
    assert clock.working_days_between(again, answered) == used
    assert deadlines.due_at("pay", again, LIMITS) >= deadlines.due_at("pay", start, LIMITS)


@pytest.mark.parametrize(
    ("status", "overdue"),
    [
        ("submitted", ["check", "approve", "pay"]),
        ("checked", ["approve", "pay"]),
        ("first_approved", ["approve", "pay"]),
        ("approved", ["pay"]),
        ("batched", ["pay"]),
        ("returned", []),
        ("refused", []),
        ("withdrawn", []),
        ("paid", []),
    ],
)
def test_only_a_step_not_done_by_the_agency_can_be_overdue(status: str, overdue: list[str]) -> None:
    assert [step for step in deadlines.STEPS if deadlines.is_overdue(status, step)] == overdue


def test_the_ranges_of_age_leave_no_day_out() -> None:
    assert deadlines.ranges([5, 10, 20]) == [(0, 5), (6, 10), (11, 20), (21, None)]
