"""The lives of a person's account and of a membership."""

from enum import StrEnum

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move, TextChoices


class PersonStatus(TextChoices):
    """Where a person stands."""

    REGISTERED = "registered", _("E-mail not yet confirmed")
    CONFIRMED = "confirmed", _("E-mail confirmed")
    DISABLED = "disabled", _("Disabled")


PERSON = Lifecycle(
    "person",
    initial=PersonStatus.REGISTERED,
    moves=[
        Move(
            "confirm",
            (PersonStatus.REGISTERED,),
            PersonStatus.CONFIRMED,
            stamp="confirmed_at",
            label=_("Confirm the e-mail address"),
        ),
        Move(
            "disable",
            (PersonStatus.CONFIRMED,),
            PersonStatus.DISABLED,
            stamp="disabled_at",
            label=_("Disable the account"),
        ),
        Move(
            "restore",
            (PersonStatus.DISABLED,),
            PersonStatus.CONFIRMED,
            stamp="confirmed_at",
            label=_("Restore the account"),
        ),
    ],
)


class MembershipStatus(TextChoices):
    """Where a membership stands."""

    PROPOSED = "proposed", _("Waiting for approval")
    ACTIVE = "active", _("Active")
    ENDED = "ended", _("Ended")


MEMBERSHIP = Lifecycle(
    "membership",
    initial=MembershipStatus.PROPOSED,
    moves=[
        Move(
            "activate",
            (MembershipStatus.PROPOSED,),
            MembershipStatus.ACTIVE,
            stamp="activated_at",
            label=_("Approve the role"),
        ),
        Move(
            "refuse", (MembershipStatus.PROPOSED,), MembershipStatus.ENDED, stamp="ended_at", label=_("Refuse the role")
        ),
        Move("end", (MembershipStatus.ACTIVE,), MembershipStatus.ENDED, stamp="ended_at", label=_("End the role")),
    ],
)


class OrganisationKind(StrEnum):
    """What an organisation is in the programme; its people's roles follow from it."""

    SME = "sme"
    PROVIDER = "provider"
    AGENCY = "agency"


class TokenPurpose(StrEnum):
    """What a secret sent by mail is good for."""

    CONFIRM_EMAIL = "confirm_email"
    RESET_PASSWORD = "reset_password"  # noqa: S105 -- no secret
    INVITATION = "invitation"
    CHANGE_EMAIL = "change_email"
    TAKE_BACK = "take_back"
