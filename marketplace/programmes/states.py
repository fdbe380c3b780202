"""The lives of programmes, calls and budget lines."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move

PROGRAMME = Lifecycle(
    "programme",
    initial="draft",
    moves=[
        Move("publish", ("draft",), "published", stamp="published_at", label=_("Publish the programme")),
        Move("retire", ("published",), "retired", stamp="retired_at", label=_("Retire the programme")),
    ],
    labels={"draft": _("Draft"), "published": _("Published"), "retired": _("Retired")},
)

CALL = Lifecycle(
    "call",
    initial="draft",
    moves=[
        Move("publish", ("draft",), "published", stamp="published_at", label=_("Publish the call")),
        Move("pause", ("published",), "paused", stamp="paused_at", label=_("Pause intake")),
        Move("resume", ("paused",), "published", label=_("Take applications again")),
        Move("close", ("published", "paused"), "closed", stamp="closed_at", label=_("Close the call")),
        Move(
            "wind_down",
            ("published", "paused", "closed"),
            "winding_down",
            stamp="winding_down_at",
            label=_("Wind the call down"),
        ),
        Move("wind_up", ("winding_down",), "wound_up", stamp="wound_up_at", label=_("End the call")),
    ],
    labels={
        "draft": _("Draft"),
        "published": _("Published"),
        "paused": _("Paused: the ceiling is reached"),
        "closed": _("Closed to applications"),
        "winding_down": _("Winding down"),
        "wound_up": _("Ended"),
    },
)

BUDGET_LINE = Lifecycle(
    "budget_line",
    initial="proposed",
    moves=[
        Move("appropriate", ("proposed",), "appropriated", stamp="appropriated_at", label=_("Appropriate")),
    ],
    labels={"proposed": _("Waiting for the budget officer"), "appropriated": _("Appropriated")},
)
