"""Words for what the proof of the books looks at."""

from marketplace.core.i18n import _

CHECKS = {
    "balance": _("Balance of an account"),
    "below_zero": _("An account below 0"),
    "total": _("All accounts together"),
    "budget": _("What stands at the stages of a budget line"),
    "offered": _("What is held for an open offer"),
    "reserved": _("Amount of a voucher"),
    "released": _("What a voucher gave back"),
    "redeemed": _("What was redeemed for an agreement"),
    "approved_aid": _("Aid of an approved claim"),
    "approved_co_payment": _("Own share of an approved claim"),
    "paid_aid": _("Aid of a paid claim"),
    "paid_co_payment": _("Own share of a paid claim"),
    "kept_back": _("What is paid of a claim that is not paid"),
    "set_aside": _("Amount of a refund"),
    "suspense": _("What arrived and is not assigned"),
    "sent_back": _("Amount of a refund that was sent back"),
    "still_owed": _("What is still to be paid of a debt"),
}
