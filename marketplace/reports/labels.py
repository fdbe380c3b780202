"""Words for the codes of the ledger: stages, kinds of transfers and what the proof of the books looks at."""

from marketplace.core.i18n import _

STAGES = {
    "source": _("The funder"),
    "available": _("Available"),
    "reserved": _("Reserved"),
    "committed": _("Committed"),
    "payable": _("Payable"),
    "paid": _("Paid"),
    "bank": _("The agency's bank account"),
    "co_payment": _("Own share held"),
    "co_payment_payable": _("Own share payable"),
    "co_payment_paid": _("Own share paid"),
    "refundable": _("Own share to be sent back"),
    "refunded": _("Own share sent back"),
    "obligation": _("Owed to the agency"),
    "receivable": _("Claimed by the agency"),
    "income": _("Income of the agency"),
    "returned": _("Returned to the funder"),
}
KINDS = {
    "appropriate": _("Appropriated by the funder"),
    "reserve": _("Promised by a voucher"),
    "commit": _("Bound to an agreement"),
    "release": _("Given back"),
    "return": _("Returned to the funder"),
    "approve": _("Claim approved"),
    "pay": _("Paid to the firm"),
    "bounce": _("Payment sent back by the bank"),
    "co_payment": _("Own share received"),
    "refund": _("Own share set aside to be sent back"),
    "pay_back": _("Own share sent back"),
}
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
    "set_aside": _("Amount of a refund"),
    "sent_back": _("Amount of a refund that was sent back"),
}
