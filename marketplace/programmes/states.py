"""The lives of programmes, calls and budget lines."""

from enum import StrEnum

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move, TextChoices


class ProgrammeStatus(TextChoices):
    """Where a programme stands."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    RETIRED = "retired", _("Retired")


PROGRAMME = Lifecycle(
    "programme",
    initial=ProgrammeStatus.DRAFT,
    moves=[
        Move(
            "publish",
            (ProgrammeStatus.DRAFT,),
            ProgrammeStatus.PUBLISHED,
            stamp="published_at",
            label=_("Publish the programme"),
        ),
        Move(
            "retire",
            (ProgrammeStatus.PUBLISHED,),
            ProgrammeStatus.RETIRED,
            stamp="retired_at",
            label=_("Retire the programme"),
        ),
    ],
)


class CallStatus(TextChoices):
    """Where a call stands."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    PAUSED = "paused", _("Paused: the ceiling is reached")
    CLOSED = "closed", _("Closed to applications")
    WINDING_DOWN = "winding_down", _("Winding down")
    WOUND_UP = "wound_up", _("Ended")


CALL = Lifecycle(
    "call",
    initial=CallStatus.DRAFT,
    moves=[
        Move("publish", (CallStatus.DRAFT,), CallStatus.PUBLISHED, stamp="published_at", label=_("Publish the call")),
        Move("pause", (CallStatus.PUBLISHED,), CallStatus.PAUSED, stamp="paused_at", label=_("Pause intake")),
        Move("resume", (CallStatus.PAUSED,), CallStatus.PUBLISHED, label=_("Take applications again")),
        Move(
            "close",
            (CallStatus.PUBLISHED, CallStatus.PAUSED),
            CallStatus.CLOSED,
            stamp="closed_at",
            label=_("Close the call"),
        ),
        Move(
            "wind_down",
            (CallStatus.PUBLISHED, CallStatus.PAUSED, CallStatus.CLOSED),
            CallStatus.WINDING_DOWN,
            stamp="winding_down_at",
            label=_("Wind the call down"),
        ),
        Move("wind_up", (CallStatus.WINDING_DOWN,), CallStatus.WOUND_UP, stamp="wound_up_at", label=_("End the call")),
    ],
)


class BudgetLineStatus(TextChoices):
    """Where a budget line stands."""

    PROPOSED = "proposed", _("Waiting for the budget officer")
    APPROPRIATED = "appropriated", _("Appropriated")


BUDGET_LINE = Lifecycle(
    "budget_line",
    initial=BudgetLineStatus.PROPOSED,
    moves=[
        Move(
            "appropriate",
            (BudgetLineStatus.PROPOSED,),
            BudgetLineStatus.APPROPRIATED,
            stamp="appropriated_at",
            label=_("Appropriate"),
        ),
    ],
)


class AllocationMethod(TextChoices):
    """How a call gives its vouchers."""

    FIRST_COME = "first_come", _("First come, by ticket")
    LOTTERY = "lottery", _("Lottery")
    SCORED = "scored", _("By score")
    HYBRID = "hybrid", _("Lottery with quotas")


class Stratum(TextChoices):
    """By what a lottery with quotas groups the companies."""

    REGION = "region", _("Region")
    BAND = "band", _("Size of the company")
    SECTOR = "sector", _("Sector")


class Eligibility(StrEnum):
    """What a size standard says of a company; undetermined is for a person to decide."""

    ELIGIBLE = "eligible"
    NOT_ELIGIBLE = "not_eligible"
    UNDETERMINED = "undetermined"
