"""Reads of how long claims have been waiting for the agency."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, case, func, select

from marketplace.claims import deadlines
from marketplace.claims.models import (
    Claim,
)
from marketplace.claims.states import ClaimStatus
from marketplace.core import clock, db


class Ageing(NamedTuple):
    """How much waits in one status and currency, by the place of its range of age; the amount in minor units."""

    status: ClaimStatus
    currency: str
    place: int
    number: int
    amount: int


def ageing(*, status: ClaimStatus | None = None, first: int = 0, last: int | None = None) -> Select[Claim]:
    """Claims that wait for the agency, with at least `first` and at most `last` working days on their clock."""
    query = select(Claim).where(Claim.status.in_(deadlines.STEP_OF))
    if status:
        query = query.where(Claim.status == status)
    if first:
        query = query.where(Claim.clock_starts_at < _so_long_ago(first))
    return query if last is None else query.where(Claim.clock_starts_at >= _so_long_ago(last + 1))


def ageing_totals(ages: Sequence[int]) -> list[Ageing]:
    """How many claims wait in each status and currency and range of age, and the sum of their amounts."""
    since = {f"since_{place}": _so_long_ago(age + 1) for place, age in enumerate(ages)}
    return [Ageing(*row) for row in db.session.execute(_totals(len(ages)), since)]


@cache
def _totals(ranges: int) -> Select[*tuple[Any, ...]]:
    """Of so many ranges, whose clocks started at `since_0` or later, and so on, and of the oldest claims."""
    young = [(Claim.clock_starts_at >= bindparam(f"since_{place}"), place) for place in range(ranges)]
    age = case(*young, else_=ranges)
    amount = func.sum(func.coalesce(Claim.approved_amount, Claim.net_amount))
    return (
        select(Claim.status, Claim.currency, age, func.count(), amount)
        .where(Claim.status.in_(deadlines.STEP_OF))
        .group_by(Claim.status, Claim.currency, age)
        .order_by(Claim.status, Claim.currency, age)
    )


def _so_long_ago(days: int) -> datetime:
    """Clocks that started before this moment have run for so many working days or more."""
    return clock.end_of_day(clock.subtract_working_days(clock.now(), days).astimezone(clock.zone()).date())
