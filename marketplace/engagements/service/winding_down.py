"""Telling the firms at work that a call is wound down: their agreements, work and claims go on to payment."""

from __future__ import annotations

from uuid import UUID

from marketplace.accounts.service import notify_organisation
from marketplace.core.actors import Actor, Role
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, Subscription, task
from marketplace.engagements import queries
from marketplace.programmes import events as programme_events
from marketplace.programmes import queries as programmes


@task(
    "tell_of_winding_down",
    _("Tell the firms at work that a call is wound down"),
    Queue.MAINTENANCE,
    on=[Subscription(programme_events.CALL_WINDING_DOWN)],
)
def tell_of_winding_down(call_id: UUID, *, actor: Actor) -> None:
    """Mail each firm with a live agreement on a voucher of the call, once."""
    call = programmes.get_call(call_id)
    for provider_id in queries.firms_at_work_for(call_id):
        notify_organisation(
            provider_id,
            (Role.MANAGER,),
            "engagements/winding_down",
            key=f"{call_id}:{provider_id}",
            call=call.title,
            reason=call.winding_down_reason,
            path="/engagements",
        )
