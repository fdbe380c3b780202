"""Owns the lives of agreements, their consultants, co-payments, engagements, stages, sessions and deliverables."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move

AGREEMENT = Lifecycle(
    "agreement",
    initial="drafted",
    moves=[
        Move("sign", ("drafted",), "signed", stamp="signed_at", label=_("Sign")),
        Move("redeem", ("signed",), "redeemed", stamp="redeemed_at", label=_("Redeem the voucher")),
        Move("cancel", ("drafted", "signed"), "cancelled", stamp="cancelled_at", label=_("Cancel")),
        Move("lapse", ("redeemed",), "cancelled", stamp="cancelled_at", label=_("Lapse")),
    ],
    labels={
        "drafted": _("Waiting for signatures"),
        "signed": _("Signed by both sides"),
        "redeemed": _("Voucher redeemed"),
        "cancelled": _("Cancelled"),
    },
)

ASSIGNMENT = Lifecycle(
    "assignment",
    initial="proposed",
    moves=[
        Move("approve", ("proposed",), "active", stamp="approved_at", label=_("Approve")),
        Move("decline", ("proposed",), "declined", stamp="declined_at", label=_("Decline")),
        Move("replace", ("active",), "ended", stamp="ended_at", label=_("Replace")),
    ],
    labels={
        "proposed": _("Proposed"),
        "active": _("Working on it"),
        "declined": _("Declined"),
        "ended": _("Replaced"),
    },
)

CO_PAYMENT = Lifecycle(
    "co_payment",
    initial="awaited",
    moves=[
        Move("pay", ("awaited",), "paid", stamp="paid_at", label=_("Receive")),
        Move("lapse", ("awaited",), "lapsed", stamp="lapsed_at", label=_("Lapse")),
    ],
    labels={"awaited": _("Waiting for the payment"), "paid": _("Received"), "lapsed": _("Never paid")},
)

ENGAGEMENT = Lifecycle(
    "engagement",
    initial="awaiting_co_payment",
    moves=[
        Move("start", ("awaiting_co_payment",), "active", stamp="started_at", label=_("Start")),
        Move("finish", ("active",), "finished", stamp="finished_at", label=_("Finish")),
        Move("lapse", ("awaiting_co_payment",), "lapsed", stamp="lapsed_at", label=_("Lapse")),
        Move("terminate", ("active",), "terminated", stamp="terminated_at", label=_("End early")),
    ],
    labels={
        "awaiting_co_payment": _("Waiting for the co-payment"),
        "active": _("Under way"),
        "finished": _("Finished"),
        "lapsed": _("Lapsed without payment"),
        "terminated": _("Ended early"),
    },
)

STAGE = Lifecycle(
    "stage",
    initial="waiting",
    moves=[
        Move("open", ("waiting",), "open", stamp="opened_at", label=_("Open")),
        Move("deliver", ("open",), "delivered", stamp="delivered_at", label=_("Hand in")),
        Move("correct", ("delivered",), "open", label=_("Ask for a correction")),
        Move("accept", ("delivered",), "accepted", stamp="accepted_at", label=_("Accept")),
        Move("end", ("waiting", "open", "delivered"), "ended", stamp="ended_at", label=_("End early")),
    ],
    labels={
        "waiting": _("Not open yet"),
        "open": _("Being worked on"),
        "delivered": _("Waiting for acceptance"),
        "accepted": _("Accepted"),
        "ended": _("Ended early"),
    },
)

SESSION = Lifecycle(
    "session",
    initial="recorded",
    moves=[
        Move("countersign", ("recorded",), "countersigned", stamp="countersigned_at", label=_("Confirm")),
        Move("withdraw", ("recorded",), "withdrawn", stamp="withdrawn_at", label=_("Withdraw")),
    ],
    labels={
        "recorded": _("Waiting for the company's confirmation"),
        "countersigned": _("Confirmed by the company"),
        "withdrawn": _("Withdrawn"),
    },
)

DELIVERABLE = Lifecycle(
    "deliverable",
    initial="submitted",
    moves=[
        Move("accept", ("submitted",), "accepted", stamp="accepted_at", label=_("Accept")),
        Move(
            "request_correction",
            ("submitted",),
            "correction_requested",
            stamp="correction_requested_at",
            label=_("Ask for a correction"),
        ),
        Move("replace", ("correction_requested",), "replaced", stamp="replaced_at", label=_("Replace")),
    ],
    labels={
        "submitted": _("Handed in, not yet accepted"),
        "accepted": _("Accepted"),
        "correction_requested": _("To be corrected"),
        "replaced": _("Replaced by a newer one"),
    },
)
