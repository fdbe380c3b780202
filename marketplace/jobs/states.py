"""The lives of a job and of a bid."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move, TextChoices


class JobStatus(TextChoices):
    """Where a job stands."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Open for bids")
    CLOSED = "closed", _("Bids opened")
    AWARDED = "awarded", _("Awarded")
    WITHDRAWN = "withdrawn", _("Withdrawn")


JOB = Lifecycle(
    "job",
    initial=JobStatus.DRAFT,
    moves=[
        Move("publish", (JobStatus.DRAFT,), JobStatus.PUBLISHED, stamp="published_at", label=_("Publish the job")),
        Move("close", (JobStatus.PUBLISHED,), JobStatus.CLOSED, stamp="closed_at", label=_("Open the bids")),
        Move(
            "award",
            (JobStatus.PUBLISHED, JobStatus.CLOSED),
            JobStatus.AWARDED,
            stamp="awarded_at",
            label=_("Award the job"),
        ),
        Move(
            "withdraw",
            (JobStatus.DRAFT, JobStatus.PUBLISHED, JobStatus.CLOSED),
            JobStatus.WITHDRAWN,
            stamp="withdrawn_at",
            label=_("Withdraw the job"),
        ),
    ],
)


class BidStatus(TextChoices):
    """Where a bid stands."""

    SUBMITTED = "submitted", _("Submitted")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    WON = "won", _("Chosen")
    LOST = "lost", _("Not chosen")


class JobWaiting(TextChoices):
    """What a company has to do about its jobs."""

    QUESTION = "question", _("Questions to answer")
    COMPARISON = "comparison", _("Bids to compare")


class OpenJobWaiting(TextChoices):
    """What a firm can do about open jobs."""

    BID = "bid", _("My firm has not bid")


BID = Lifecycle(
    "bid",
    initial=BidStatus.SUBMITTED,
    moves=[
        Move(
            "withdraw", (BidStatus.SUBMITTED,), BidStatus.WITHDRAWN, stamp="withdrawn_at", label=_("Withdraw the bid")
        ),
        Move("win", (BidStatus.SUBMITTED,), BidStatus.WON, stamp="decided_at", label=_("Choose this bid")),
        Move("lose", (BidStatus.SUBMITTED,), BidStatus.LOST, stamp="decided_at", label=_("Choose another bid")),
    ],
)
