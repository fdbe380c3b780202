"""The lives of a provider's registration, of a bank account and of a consultant's entry in the register."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move, TextChoices


class ProviderStatus(TextChoices):
    """Where a provider stands."""

    APPLIED = "applied", _("Waiting for approval")
    APPROVED = "approved", _("Registered")
    REFUSED = "refused", _("Registration refused")
    SUSPENDED = "suspended", _("Suspended")
    REMOVED = "removed", _("Removed from the register")


PROVIDER = Lifecycle(
    "provider",
    initial=ProviderStatus.APPLIED,
    moves=[
        Move(
            "approve",
            (ProviderStatus.APPLIED,),
            ProviderStatus.APPROVED,
            stamp="approved_at",
            label=_("Approve the registration"),
        ),
        Move(
            "refuse",
            (ProviderStatus.APPLIED,),
            ProviderStatus.REFUSED,
            stamp="refused_at",
            label=_("Refuse the registration"),
        ),
        Move(
            "apply_again",
            (ProviderStatus.REFUSED,),
            ProviderStatus.APPLIED,
            stamp="submitted_at",
            label=_("Apply again"),
        ),
        Move("suspend", (ProviderStatus.APPROVED,), ProviderStatus.SUSPENDED, stamp="suspended_at", label=_("Suspend")),
        Move(
            "restore",
            (ProviderStatus.SUSPENDED,),
            ProviderStatus.APPROVED,
            stamp="restored_at",
            label=_("End the suspension"),
        ),
        Move(
            "remove",
            (ProviderStatus.APPROVED, ProviderStatus.SUSPENDED),
            ProviderStatus.REMOVED,
            stamp="removed_at",
            label=_("Remove from the register"),
        ),
    ],
)


class BankAccountStatus(TextChoices):
    """Where a bank account stands."""

    PROPOSED = "proposed", _("Waiting for approval")
    ACTIVE = "active", _("In use")
    RETIRED = "retired", _("No longer used")


BANK_ACCOUNT = Lifecycle(
    "bank_account",
    initial=BankAccountStatus.PROPOSED,
    moves=[
        Move(
            "activate",
            (BankAccountStatus.PROPOSED,),
            BankAccountStatus.ACTIVE,
            stamp="active_at",
            label=_("Approve the account"),
        ),
        Move(
            "refuse",
            (BankAccountStatus.PROPOSED,),
            BankAccountStatus.RETIRED,
            stamp="retired_at",
            label=_("Refuse the account"),
        ),
        Move(
            "retire",
            (BankAccountStatus.ACTIVE,),
            BankAccountStatus.RETIRED,
            stamp="retired_at",
            label=_("Retire the account"),
        ),
    ],
)


class ConsultantStatus(TextChoices):
    """Where a consultant stands."""

    ACTIVE = "active", _("Active")
    LEFT = "left", _("No longer with a firm")


CONSULTANT = Lifecycle(
    "consultant",
    initial=ConsultantStatus.ACTIVE,
    moves=[
        Move(
            "leave",
            (ConsultantStatus.ACTIVE,),
            ConsultantStatus.LEFT,
            stamp="left_at",
            label=_("End the membership in the firm"),
        ),
        Move("join", (ConsultantStatus.LEFT,), ConsultantStatus.ACTIVE, stamp="joined_at", label=_("Join a firm")),
    ],
)
