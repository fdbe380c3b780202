"""The lives of applications and vouchers."""

from enum import StrEnum

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move, TextChoices


class ApplicationStatus(TextChoices):
    """Where an application stands."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    IN_REVIEW = "in_review", _("An officer is checking eligibility")
    ACCEPTED = "accepted", _("Waiting for allocation")
    ALLOCATED = "allocated", _("Voucher given")
    WAITLISTED = "waitlisted", _("On the waitlist")
    OFFERED = "offered", _("A voucher is offered")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")


APPLICATION = Lifecycle(
    "application",
    initial=ApplicationStatus.DRAFT,
    moves=[
        Move(
            "submit", (ApplicationStatus.DRAFT,), ApplicationStatus.SUBMITTED, stamp="submitted_at", label=_("Submit")
        ),
        Move("review", (ApplicationStatus.SUBMITTED,), ApplicationStatus.IN_REVIEW, label=_("Send to an officer")),
        Move(
            "accept",
            (ApplicationStatus.SUBMITTED, ApplicationStatus.IN_REVIEW),
            ApplicationStatus.ACCEPTED,
            stamp="decided_at",
            label=_("Accept as eligible"),
        ),
        Move(
            "allocate",
            (ApplicationStatus.ACCEPTED, ApplicationStatus.OFFERED),
            ApplicationStatus.ALLOCATED,
            stamp="allocated_at",
            label=_("Give a voucher"),
        ),
        Move(
            "wait",
            (ApplicationStatus.ACCEPTED,),
            ApplicationStatus.WAITLISTED,
            stamp="waitlisted_at",
            label=_("Put on the waitlist"),
        ),
        Move(
            "offer",
            (ApplicationStatus.ACCEPTED, ApplicationStatus.WAITLISTED),
            ApplicationStatus.OFFERED,
            stamp="offered_at",
            label=_("Offer a voucher"),
        ),
        Move(
            "refuse",
            (ApplicationStatus.IN_REVIEW, ApplicationStatus.ACCEPTED, ApplicationStatus.WAITLISTED),
            ApplicationStatus.REFUSED,
            stamp="refused_at",
            label=_("Refuse"),
        ),
        Move(
            "lapse",
            (ApplicationStatus.OFFERED,),
            ApplicationStatus.REFUSED,
            stamp="refused_at",
            label=_("Let the offer lapse"),
        ),
        Move(
            "decline",
            (ApplicationStatus.OFFERED,),
            ApplicationStatus.WITHDRAWN,
            stamp="withdrawn_at",
            label=_("Decline the offer"),
        ),
        Move(
            "withdraw",
            (
                ApplicationStatus.DRAFT,
                ApplicationStatus.SUBMITTED,
                ApplicationStatus.IN_REVIEW,
                ApplicationStatus.ACCEPTED,
                ApplicationStatus.WAITLISTED,
            ),
            ApplicationStatus.WITHDRAWN,
            stamp="withdrawn_at",
            label=_("Withdraw the application"),
        ),
    ],
)


class ScoringStatus(TextChoices):
    """Where a scoring stands."""

    ASSIGNED = "assigned", _("Conflict declaration open")
    ACCEPTED = "accepted", _("To be scored")
    LAPSED = "lapsed", _("Not scored in time")
    REFUSED = "refused", _("Refused for a conflict")
    SCORED = "scored", _("Scored")


SCORING = Lifecycle(
    "scoring",
    initial=ScoringStatus.ASSIGNED,
    moves=[
        Move(
            "accept",
            (ScoringStatus.ASSIGNED,),
            ScoringStatus.ACCEPTED,
            stamp="declared_at",
            label=_("Declare no conflict"),
        ),
        Move(
            "refuse",
            (ScoringStatus.ASSIGNED,),
            ScoringStatus.REFUSED,
            stamp="declared_at",
            label=_("Declare a conflict"),
        ),
        Move(
            "score", (ScoringStatus.ACCEPTED,), ScoringStatus.SCORED, stamp="scored_at", label=_("Hand in the scores")
        ),
        Move(
            "lapse",
            (ScoringStatus.ASSIGNED, ScoringStatus.ACCEPTED),
            ScoringStatus.LAPSED,
            stamp="lapsed_at",
            label=_("Ask somebody else"),
        ),
    ],
)


class VoucherStatus(TextChoices):
    """Where a voucher stands."""

    ISSUED = "issued", _("Valid")
    SUSPENDED = "suspended", _("Voucher suspended")
    EXHAUSTED = "exhausted", _("Used up")
    EXPIRED = "expired", _("Expired")
    SURRENDERED = "surrendered", _("Given back")
    REVOKED = "revoked", _("Revoked")


VOUCHER = Lifecycle(
    "voucher",
    initial=VoucherStatus.ISSUED,
    moves=[
        Move(
            "suspend",
            (VoucherStatus.ISSUED,),
            VoucherStatus.SUSPENDED,
            stamp="suspended_at",
            label=_("Suspend the voucher"),
        ),
        Move("resume", (VoucherStatus.SUSPENDED,), VoucherStatus.ISSUED, label=_("Resume")),
        Move("exhaust", (VoucherStatus.ISSUED,), VoucherStatus.EXHAUSTED, stamp="exhausted_at", label=_("Used up")),
        Move("refill", (VoucherStatus.EXHAUSTED,), VoucherStatus.ISSUED, label=_("Refill")),
        Move(
            "extend", (VoucherStatus.ISSUED,), VoucherStatus.ISSUED, stamp="extended_at", label=_("Extend the voucher")
        ),
        Move(
            "expire",
            (VoucherStatus.ISSUED, VoucherStatus.SUSPENDED),
            VoucherStatus.EXPIRED,
            stamp="expired_at",
            label=_("Expire"),
        ),
        Move(
            "surrender",
            (VoucherStatus.ISSUED,),
            VoucherStatus.SURRENDERED,
            stamp="surrendered_at",
            label=_("Give the voucher back"),
        ),
        Move(
            "revoke",
            (VoucherStatus.ISSUED, VoucherStatus.SUSPENDED),
            VoucherStatus.REVOKED,
            stamp="revoked_at",
            label=_("Revoke the voucher"),
        ),
    ],
)


class AssessmentOccasion(StrEnum):
    """When a company's eligibility is assessed."""

    SUBMISSION = "submission"
    ALLOCATION = "allocation"
    REDEMPTION = "redemption"
    PAYMENT = "payment"


class EvidenceKind(TextChoices):
    """What a file of an application documents."""

    BUSINESS_REGISTRATION = "business_registration", _("Business registration")
    EMPLOYEES = "employees", _("Proof of the number of employees")
    FINANCIAL = "financial", _("Financial statement")
    OTHER = "other", _("Other")


class Outcome(StrEnum):
    """What an allocation tells one application."""

    ALLOCATED = "allocated"
    WAITLISTED = "waitlisted"
    REFUSED = "refused"
