"""Owns the lives of a person's account and of a membership."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move

PERSON = Lifecycle(
    "person",
    initial="registered",
    moves=[
        Move("confirm", ("registered",), "confirmed", stamp="confirmed_at", label=_("Confirm the e-mail address")),
        Move("disable", ("confirmed",), "disabled", stamp="disabled_at", label=_("Disable the account")),
        Move("restore", ("disabled",), "confirmed", stamp="confirmed_at", label=_("Restore the account")),
    ],
    labels={"registered": _("E-mail not yet confirmed"), "confirmed": _("E-mail confirmed"), "disabled": _("Disabled")},
)

MEMBERSHIP = Lifecycle(
    "membership",
    initial="proposed",
    moves=[
        Move("activate", ("proposed",), "active", stamp="activated_at", label=_("Approve the role")),
        Move("refuse", ("proposed",), "ended", stamp="ended_at", label=_("Refuse the role")),
        Move("end", ("active",), "ended", stamp="ended_at", label=_("End the role")),
    ],
    labels={"proposed": _("Waiting for approval"), "active": _("Active"), "ended": _("Ended")},
)
