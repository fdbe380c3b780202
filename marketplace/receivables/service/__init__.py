"""The verbs of what is owed to the agency: from the proposal to the last receipt, or the write-off."""

from marketplace.receivables.service.instalments import agree_instalments, notify_instalment, remind_instalment
from marketplace.receivables.service.opening import (
    confirm,
    decline_repayment,
    drop,
    open_recovery,
    propose_repayment,
)
from marketplace.receivables.service.receipts import take_receipt, take_set_off
from marketplace.receivables.service.reversals import follow_debt_reversal, take_back_receipt
from marketplace.receivables.service.set_offs import set_off
from marketplace.receivables.service.write_offs import propose_write_off, refuse_write_off, sign_write_off

__all__ = [
    "agree_instalments",
    "confirm",
    "decline_repayment",
    "drop",
    "follow_debt_reversal",
    "notify_instalment",
    "open_recovery",
    "propose_repayment",
    "propose_write_off",
    "refuse_write_off",
    "remind_instalment",
    "set_off",
    "sign_write_off",
    "take_back_receipt",
    "take_receipt",
    "take_set_off",
]
