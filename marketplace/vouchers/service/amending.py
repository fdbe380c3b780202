"""Tell applicants that the notice of their call was corrected."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import Text, cast, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB

from marketplace.accounts.service import notify_organisations
from marketplace.core.actors import Actor
from marketplace.core.audit import plain
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, Subscription, task
from marketplace.programmes import events as programme_events
from marketplace.programmes import queries as programmes
from marketplace.vouchers import rules
from marketplace.vouchers.models import Application
from marketplace.vouchers.service.applications import READERS
from marketplace.vouchers.states import ApplicationStatus

OVER = (ApplicationStatus.WITHDRAWN, ApplicationStatus.REFUSED)


@task(
    "tell_of_amendment",
    _("Tell applicants that the notice of their call was corrected"),
    Queue.MAIL,
    on=[Subscription(programme_events.CALL_AMENDED)],
)
def tell_of_amendment(amendment_id: UUID, *, actor: Actor) -> None:
    """Mail each company with an application that is not over, once; the mail links the notice."""
    rules.check_system(actor)
    amendment = programmes.get_amendment(amendment_id)
    call = amendment.call
    data = plain({"call": call.title, "reason": amendment.reason, "path": f"/calls/{call.id}"})
    mails = select(
        Application.organisation_id,
        func.concat(str(amendment.id), ":", cast(Application.id, Text)),
        literal(data, JSONB),
    ).where(Application.call_id == call.id, Application.status.not_in(OVER))
    notify_organisations(READERS, "vouchers/amended", mails)
