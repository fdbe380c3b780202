"""Reads of a call's intake: its waiting room, what applications ask for, and who is concerned when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, cast, func, select
from sqlalchemy.types import Date

from config.intake import terms
from marketplace.core import clock, db
from marketplace.core.errors import Words
from marketplace.core.i18n import _
from marketplace.core.i18n import day as day_in_words
from marketplace.programmes import queries as programmes
from marketplace.programmes.forecast import Forecast, State, forecast
from marketplace.programmes.models import Call
from marketplace.programmes.states import CallStatus
from marketplace.vouchers.models import Application, WaitingPlace
from marketplace.vouchers.states import ApplicationStatus

ASKING = (
    ApplicationStatus.SUBMITTED,
    ApplicationStatus.IN_REVIEW,
    ApplicationStatus.ACCEPTED,
    ApplicationStatus.WAITLISTED,
)
CONCERNED = (ApplicationStatus.DRAFT, *ASKING, ApplicationStatus.OFFERED, ApplicationStatus.ALLOCATED)


def place_ids(call_id: UUID) -> list[UUID]:
    """Every place of a waiting room, by id."""
    query = select(WaitingPlace.id).where(WaitingPlace.call_id == call_id).order_by(WaitingPlace.id)
    return list(db.session.scalars(query))


def find_place(call_id: UUID, organisation_id: UUID) -> WaitingPlace | None:
    """The company's place in the waiting room of a call, if it has one."""
    query = select(WaitingPlace).where(WaitingPlace.call_id == call_id, WaitingPlace.organisation_id == organisation_id)
    return db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def waiting_places(call_id: UUID) -> Select[WaitingPlace]:
    """The places of a waiting room, for the public list: ids alone, no company."""
    return select(WaitingPlace).where(WaitingPlace.call_id == call_id)


def count_places(call_id: UUID) -> int:
    """How many companies entered a waiting room."""
    count = select(func.count()).select_from(WaitingPlace).where(WaitingPlace.call_id == call_id)
    return db.session.scalar(count) or 0


def asked_for(call: Call) -> int:
    """What the live submitted applications of a call ask for together, in minor units: a count on an index."""
    count = select(func.count()).select_from(Application)
    asked = db.session.scalar(count.where(Application.call_id == call.id, Application.status.in_(ASKING))) or 0
    return asked * call.programme.voucher_amount


def requests_by_day(call: Call, since: datetime) -> dict[date, int]:
    """What live applications submitted since then ask for, in minor units, by day in the agency's zone."""
    day = cast(func.timezone(str(clock.zone()), Application.submitted_at), Date)
    rows = db.session.execute(
        select(day, func.count())
        .where(Application.call_id == call.id, Application.submitted_at >= since)
        .where(Application.status.not_in((ApplicationStatus.WITHDRAWN, ApplicationStatus.REFUSED)))
        .group_by(day)
        .order_by(day)
    )
    return {row[0]: row[1] * call.programme.voucher_amount for row in rows}


@dataclass(frozen=True)
class Outlook:
    """What applications ask for beside what a call has, in minor units, and what is to be expected."""

    budget: int
    asked: int
    ceiling: int | None
    forecast: Forecast | None  # None once no application is taken any more

    @property
    def sentence(self) -> Words:
        """The forecast in words; empty without one."""
        if self.forecast is None:
            return ""
        return {
            State.SPENT: _("The applications received already ask for all the money."),
            State.NOT_ENOUGH_DATA: _("There are not enough applications yet to say how long the money lasts."),
            State.LASTS: _("At the present pace the money lasts for years."),
            State.RUNS_OUT: _(
                "At the present pace the money lasts until about %(day)s.", day=day_in_words(self.forecast.on)
            ),
        }[self.forecast.state]


def outlook(call: Call) -> Outlook:
    """How long the money of a call lasts, from the applications of the last days; they reserve none of it."""
    budget, asked, now = programmes.meter(call).total, asked_for(call), clock.now()
    expected = None
    if call.is_open(now) or call.status == CallStatus.PAUSED:
        edition = terms(clock.today())
        since_opening = (clock.today() - call.opens_at.astimezone(clock.zone()).date()).days + 1
        days = max(1, min(edition.forecast_days, since_opening))
        by_day = requests_by_day(call, now - timedelta(days=days + 1))
        expected = forecast(
            budget - asked, by_day, today=clock.today(), days=days, least_days=edition.forecast_least_days
        )
    return Outlook(budget, asked, programmes.ceiling(call), expected)


def not_told_of_end(call_id: UUID, *, limit: int) -> Sequence[Application]:
    """Applications of an ending call whose company is not told yet, locked."""
    return db.session.scalars(
        select(Application)
        .where(
            Application.call_id == call_id,
            Application.status.in_(CONCERNED),
            Application.end_told_at.is_(None),
        )
        .order_by(Application.id)
        .limit(limit)
        .with_for_update(of=Application, key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def undone(call_id: UUID) -> int:
    """How many applications of a call still wait for an answer of either side."""
    waiting = Application.status.in_((ApplicationStatus.DRAFT, *ASKING, ApplicationStatus.OFFERED))
    count = select(func.count()).select_from(Application).where(Application.call_id == call_id, waiting)
    return db.session.scalar(count) or 0
