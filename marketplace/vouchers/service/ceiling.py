"""The verbs that pause and resume a call's intake by what its applications ask for."""

from __future__ import annotations

from uuid import UUID

from marketplace.core import clock
from marketplace.core.actors import Actor
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, Subscription, schedule, task
from marketplace.programmes import queries as programmes
from marketplace.programmes import service as programmes_service
from marketplace.programmes.models import Call
from marketplace.programmes.states import CallStatus
from marketplace.vouchers import events, queries, rules
from marketplace.vouchers.models import Application

# Submissions that run at once don't see each other: so near to the ceiling each of them asks for the check.
NEAR = 50


def check_ceiling(call: Call) -> bool:
    """Refuse a submission once the stored ones reach the ceiling; whether it is near, so that the call is checked.

    Nothing is locked for it: those already under way together may pass it by as many as run at once.
    """
    ceiling = programmes.ceiling(call)
    if ceiling is None:
        return False
    asked = queries.asked_for(call)
    rules.check_below_ceiling(asked, ceiling)
    return asked + NEAR * call.programme.voucher_amount >= ceiling


def ask_for_check(application: Application) -> None:
    """Have the call checked against its ceiling once this submission is stored."""
    call_id = application.call_id
    schedule(watch_ceiling, call_id=call_id, key=f"application.submitted:call:{call_id}:application:{application.id}")


@task(
    "watch_ceiling",
    _("Compare what a call is asked for with its ceiling"),
    Queue.MONEY,
    on=[Subscription(events.APPLICATION_DECIDED), Subscription(events.APPLICATION_WITHDRAWN)],
)
def watch_ceiling(call_id: UUID, *, actor: Actor) -> None:
    """Pause an open call whose ceiling is reached; take applications again once it is not any more."""
    rules.check_system(actor)
    call = programmes.get_call(call_id, lock=True)
    ceiling = programmes.ceiling(call)
    if ceiling is None or call.closes_at <= clock.now():
        return
    asked = queries.asked_for(call)
    if call.status == CallStatus.PUBLISHED and asked >= ceiling:
        programmes_service.pause_call(call.id, actor=actor, asked=asked, ceiling=ceiling)
    elif call.status == CallStatus.PAUSED and asked < ceiling:
        programmes_service.resume_call(call.id, actor=actor, asked=asked, ceiling=ceiling)
