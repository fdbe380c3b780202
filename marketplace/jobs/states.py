"""The lives of a job and of a bid."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move

JOB = Lifecycle(
    "job",
    initial="draft",
    moves=[
        Move("publish", ("draft",), "published", stamp="published_at", label=_("Publish the job")),
        Move("close", ("published",), "closed", stamp="closed_at", label=_("Open the bids")),
        Move("award", ("published", "closed"), "awarded", stamp="awarded_at", label=_("Award the job")),
        Move(
            "withdraw",
            ("draft", "published", "closed"),
            "withdrawn",
            stamp="withdrawn_at",
            label=_("Withdraw the job"),
        ),
    ],
    labels={
        "draft": _("Draft"),
        "published": _("Open for bids"),
        "closed": _("Bids opened"),
        "awarded": _("Awarded"),
        "withdrawn": _("Withdrawn"),
    },
)

BID = Lifecycle(
    "bid",
    initial="submitted",
    moves=[
        Move("withdraw", ("submitted",), "withdrawn", stamp="withdrawn_at", label=_("Withdraw the bid")),
        Move("win", ("submitted",), "won", stamp="decided_at", label=_("Choose this bid")),
        Move("lose", ("submitted",), "lost", stamp="decided_at", label=_("Choose another bid")),
    ],
    labels={
        "submitted": _("Submitted"),
        "withdrawn": _("Withdrawn"),
        "won": _("Chosen"),
        "lost": _("Not chosen"),
    },
)
