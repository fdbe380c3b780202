"""The life of a survey: invited, then answered or closed."""

from enum import StrEnum

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move, TextChoices
from marketplace.engagements.states import Side


class SurveyStatus(TextChoices):
    """Where a survey stands."""

    INVITED = "invited", _("Waiting for an answer")
    ANSWERED = "answered", _("Answered")
    CLOSED = "closed", _("Closed without an answer")


SURVEY = Lifecycle(
    "survey",
    initial=SurveyStatus.INVITED,
    moves=[
        Move("answer", (SurveyStatus.INVITED,), SurveyStatus.ANSWERED, stamp="answered_at", label=_("Answer")),
        Move(
            "close", (SurveyStatus.INVITED,), SurveyStatus.CLOSED, stamp="closed_at", label=_("Close without an answer")
        ),
    ],
)


class LinkPurpose(StrEnum):
    """What a link is good for."""

    ANSWER = "answer"


KIND_OF_SIDE = {Side.SME: "satisfaction", Side.PROVIDER: "provider"}
