"""The lives of a verification and of a dispute, and how well a company is known."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move, TextChoices


class VerificationStatus(TextChoices):
    """Where a verification stands."""

    WAITING = "waiting", _("Waiting for the agency")
    CONFIRMED = "confirmed", _("Verified")
    REFUSED = "refused", _("Not verified")
    WITHDRAWN = "withdrawn", _("Replaced by a later one")
    ENDED = "ended", _("Verification ended")


class Evidence(TextChoices):
    """What a confirmed verification rests on."""

    DOCUMENT = "document", _("An officer compared the business registration")
    REGISTER = "register", _("The business register says the same")


class RegisterAnswer(TextChoices):
    """What the business register says of a company."""

    AGREES = "agrees", _("The register says the same")
    UNKNOWN = "unknown", _("The register does not know this number")
    CLOSED = "closed", _("The register says that the business is suspended or closed")
    NAME = "name", _("The register has another name")
    REPRESENTATIVE = "representative", _("The register has another representative")


class DisputeStatus(TextChoices):
    """Where a dispute stands."""

    OPEN = "open", _("Open")
    PROPOSED = "proposed", _("Transfer proposed")
    TRANSFERRED = "transferred", _("Company transferred")
    DISMISSED = "dismissed", _("Dispute dismissed")


VERIFICATION = Lifecycle(
    "verification",
    initial=VerificationStatus.WAITING,
    moves=[
        Move(
            "confirm",
            (VerificationStatus.WAITING,),
            VerificationStatus.CONFIRMED,
            stamp="confirmed_at",
            label=_("Verify the company"),
        ),
        Move(
            "refuse",
            (VerificationStatus.WAITING,),
            VerificationStatus.REFUSED,
            stamp="refused_at",
            label=_("Refuse to verify the company"),
        ),
        Move(
            "withdraw",
            (VerificationStatus.WAITING,),
            VerificationStatus.WITHDRAWN,
            stamp="withdrawn_at",
            label=_("Replace what was handed in"),
        ),
        Move(
            "end",
            (VerificationStatus.CONFIRMED,),
            VerificationStatus.ENDED,
            stamp="ended_at",
            label=_("End the verification"),
        ),
    ],
)

DISPUTE = Lifecycle(
    "dispute",
    initial=DisputeStatus.OPEN,
    moves=[
        Move(
            "propose",
            (DisputeStatus.OPEN,),
            DisputeStatus.PROPOSED,
            stamp="proposed_at",
            label=_("Propose to transfer the company"),
        ),
        Move("return", (DisputeStatus.PROPOSED,), DisputeStatus.OPEN, label=_("Return the proposal to the officer")),
        Move(
            "transfer",
            (DisputeStatus.PROPOSED,),
            DisputeStatus.TRANSFERRED,
            stamp="transferred_at",
            label=_("Transfer the company"),
        ),
        Move(
            "dismiss",
            (DisputeStatus.OPEN,),
            DisputeStatus.DISMISSED,
            stamp="dismissed_at",
            label=_("Dismiss the dispute"),
        ),
    ],
)
