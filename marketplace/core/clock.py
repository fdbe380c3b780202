"""Business time: real time plus one stored offset that only demo and test mode can change."""

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

from config import lists

_offset = timedelta()
_zone = ZoneInfo("Asia/Seoul")
_country = "KR"


def configure(*, time_zone: str, country: str = "KR") -> None:
    """Set the agency's time zone and the country whose holidays count."""
    global _zone, _country
    _zone, _country = ZoneInfo(time_zone), country


def set_offset(offset: timedelta) -> None:
    """Shift this process's business time; the stored offset is changed by `db.move_clock` alone."""
    global _offset
    _offset = offset


def now() -> datetime:
    """Business time, in UTC."""
    return datetime.now(UTC) + _offset


def zone() -> ZoneInfo:
    """The agency's time zone."""
    return _zone


def country() -> str:
    """The agency's country (ISO 3166), whose holidays and telephone numbers count."""
    return _country


def today() -> date:
    """The agency's date."""
    return day_of(now())


def day_of(moment: datetime) -> date:
    """The agency's date at that moment."""
    return moment.astimezone(_zone).date()


def end_of_day(day: date) -> datetime:
    """The first moment after `day` in the agency's zone: what ends on a day ends before it."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=_zone).astimezone(UTC)


def add_working_days(moment: datetime, days: int) -> datetime:
    """`moment` plus `days` working days (Monday to Friday, no public holiday) of the agency's country."""
    local = moment.astimezone(_zone)
    while days > 0:
        local += timedelta(days=1)
        days -= is_working_day(local.date())
    return local.astimezone(UTC)


def subtract_working_days(moment: datetime, days: int) -> datetime:
    """The latest moment at this hour since which `days` working days have begun."""
    local = moment.astimezone(_zone)
    while days > 0:
        days -= is_working_day(local.date())
        local -= timedelta(days=1)
    return local.astimezone(UTC)


def working_days_between(start: datetime, end: datetime) -> int:
    """How many working days have begun after `start`'s day, up to `end`'s; 0 if `end` is not later."""
    first, last = start.astimezone(_zone).date(), end.astimezone(_zone).date()
    return sum(is_working_day(first + timedelta(days=day)) for day in range(1, (last - first).days + 1))


def is_working_day(day: date) -> bool:
    """What config/calendar says of the day; else Monday to Friday, and no public holiday of the agency's country."""
    usual = day.weekday() < 5 and day not in _closed(_country, day.year)
    return lists.special_days(_country).get(day, usual)


@cache
def _closed(country: str, year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays(country, years=year))
