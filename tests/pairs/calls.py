"""The lives of calls and of their budget lines."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.programmes import service
from marketplace.programmes.models import BudgetLine, Call
from marketplace.programmes.states import BUDGET_LINE, CALL
from marketplace.vouchers import service as vouchers
from tests.factories.claims import new_key
from tests.factories.programmes import make_call
from tests.pairs.walk import Cast, Life, Verb


def begin(_cast: Cast) -> UUID:
    """A draft with its money, which may be published."""
    return make_call(published=False, ceiling=100).id


def begin_line(_cast: Cast) -> UUID:
    """A line that waits for its money."""
    call = make_call(published=False, appropriated=False)
    return db.session.scalars(select(BudgetLine.id).where(BudgetLine.call_id == call.id).limit(1)).one()


def pass_closing(_cast: Cast, _call_id: UUID) -> None:
    """The closing time is over."""
    db.move_clock(timedelta(days=8))


def resume(call_id: UUID, actor: Actor) -> None:
    """Intake goes on by itself."""
    service.resume_call(call_id, actor=actor, asked=1, ceiling=2)


CALLS = [
    Life(
        CALL,
        Call,
        begin,
        [
            Verb("publish", lambda one, by: service.publish_call(one, actor=by), page="programmes.call_publish"),
            Verb("pause", lambda one, by: service.pause_call(one, actor=by, asked=2, ceiling=1)),
            Verb(
                "resume",
                lambda one, by: service.lift_ceiling(one, actor=by, reason="Tried"),
                page="programmes.call_resume",
            ),
            Verb("resume", resume),
            Verb(
                "close",
                lambda one, by: service.close_call(one, actor=by),
                page="vouchers.allocation_start",
                system=True,
                first=pass_closing,
                aside=True,
            ),
            Verb(
                "wind_down",
                lambda one, by: vouchers.wind_down(one, actor=by, reason="Tried"),
                page="vouchers.call_wind_down",
            ),
            Verb("wind_up", lambda one, by: service.wind_up(one, actor=by)),
        ],
    )
]
BUDGET_LINES = [
    Life(
        BUDGET_LINE,
        BudgetLine,
        begin_line,
        [
            Verb(
                "appropriate",
                lambda one, by: service.appropriate_line(one, actor=by, key=new_key()),
                page="programmes.budget_line_appropriate",
            )
        ],
    )
]
