"""The verbs that end a call: answer those who wait, tell everybody concerned, and close the books on it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from marketplace.accounts.service import notify_organisation
from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import transition
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, Subscription, schedule, task
from marketplace.programmes import events as programme_events
from marketplace.programmes import queries as programmes
from marketplace.programmes import service as programmes_service
from marketplace.programmes.models import Call
from marketplace.vouchers import queries, rules
from marketplace.vouchers.models import Application
from marketplace.vouchers.service.applications import READERS
from marketplace.vouchers.states import APPLICATION, ApplicationStatus, VoucherStatus

BATCH = 100


def wind_down(call_id: UUID, *, actor: Actor, reason: str) -> Call:
    """Take no more applications and give no more vouchers, from this moment on; everybody concerned is told today.

    Not while an allocation is under way: it is over within minutes, and its list stays whole.
    """
    programmes.get_call(call_id, lock=True)
    rules.check_allocation_not_under_way(queries.find_allocation(call_id))
    return programmes_service.wind_down(call_id, actor=actor, reason=reason)


@task(
    "wind_down_call",
    _("Answer and tell the applicants of a call that is wound down"),
    Queue.MONEY,
    on=[Subscription(programme_events.CALL_WINDING_DOWN, batch=1)],
)
def end_applications(call_id: UUID, batch: int, *, actor: Actor) -> None:
    """Answer the next applications of an ending call and tell each company once; then ask for the next batch."""
    rules.check_system(actor)
    call = programmes.get_call(call_id)
    applications = queries.not_told_of_end(call_id, limit=BATCH)
    for application in applications:
        standing = _answer(application, actor)
        application.end_told_at = clock.now()
        _tell(call, application, standing)
    db.flush()
    if applications:
        schedule(end_applications, call_id=call_id, batch=batch + 1)


@task("wind_up_calls", _("End calls that have nothing in flight"), Queue.MONEY, every=timedelta(hours=1))
def wind_up_calls(*, actor: Actor) -> None:
    """End every call that is winding down and has nothing in flight any more."""
    for call_id in programmes.ending_call_ids():
        call = programmes.get_call(call_id)
        if not queries.undone(call_id) and not programmes.meter(call).in_flight:
            programmes_service.wind_up(call_id, actor=actor)


def _answer(application: Application, actor: Actor) -> ApplicationStatus:
    """Drafts end, who waits is answered, offers and vouchers stand; how it stands now."""
    if application.status in (ApplicationStatus.OFFERED, ApplicationStatus.ALLOCATED):
        return application.status
    event = "withdraw" if application.status == ApplicationStatus.DRAFT else "refuse"
    application.reason = "winding_down"
    transition(application, APPLICATION, event, actor=actor, reason="winding_down")
    return application.status


def _tell(call: Call, application: Application, standing: ApplicationStatus) -> None:
    voucher = application.voucher
    if voucher is not None and voucher.status not in (
        VoucherStatus.ISSUED,
        VoucherStatus.SUSPENDED,
        VoucherStatus.EXHAUSTED,
    ):
        return
    notify_organisation(
        application.organisation_id,
        READERS,
        "vouchers/winding_down",
        key=f"{call.id}:{application.organisation_id}",
        call=call.title,
        reason=call.winding_down_reason,
        standing=standing,
        until=voucher.last_moment if voucher else application.last_moment,
        path=f"/applications/{application.id}" if standing == ApplicationStatus.OFFERED else f"/calls/{call.id}",
    )
