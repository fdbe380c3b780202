"""The lives of receivables, their instalments and write-offs."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move, TextChoices


class ReceivableStatus(TextChoices):
    """Where a receivable stands."""

    PROPOSED = "proposed", _("Waiting for a second officer")
    OPEN = "open", _("To be paid")
    DROPPED = "dropped", _("Dropped")
    SETTLED = "settled", _("Paid in full")
    WRITTEN_OFF = "written_off", _("Written off")


class ReceivableWaiting(TextChoices):
    """What has to be done about what is owed."""

    PAYMENT = "payment", _("Instalments to pay")
    CONFIRMATION = "confirmation", _("Waiting for me to confirm it")
    WRITE_OFF = "write_off", _("Write-off waiting for my signature")


RECEIVABLE = Lifecycle(
    "receivable",
    initial=ReceivableStatus.PROPOSED,
    moves=[
        Move("confirm", (ReceivableStatus.PROPOSED,), ReceivableStatus.OPEN, stamp="confirmed_at", label=_("Confirm")),
        Move("drop", (ReceivableStatus.PROPOSED,), ReceivableStatus.DROPPED, stamp="dropped_at", label=_("Drop")),
        Move("settle", (ReceivableStatus.OPEN,), ReceivableStatus.SETTLED, stamp="settled_at", label=_("Settle")),
        Move(
            "write_off",
            (ReceivableStatus.OPEN,),
            ReceivableStatus.WRITTEN_OFF,
            stamp="written_off_at",
            label=_("Write off"),
        ),
        Move("reopen", (ReceivableStatus.SETTLED,), ReceivableStatus.OPEN, label=_("Payment taken back by the bank")),
    ],
)


class InstalmentStatus(TextChoices):
    """Where an instalment stands."""

    SCHEDULED = "scheduled", _("Scheduled")
    NOTIFIED = "notified", _("Payment notice sent")
    PAID = "paid", _("Instalment paid")
    REPLACED = "replaced", _("Replaced by other instalments")
    WRITTEN_OFF = "written_off", _("Written off")


INSTALMENT = Lifecycle(
    "instalment",
    initial=InstalmentStatus.SCHEDULED,
    moves=[
        Move(
            "notify",
            (InstalmentStatus.SCHEDULED,),
            InstalmentStatus.NOTIFIED,
            stamp="notified_at",
            label=_("Send the payment notice"),
        ),
        Move(
            "pay",
            (InstalmentStatus.SCHEDULED, InstalmentStatus.NOTIFIED),
            InstalmentStatus.PAID,
            stamp="paid_at",
            label=_("Mark as paid"),
        ),
        Move(
            "replace",
            (InstalmentStatus.SCHEDULED, InstalmentStatus.NOTIFIED),
            InstalmentStatus.REPLACED,
            stamp="replaced_at",
            label=_("Replace"),
        ),
        Move(
            "write_off",
            (InstalmentStatus.SCHEDULED, InstalmentStatus.NOTIFIED),
            InstalmentStatus.WRITTEN_OFF,
            stamp="written_off_at",
            label=_("Write off"),
        ),
        Move(
            "reopen",
            (InstalmentStatus.PAID,),
            InstalmentStatus.NOTIFIED,
            stamp="notified_at",
            label=_("Payment taken back by the bank"),
        ),
    ],
)


class WriteOffStatus(TextChoices):
    """Where a write off stands."""

    PROPOSED = "proposed", _("Waiting for the second signature")
    SIGNED = "signed", _("Signed by two officers")
    REFUSED = "refused", _("Refused")


WRITE_OFF = Lifecycle(
    "write_off",
    initial=WriteOffStatus.PROPOSED,
    moves=[
        Move("sign", (WriteOffStatus.PROPOSED,), WriteOffStatus.SIGNED, stamp="signed_at", label=_("Sign")),
        Move("refuse", (WriteOffStatus.PROPOSED,), WriteOffStatus.REFUSED, stamp="refused_at", label=_("Refuse")),
    ],
)


class ReceivableKind(TextChoices):
    """Why money is owed."""

    REPAYMENT = "repayment", _("Repayment after success")
    RECOVERY = "recovery", _("Recovery")
