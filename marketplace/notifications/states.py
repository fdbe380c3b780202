"""Owns the life of a message in the outbox."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move

MESSAGE = Lifecycle(
    "message",
    initial="queued",
    moves=[
        Move("send", ("queued",), "sent", stamp="sent_at", label=_("Send")),
        Move("fail", ("queued",), "failed", stamp="failed_at", label=_("Give up")),
    ],
    labels={"queued": _("Waiting to be sent"), "sent": _("Sent"), "failed": _("Not delivered")},
)
