"""Owns the life of a survey: invited, then answered or closed."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move

SURVEY = Lifecycle(
    "survey",
    initial="invited",
    moves=[
        Move("answer", ("invited",), "answered", stamp="answered_at", label=_("Answer")),
        Move("close", ("invited",), "closed", stamp="closed_at", label=_("Close without an answer")),
    ],
    labels={
        "invited": _("Waiting for an answer"),
        "answered": _("Answered"),
        "closed": _("Closed without an answer"),
    },
)

SIDES = {"sme": _("SME"), "provider": _("Provider")}
# INVITE_SURVEY's wave says which side: the task's subject is the engagement for both.
SIDE_OF_WAVE = {0: "sme", 1: "provider"}
KIND_OF_SIDE = {"sme": "satisfaction", "provider": "provider"}
