"""The lives of applications and vouchers."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move

APPLICATION = Lifecycle(
    "application",
    initial="draft",
    moves=[
        Move("submit", ("draft",), "submitted", stamp="submitted_at", label=_("Submit")),
        Move("review", ("submitted",), "in_review", label=_("Send to an officer")),
        Move("accept", ("submitted", "in_review"), "accepted", stamp="decided_at", label=_("Accept as eligible")),
        Move("allocate", ("accepted", "offered"), "allocated", stamp="allocated_at", label=_("Give a voucher")),
        Move("wait", ("accepted",), "waitlisted", stamp="waitlisted_at", label=_("Put on the waitlist")),
        Move("offer", ("waitlisted",), "offered", stamp="offered_at", label=_("Offer a voucher")),
        Move("refuse", ("in_review", "accepted", "waitlisted"), "refused", stamp="refused_at", label=_("Refuse")),
        Move("lapse", ("offered",), "refused", stamp="refused_at", label=_("Let the offer lapse")),
        Move("decline", ("offered",), "withdrawn", stamp="withdrawn_at", label=_("Decline the offer")),
        Move(
            "withdraw",
            ("draft", "submitted", "in_review", "accepted", "waitlisted"),
            "withdrawn",
            stamp="withdrawn_at",
            label=_("Withdraw the application"),
        ),
    ],
    labels={
        "draft": _("Draft"),
        "submitted": _("Submitted"),
        "in_review": _("An officer is checking eligibility"),
        "accepted": _("Waiting for allocation"),
        "allocated": _("Voucher given"),
        "waitlisted": _("On the waitlist"),
        "offered": _("A voucher is offered"),
        "refused": _("Refused"),
        "withdrawn": _("Withdrawn"),
    },
)

SCORING = Lifecycle(
    "scoring",
    initial="assigned",
    moves=[
        Move("accept", ("assigned",), "accepted", stamp="declared_at", label=_("Declare no conflict")),
        Move("refuse", ("assigned",), "refused", stamp="declared_at", label=_("Declare a conflict")),
        Move("score", ("accepted",), "scored", stamp="scored_at", label=_("Hand in the scores")),
        Move("lapse", ("assigned", "accepted"), "lapsed", stamp="lapsed_at", label=_("Ask somebody else")),
    ],
    labels={
        "assigned": _("Conflict declaration open"),
        "accepted": _("To be scored"),
        "lapsed": _("Not scored in time"),
        "refused": _("Refused for a conflict"),
        "scored": _("Scored"),
    },
)

VOUCHER = Lifecycle(
    "voucher",
    initial="issued",
    moves=[
        Move("suspend", ("issued",), "suspended", stamp="suspended_at", label=_("Suspend the voucher")),
        Move("resume", ("suspended",), "issued", label=_("Resume")),
        Move("exhaust", ("issued",), "exhausted", stamp="exhausted_at", label=_("Used up")),
        Move("refill", ("exhausted",), "issued", label=_("Refill")),
        Move("extend", ("issued",), "issued", stamp="extended_at", label=_("Extend the voucher")),
        Move("expire", ("issued", "suspended"), "expired", stamp="expired_at", label=_("Expire")),
        Move("surrender", ("issued",), "surrendered", stamp="surrendered_at", label=_("Give the voucher back")),
        Move("revoke", ("issued", "suspended"), "revoked", stamp="revoked_at", label=_("Revoke the voucher")),
    ],
    labels={
        "issued": _("Valid"),
        "suspended": _("Voucher suspended"),
        "exhausted": _("Used up"),
        "expired": _("Expired"),
        "surrendered": _("Given back"),
        "revoked": _("Revoked"),
    },
)
