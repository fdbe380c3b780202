"""The forecast of a call's money: when it runs out at the present pace, by plain arithmetic on whole days."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

FARTHEST = 3650  # days; beyond that a date says nothing


class State(StrEnum):
    """What becomes of a call's money."""

    SPENT = "spent"
    NOT_ENOUGH_DATA = "not_enough_data"
    LASTS = "lasts"
    RUNS_OUT = "runs_out"


@dataclass(frozen=True)
class Forecast:
    """What is to be expected: spent already, not enough data, lasts, or runs out on about this day."""

    state: State
    on: date | None = None


def forecast(left: int, by_day: Mapping[date, int], *, today: date, days: int, least_days: int) -> Forecast:
    """When `left` minor units are gone, if every day takes what the last `days` took on average.

    The pace is the sum of the window divided by its length, so quiet days count. With requests on fewer than
    `least_days` different days there is no forecast.
    """
    if left <= 0:
        return Forecast(State.SPENT)
    window = [by_day.get(today - timedelta(days=back), 0) for back in range(days)]
    if sum(amount > 0 for amount in window) < least_days:
        return Forecast(State.NOT_ENOUGH_DATA)
    remaining = -(-left * days // sum(window))  # rounded up
    return (
        Forecast(State.LASTS) if remaining > FARTHEST else Forecast(State.RUNS_OUT, today + timedelta(days=remaining))
    )
