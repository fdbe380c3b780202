"""Reads of how long claims have been waiting for the agency."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, or_, select

from marketplace.accounts.search import matches
from marketplace.claims import deadlines
from marketplace.claims.models import Claim, ClaimEscalation
from marketplace.claims.states import ClaimStatus, Overdue
from marketplace.core import clock, db
from marketplace.engagements.models import Engagement


class Ageing(NamedTuple):
    """How much waits in one status and currency, by the place of its range of age; the amount in minor units."""

    status: ClaimStatus
    currency: str
    place: int
    number: int
    amount: int


def ageing(
    *,
    status: ClaimStatus | None = None,
    first: int = 0,
    last: int | None = None,
    overdue: Overdue | None = None,
    text: str = "",
) -> Select[Claim]:
    """Claims that wait for the agency, with at least `first` and at most `last` working days on their clock.

    With their engagements; the text is a number, or who is one of the sides.
    """
    query = select(Claim).where(Claim.status.in_(deadlines.STEP_OF))
    query = query.join(Engagement, Engagement.id == Claim.engagement_id)
    if text:
        sides = Engagement.organisation_id, Engagement.provider_id
        query = query.where(matches(text, Claim.number, Engagement.number, organisations=sides))
    if overdue:
        query = query.where(told_overdue(overdue))
    if status:
        query = query.where(Claim.status == status)
    if first:
        query = query.where(Claim.clock_starts_at < _so_long_ago(first))
    return query if last is None else query.where(Claim.clock_starts_at >= _so_long_ago(last + 1))


def told_overdue(level: Overdue) -> ColumnElement[bool]:
    """Whether the claim was told at this level as overdue for the step that it still waits for."""
    steps = deadlines.STEP_OF.items()
    waiting = or_(*(and_(Claim.status == status, ClaimEscalation.step == step) for status, step in steps))
    return exists().where(ClaimEscalation.claim_id == Claim.id, ClaimEscalation.level == int(level), waiting)


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
