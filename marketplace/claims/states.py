"""The lives of claims, holds, refunds, payment batches and their lines."""

from enum import StrEnum

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move, TextChoices


class ClaimStatus(TextChoices):
    """Where a claim stands."""

    SUBMITTED = "submitted", _("Waiting for the check")
    CHECKED = "checked", _("Waiting for approval")
    RETURNED = "returned", _("Returned with questions")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    FIRST_APPROVED = "first_approved", _("Approved once, waiting for the second approval")
    APPROVED = "approved", _("Approved, waiting for the next payment batch")
    REFUSED = "refused", _("Refused")
    BATCHED = "batched", _("In a payment batch")
    PAID = "paid", _("Paid")


class ClaimWaiting(TextChoices):
    """What a budget officer has to do with claims."""

    APPROVAL = "approval", _("Waiting for my approval")
    BATCH = "batch", _("Approved, for me to put into a batch")


class Overdue(TextChoices):
    """For how long the agency is late with a claim: the level at which it was told so."""

    ONE_DAY = "1", _("Overdue")
    SEVERAL_DAYS = "2", _("Overdue for several days")


class RefundWaiting(TextChoices):
    """What has to be done about refunds."""

    ACCOUNT = "account", _("An account is needed")


class BatchWaiting(TextChoices):
    """What has to be done about payment batches."""

    SENDING = "sending", _("Waiting for me to send it")


CLAIM = Lifecycle(
    "claim",
    initial=ClaimStatus.SUBMITTED,
    moves=[
        Move("check", (ClaimStatus.SUBMITTED,), ClaimStatus.CHECKED, stamp="checked_at", label=_("Pass the check")),
        Move(
            "return",
            (ClaimStatus.SUBMITTED, ClaimStatus.CHECKED),
            ClaimStatus.RETURNED,
            stamp="returned_at",
            label=_("Return"),
        ),
        Move(
            "resubmit", (ClaimStatus.RETURNED,), ClaimStatus.SUBMITTED, stamp="resubmitted_at", label=_("Hand in again")
        ),
        Move(
            "withdraw",
            (ClaimStatus.SUBMITTED, ClaimStatus.RETURNED),
            ClaimStatus.WITHDRAWN,
            stamp="withdrawn_at",
            label=_("Withdraw"),
        ),
        Move(
            "pass",
            (ClaimStatus.SUBMITTED,),
            ClaimStatus.APPROVED,
            stamp="approved_at",
            label=_("Approve straight through"),
        ),
        Move("approve", (ClaimStatus.CHECKED,), ClaimStatus.APPROVED, stamp="approved_at", label=_("Approve")),
        Move(
            "approve_first",
            (ClaimStatus.CHECKED,),
            ClaimStatus.FIRST_APPROVED,
            stamp="first_approved_at",
            label=_("Approve as the first"),
        ),
        Move(
            "countersign",
            (ClaimStatus.FIRST_APPROVED,),
            ClaimStatus.APPROVED,
            stamp="approved_at",
            label=_("Approve as the second"),
        ),
        Move(
            "reconsider", (ClaimStatus.FIRST_APPROVED,), ClaimStatus.CHECKED, label=_("Take back to the first approval")
        ),
        Move(
            "refuse",
            (ClaimStatus.SUBMITTED, ClaimStatus.CHECKED),
            ClaimStatus.REFUSED,
            stamp="refused_at",
            label=_("Refuse"),
        ),
        Move(
            "batch",
            (ClaimStatus.APPROVED,),
            ClaimStatus.BATCHED,
            stamp="batched_at",
            label=_("Put into a payment batch"),
        ),
        Move("unbatch", (ClaimStatus.BATCHED,), ClaimStatus.APPROVED, label=_("Take out of the payment batch")),
        Move("pay", (ClaimStatus.BATCHED,), ClaimStatus.PAID, stamp="paid_at", label=_("Mark as paid")),
        Move(
            "bounce",
            (ClaimStatus.BATCHED, ClaimStatus.PAID),
            ClaimStatus.APPROVED,
            stamp="bounced_at",
            label=_("Take back from the bank"),
        ),
    ],
)


class HoldStatus(TextChoices):
    """Where a hold stands."""

    ACTIVE = "active", _("Payments are held")
    ENDED = "ended", _("Ended by itself")
    LIFTED = "lifted", _("Lifted")


HOLD = Lifecycle(
    "hold",
    initial=HoldStatus.ACTIVE,
    moves=[
        Move("end", (HoldStatus.ACTIVE,), HoldStatus.ENDED, stamp="ended_at", label=_("End")),
        Move("lift", (HoldStatus.ACTIVE,), HoldStatus.LIFTED, stamp="lifted_at", label=_("Lift")),
    ],
)


class RefundStatus(TextChoices):
    """Where a refund stands."""

    AWAITING = "awaiting", _("Waiting for the next payment batch")
    BATCHED = "batched", _("In a payment batch")
    PAID = "paid", _("Paid back")


REFUND = Lifecycle(
    "refund",
    initial=RefundStatus.AWAITING,
    moves=[
        Move(
            "batch",
            (RefundStatus.AWAITING,),
            RefundStatus.BATCHED,
            stamp="batched_at",
            label=_("Put into a payment batch"),
        ),
        Move("unbatch", (RefundStatus.BATCHED,), RefundStatus.AWAITING, label=_("Take out of the payment batch")),
        Move("pay", (RefundStatus.BATCHED,), RefundStatus.PAID, stamp="paid_at", label=_("Mark as paid")),
        Move(
            "bounce",
            (RefundStatus.BATCHED, RefundStatus.PAID),
            RefundStatus.AWAITING,
            stamp="bounced_at",
            label=_("Take back from the bank"),
        ),
    ],
)


class BatchStatus(TextChoices):
    """Where a batch stands."""

    PREPARED = "prepared", _("Waiting to be sent")
    SENT = "sent", _("Sent, waiting for the bank")
    SETTLED = "settled", _("Settled")
    DISSOLVED = "dissolved", _("Dissolved")


BATCH = Lifecycle(
    "payment_batch",
    initial=BatchStatus.PREPARED,
    moves=[
        Move("send", (BatchStatus.PREPARED,), BatchStatus.SENT, stamp="sent_at", label=_("Send to the bank")),
        Move("settle", (BatchStatus.SENT,), BatchStatus.SETTLED, stamp="settled_at", label=_("Settle")),
        Move("dissolve", (BatchStatus.PREPARED,), BatchStatus.DISSOLVED, stamp="dissolved_at", label=_("Dissolve")),
    ],
)


class LineStatus(TextChoices):
    """Where a line stands."""

    PENDING = "pending", _("Waiting for the bank")
    PAID = "paid", _("Paid")
    RETURNED = "returned", _("Sent back by the bank")
    REMOVED = "removed", _("Taken out")


LINE = Lifecycle(
    "payment_line",
    initial=LineStatus.PENDING,
    moves=[
        Move("pay", (LineStatus.PENDING,), LineStatus.PAID, stamp="paid_at", label=_("Mark as paid")),
        Move(
            "return",
            (LineStatus.PENDING, LineStatus.PAID),
            LineStatus.RETURNED,
            stamp="returned_at",
            label=_("Sent back by the bank"),
        ),
        Move("remove", (LineStatus.PENDING,), LineStatus.REMOVED, stamp="removed_at", label=_("Take out")),
    ],
)


class DeductionStatus(TextChoices):
    """Where a deduction stands."""

    AGREED = "agreed", _("Will be kept back from the payment")
    TAKEN = "taken", _("Kept back")
    CANCELLED = "cancelled", _("Cancelled")


DEDUCTION = Lifecycle(
    "deduction",
    initial=DeductionStatus.AGREED,
    moves=[
        Move("take", (DeductionStatus.AGREED,), DeductionStatus.TAKEN, stamp="taken_at", label=_("Mark as kept back")),
        Move("cancel", (DeductionStatus.AGREED,), DeductionStatus.CANCELLED, stamp="cancelled_at", label=_("Cancel")),
    ],
)


class Route(StrEnum):
    """Who decides a claim: people, or nobody where the risk is low."""

    PEOPLE = "people"
    STRAIGHT_THROUGH = "straight_through"


class RiskOccasion(StrEnum):
    """When a claim's risk is assessed."""

    SUBMISSION = "submission"
    APPROVAL = "approval"


class Step(StrEnum):
    """What the agency does with a claim, in this order."""

    CHECK = "check"
    APPROVE = "approve"
    PAY = "pay"


class Direction(StrEnum):
    """A movement on the agency's bank account: money that came or went."""

    CREDIT = "credit"
    DEBIT = "debit"

    @property
    def other(self) -> "Direction":
        """The opposite one."""
        return Direction.DEBIT if self is Direction.CREDIT else Direction.CREDIT


class ReportKind(TextChoices):
    """The bank's reports: during the day, of a day's end, of single movements."""

    INTRADAY = "camt.052", _("Intraday report (camt.052)")
    STATEMENT = "camt.053", _("Statement (camt.053)")
    NOTIFICATION = "camt.054", _("Notification (camt.054)")


class Sum(TextChoices):
    """Whether a report's balances and entries add up."""

    PROVED = "proved", _("Proved")
    DIFFERS = "differs", _("Not proved: it does not add up")
    NO_BALANCES = "no_balances", _("Not proved: it has no opening or closing balance")
    CURRENCIES = "currencies", _("Not proved: its account, balances and entries are in different currencies")


class EntryOutcome(TextChoices):
    """What a movement on the bank account turned out to be."""

    WAITING = "waiting", _("Is being booked")
    PAID = "paid", _("Payment confirmed")
    RETURNED = "returned", _("Payment sent back")
    CO_PAYMENT = "co_payment", _("Own share received")
    REVERSED = "reversed", _("Taken back by the bank")
    RECEIVABLE = "receivable", _("Payment of a debt received")
    CHARGE = "charge", _("Charge of the bank")
    KNOWN = "known", _("Known already")
    TOLD = "told", _("Explained by another report")
    UNMATCHED = "unmatched", _("Matches nothing")


class AssignmentKind(TextChoices):
    """What an officer says of a movement that matches nothing."""

    CO_PAYMENT = "co_payment", _("Assigned to an own share")
    PAYMENTS = "payments", _("Assigned to payments")
    RETURN = "return", _("Is a payment that came back")
    REVERSAL = "reversal", _("Takes an own share back")
    SENT_BACK = "sent_back", _("Goes back to the payer")
    KNOWN = "known", _("Is money known already")
    OFFSET = "offset", _("Made good by another movement")
    DEBT_REVERSAL = "debt_reversal", _("Takes the payment of a debt back")
    FUNDING = "funding", _("Money of a funder")
    INTEREST = "interest", _("Interest of the bank")
    EXPLAINED = "explained", _("Explained")


# What one officer proposes and another one confirms, because it takes money out of what could be sent back.
PROPOSED = (AssignmentKind.FUNDING, AssignmentKind.INTEREST)
