"""The lives of a provider's registration, of a bank account and of a consultant's entry in the register."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move

PROVIDER = Lifecycle(
    "provider",
    initial="applied",
    moves=[
        Move("approve", ("applied",), "approved", stamp="approved_at", label=_("Approve the registration")),
        Move("refuse", ("applied",), "refused", stamp="refused_at", label=_("Refuse the registration")),
        Move("apply_again", ("refused",), "applied", stamp="submitted_at", label=_("Apply again")),
        Move("suspend", ("approved",), "suspended", stamp="suspended_at", label=_("Suspend")),
        Move("restore", ("suspended",), "approved", stamp="restored_at", label=_("End the suspension")),
        Move("remove", ("approved", "suspended"), "removed", stamp="removed_at", label=_("Remove from the register")),
    ],
    labels={
        "applied": _("Waiting for approval"),
        "approved": _("Registered"),
        "refused": _("Registration refused"),
        "suspended": _("Suspended"),
        "removed": _("Removed from the register"),
    },
)

BANK_ACCOUNT = Lifecycle(
    "bank_account",
    initial="proposed",
    moves=[
        Move("activate", ("proposed",), "active", stamp="active_at", label=_("Approve the account")),
        Move("refuse", ("proposed",), "retired", stamp="retired_at", label=_("Refuse the account")),
        Move("retire", ("active",), "retired", stamp="retired_at", label=_("Retire the account")),
    ],
    labels={"proposed": _("Waiting for approval"), "active": _("In use"), "retired": _("No longer used")},
)

CONSULTANT = Lifecycle(
    "consultant",
    initial="active",
    moves=[
        Move("leave", ("active",), "left", stamp="left_at", label=_("End the membership in the firm")),
        Move("join", ("left",), "active", stamp="joined_at", label=_("Join a firm")),
    ],
    labels={"active": _("Active"), "left": _("No longer with a firm")},
)
