"""The lives of agreements, their consultants, co-payments, engagements, stages, sessions and deliverables."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move, TextChoices


class Side(TextChoices):
    """The two sides of an agreement."""

    SME = "sme", _("Company")
    PROVIDER = "provider", _("Firm")


class AgreementStatus(TextChoices):
    """Where an agreement stands."""

    DRAFTED = "drafted", _("Waiting for signatures")
    SIGNED = "signed", _("Signed by both sides")
    REDEEMED = "redeemed", _("Voucher redeemed")
    CANCELLED = "cancelled", _("Cancelled")


AGREEMENT = Lifecycle(
    "agreement",
    initial=AgreementStatus.DRAFTED,
    moves=[
        Move("sign", (AgreementStatus.DRAFTED,), AgreementStatus.SIGNED, stamp="signed_at", label=_("Sign")),
        Move(
            "redeem",
            (AgreementStatus.SIGNED,),
            AgreementStatus.REDEEMED,
            stamp="redeemed_at",
            label=_("Redeem the voucher"),
        ),
        Move(
            "cancel",
            (AgreementStatus.DRAFTED, AgreementStatus.SIGNED),
            AgreementStatus.CANCELLED,
            stamp="cancelled_at",
            label=_("Cancel"),
        ),
        Move("lapse", (AgreementStatus.REDEEMED,), AgreementStatus.CANCELLED, stamp="cancelled_at", label=_("Lapse")),
    ],
)


class AssignmentStatus(TextChoices):
    """Where an assignment stands."""

    PROPOSED = "proposed", _("Proposed")
    ACTIVE = "active", _("Working on it")
    DECLINED = "declined", _("Declined")
    ENDED = "ended", _("Replaced")


ASSIGNMENT = Lifecycle(
    "assignment",
    initial=AssignmentStatus.PROPOSED,
    moves=[
        Move("approve", (AssignmentStatus.PROPOSED,), AssignmentStatus.ACTIVE, stamp="approved_at", label=_("Approve")),
        Move(
            "decline", (AssignmentStatus.PROPOSED,), AssignmentStatus.DECLINED, stamp="declined_at", label=_("Decline")
        ),
        Move("replace", (AssignmentStatus.ACTIVE,), AssignmentStatus.ENDED, stamp="ended_at", label=_("Replace")),
    ],
)


class CoPaymentStatus(TextChoices):
    """Where a co payment stands."""

    AWAITED = "awaited", _("Waiting for the payment")
    PAID = "paid", _("Received")
    LAPSED = "lapsed", _("Never paid")


CO_PAYMENT = Lifecycle(
    "co_payment",
    initial=CoPaymentStatus.AWAITED,
    moves=[
        Move("pay", (CoPaymentStatus.AWAITED,), CoPaymentStatus.PAID, stamp="paid_at", label=_("Receive")),
        Move("take_back", (CoPaymentStatus.PAID,), CoPaymentStatus.AWAITED, label=_("Take back by the bank")),
        Move("lapse", (CoPaymentStatus.AWAITED,), CoPaymentStatus.LAPSED, stamp="lapsed_at", label=_("Lapse")),
    ],
)


class EngagementStatus(TextChoices):
    """Where an engagement stands."""

    AWAITING_CO_PAYMENT = "awaiting_co_payment", _("Waiting for the own share")
    ACTIVE = "active", _("Under way")
    FINISHED = "finished", _("Finished")
    LAPSED = "lapsed", _("Lapsed without payment")
    TERMINATED = "terminated", _("Ended early")


class AgreementWaiting(TextChoices):
    """What has to be done about an agreement."""

    COMPANY = "company", _("The company has to sign")
    PROVIDER = "provider", _("The firm has to sign")
    SHARE = "share", _("The own share is to be paid")
    CONSULTANT = "consultant", _("A change of consultants is to be decided")


class WorkWaiting(TextChoices):
    """What has to be done in an engagement."""

    SESSION = "session", _("Sessions to confirm")
    DELIVERABLE = "deliverable", _("Documents to accept or send back")
    STAGE = "stage", _("Stages under way")
    OWN_STAGE = "own_stage", _("Stages under way on which I am named")
    CORRECTION = "correction", _("Documents to correct")


ENGAGEMENT = Lifecycle(
    "engagement",
    initial=EngagementStatus.AWAITING_CO_PAYMENT,
    moves=[
        Move(
            "start",
            (EngagementStatus.AWAITING_CO_PAYMENT,),
            EngagementStatus.ACTIVE,
            stamp="started_at",
            label=_("Start"),
        ),
        Move("stop", (EngagementStatus.ACTIVE,), EngagementStatus.AWAITING_CO_PAYMENT, label=_("Stop")),
        Move("finish", (EngagementStatus.ACTIVE,), EngagementStatus.FINISHED, stamp="finished_at", label=_("Finish")),
        Move(
            "lapse",
            (EngagementStatus.AWAITING_CO_PAYMENT,),
            EngagementStatus.LAPSED,
            stamp="lapsed_at",
            label=_("Lapse"),
        ),
        Move(
            "terminate",
            (EngagementStatus.ACTIVE, EngagementStatus.AWAITING_CO_PAYMENT),
            EngagementStatus.TERMINATED,
            stamp="terminated_at",
            label=_("End early"),
        ),
    ],
)


class StageStatus(TextChoices):
    """Where a stage stands."""

    WAITING = "waiting", _("Not open yet")
    OPEN = "open", _("Being worked on")
    DELIVERED = "delivered", _("Waiting for acceptance")
    ACCEPTED = "accepted", _("Accepted")
    ENDED = "ended", _("Ended early")


STAGE = Lifecycle(
    "stage",
    initial=StageStatus.WAITING,
    moves=[
        Move("open", (StageStatus.WAITING,), StageStatus.OPEN, stamp="opened_at", label=_("Open")),
        Move("deliver", (StageStatus.OPEN,), StageStatus.DELIVERED, stamp="delivered_at", label=_("Hand in")),
        Move("correct", (StageStatus.DELIVERED,), StageStatus.OPEN, label=_("Ask for a correction")),
        Move("accept", (StageStatus.DELIVERED,), StageStatus.ACCEPTED, stamp="accepted_at", label=_("Accept")),
        Move(
            "end",
            (StageStatus.WAITING, StageStatus.OPEN, StageStatus.DELIVERED),
            StageStatus.ENDED,
            stamp="ended_at",
            label=_("End early"),
        ),
    ],
)


class SessionStatus(TextChoices):
    """Where a session stands."""

    RECORDED = "recorded", _("Waiting for the company's confirmation")
    COUNTERSIGNED = "countersigned", _("Confirmed by the company")
    REJECTED = "rejected", _("Rejected by the company")
    WITHDRAWN = "withdrawn", _("Withdrawn")


SESSION = Lifecycle(
    "session",
    initial=SessionStatus.RECORDED,
    moves=[
        Move(
            "countersign",
            (SessionStatus.RECORDED,),
            SessionStatus.COUNTERSIGNED,
            stamp="countersigned_at",
            label=_("Confirm"),
        ),
        Move("reject", (SessionStatus.RECORDED,), SessionStatus.REJECTED, stamp="rejected_at", label=_("Reject")),
        Move("withdraw", (SessionStatus.RECORDED,), SessionStatus.WITHDRAWN, stamp="withdrawn_at", label=_("Withdraw")),
    ],
)
# Sessions that count for nothing: no time was spent, and another one may be recorded at that time.
NOT_HELD = (SessionStatus.REJECTED, SessionStatus.WITHDRAWN)


class DeliverableStatus(TextChoices):
    """Where a deliverable stands."""

    SUBMITTED = "submitted", _("Handed in, not yet accepted")
    ACCEPTED = "accepted", _("Accepted")
    CORRECTION_REQUESTED = "correction_requested", _("To be corrected")
    REPLACED = "replaced", _("Replaced by a newer one")


DELIVERABLE = Lifecycle(
    "deliverable",
    initial=DeliverableStatus.SUBMITTED,
    moves=[
        Move(
            "accept", (DeliverableStatus.SUBMITTED,), DeliverableStatus.ACCEPTED, stamp="accepted_at", label=_("Accept")
        ),
        Move(
            "request_correction",
            (DeliverableStatus.SUBMITTED,),
            DeliverableStatus.CORRECTION_REQUESTED,
            stamp="correction_requested_at",
            label=_("Ask for a correction"),
        ),
        Move(
            "replace",
            (DeliverableStatus.CORRECTION_REQUESTED,),
            DeliverableStatus.REPLACED,
            stamp="replaced_at",
            label=_("Replace"),
        ),
    ],
)
