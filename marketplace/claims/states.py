"""Owns the lives of claims, holds, refunds, payment batches and their lines."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move

CLAIM = Lifecycle(
    "claim",
    initial="submitted",
    moves=[
        Move("check", ("submitted",), "checked", stamp="checked_at", label=_("Pass the check")),
        Move("return", ("submitted", "checked"), "returned", stamp="returned_at", label=_("Return")),
        Move("resubmit", ("returned",), "submitted", stamp="resubmitted_at", label=_("Hand in again")),
        Move("withdraw", ("submitted", "returned"), "withdrawn", stamp="withdrawn_at", label=_("Withdraw")),
        Move("pass", ("submitted",), "approved", stamp="approved_at", label=_("Approve straight through")),
        Move("approve", ("checked",), "approved", stamp="approved_at", label=_("Approve")),
        Move(
            "approve_first", ("checked",), "first_approved", stamp="first_approved_at", label=_("Approve as the first")
        ),
        Move("countersign", ("first_approved",), "approved", stamp="approved_at", label=_("Approve as the second")),
        Move("reconsider", ("first_approved",), "checked", label=_("Take back to the first approval")),
        Move("refuse", ("submitted", "checked"), "refused", stamp="refused_at", label=_("Refuse")),
        Move("batch", ("approved",), "batched", stamp="batched_at", label=_("Put into a payment batch")),
        Move("unbatch", ("batched",), "approved", label=_("Take out of the payment batch")),
        Move("pay", ("batched",), "paid", stamp="paid_at", label=_("Mark as paid")),
        Move("bounce", ("batched", "paid"), "approved", stamp="bounced_at", label=_("Take back from the bank")),
    ],
    labels={
        "submitted": _("Waiting for the check"),
        "checked": _("Waiting for approval"),
        "returned": _("Returned with questions"),
        "withdrawn": _("Withdrawn"),
        "first_approved": _("Approved once, waiting for the second approval"),
        "approved": _("Approved, waiting for the next payment batch"),
        "refused": _("Refused"),
        "batched": _("In a payment batch"),
        "paid": _("Paid"),
    },
)

HOLD = Lifecycle(
    "hold",
    initial="active",
    moves=[
        Move("end", ("active",), "ended", stamp="ended_at", label=_("End")),
        Move("lift", ("active",), "lifted", stamp="lifted_at", label=_("Lift")),
    ],
    labels={"active": _("Payments are held"), "ended": _("Ended by itself"), "lifted": _("Lifted")},
)

REFUND = Lifecycle(
    "refund",
    initial="awaiting",
    moves=[
        Move("batch", ("awaiting",), "batched", stamp="batched_at", label=_("Put into a payment batch")),
        Move("unbatch", ("batched",), "awaiting", label=_("Take out of the payment batch")),
        Move("pay", ("batched",), "paid", stamp="paid_at", label=_("Mark as paid")),
        Move("bounce", ("batched", "paid"), "awaiting", stamp="bounced_at", label=_("Take back from the bank")),
    ],
    labels={
        "awaiting": _("Waiting for the next payment batch"),
        "batched": _("In a payment batch"),
        "paid": _("Paid back"),
    },
)

BATCH = Lifecycle(
    "payment_batch",
    initial="prepared",
    moves=[
        Move("send", ("prepared",), "sent", stamp="sent_at", label=_("Send to the bank")),
        Move("settle", ("sent",), "settled", stamp="settled_at", label=_("Settle")),
        Move("dissolve", ("prepared",), "dissolved", stamp="dissolved_at", label=_("Dissolve")),
    ],
    labels={
        "prepared": _("Waiting to be sent"),
        "sent": _("Sent, waiting for the bank"),
        "settled": _("Settled"),
        "dissolved": _("Dissolved"),
    },
)

LINE = Lifecycle(
    "payment_line",
    initial="pending",
    moves=[
        Move("pay", ("pending",), "paid", stamp="paid_at", label=_("Mark as paid")),
        Move("return", ("pending", "paid"), "returned", stamp="returned_at", label=_("Sent back by the bank")),
        Move("remove", ("pending",), "removed", stamp="removed_at", label=_("Take out")),
    ],
    labels={
        "pending": _("Waiting for the bank"),
        "paid": _("Paid"),
        "returned": _("Sent back by the bank"),
        "removed": _("Taken out"),
    },
)

DEDUCTION = Lifecycle(
    "deduction",
    initial="agreed",
    moves=[
        Move("take", ("agreed",), "taken", stamp="taken_at", label=_("Mark as kept back")),
        Move("cancel", ("agreed",), "cancelled", stamp="cancelled_at", label=_("Cancel")),
    ],
    labels={
        "agreed": _("Will be kept back from the payment"),
        "taken": _("Kept back"),
        "cancelled": _("Cancelled"),
    },
)
