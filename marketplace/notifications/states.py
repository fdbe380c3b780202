"""The life of a message in the outbox."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move, TextChoices


class MessageStatus(TextChoices):
    """Where a message stands."""

    QUEUED = "queued", _("Waiting to be sent")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Not delivered")


MESSAGE = Lifecycle(
    "message",
    initial=MessageStatus.QUEUED,
    moves=[
        Move("send", (MessageStatus.QUEUED,), MessageStatus.SENT, stamp="sent_at", label=_("Send an e-mail")),
        Move("fail", (MessageStatus.QUEUED,), MessageStatus.FAILED, stamp="failed_at", label=_("Give up")),
    ],
)
