"""Owns the lives of receivables, their instalments and write-offs."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move

RECEIVABLE = Lifecycle(
    "receivable",
    initial="proposed",
    moves=[
        Move("confirm", ("proposed",), "open", stamp="confirmed_at", label=_("Confirm")),
        Move("drop", ("proposed",), "dropped", stamp="dropped_at", label=_("Drop")),
        Move("settle", ("open",), "settled", stamp="settled_at", label=_("Settle")),
        Move("write_off", ("open",), "written_off", stamp="written_off_at", label=_("Write off")),
    ],
    labels={
        "proposed": _("Waiting for a second officer"),
        "open": _("To be paid"),
        "dropped": _("Dropped"),
        "settled": _("Paid in full"),
        "written_off": _("Written off"),
    },
)

INSTALMENT = Lifecycle(
    "instalment",
    initial="scheduled",
    moves=[
        Move("invoice", ("scheduled",), "invoiced", stamp="invoiced_at", label=_("Send the invoice")),
        Move("pay", ("scheduled", "invoiced"), "paid", stamp="paid_at", label=_("Mark as paid")),
        Move("replace", ("scheduled", "invoiced"), "replaced", stamp="replaced_at", label=_("Replace")),
        Move("write_off", ("scheduled", "invoiced"), "written_off", stamp="written_off_at", label=_("Write off")),
    ],
    labels={
        "scheduled": _("Scheduled"),
        "invoiced": _("Invoice sent"),
        "paid": _("Instalment paid"),
        "replaced": _("Replaced by other instalments"),
        "written_off": _("Written off"),
    },
)

WRITE_OFF = Lifecycle(
    "write_off",
    initial="proposed",
    moves=[
        Move("sign", ("proposed",), "signed", stamp="signed_at", label=_("Sign")),
        Move("refuse", ("proposed",), "refused", stamp="refused_at", label=_("Refuse")),
    ],
    labels={
        "proposed": _("Waiting for the second signature"),
        "signed": _("Signed by two officers"),
        "refused": _("Refused"),
    },
)

KINDS = {"repayment": _("Repayment after success"), "recovery": _("Recovery")}
