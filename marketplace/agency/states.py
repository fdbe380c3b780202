"""The life of an edition: what one person proposes and another confirms, to count from a day on."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move, TextChoices


class EditionStatus(TextChoices):
    """Where an edition stands."""

    PROPOSED = "proposed", _("Waiting for a second person")
    CONFIRMED = "confirmed", _("Confirmed")
    REFUSED = "refused", _("Refused")


EDITION = Lifecycle(
    "edition",
    initial=EditionStatus.PROPOSED,
    moves=[
        Move(
            "confirm",
            (EditionStatus.PROPOSED,),
            EditionStatus.CONFIRMED,
            stamp="decided_at",
            label=_("Confirm the change"),
        ),
        Move(
            "refuse", (EditionStatus.PROPOSED,), EditionStatus.REFUSED, stamp="decided_at", label=_("Refuse the change")
        ),
    ],
)


class FunderKind(TextChoices):
    """Whose money it is."""

    CENTRAL = "central", _("Central government")
    LOCAL = "local", _("Local government")
