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
        Move("close", ("published",), "closed", stamp="closed_at", label=_("Close the call")),
    ],
    labels={"draft": _("Draft"), "published": _("Published"), "closed": _("Closed to applications")},
)

BUDGET_LINE = Lifecycle(
    "budget_line",
    initial="proposed",
    moves=[
        Move("appropriate", ("proposed",), "appropriated", stamp="appropriated_at", label=_("Appropriate")),
    ],
    labels={"proposed": _("Waiting for the budget officer"), "appropriated": _("Appropriated")},
)
