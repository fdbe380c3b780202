"""The verbs from accepted work to money paid."""

from marketplace.claims.service.approval import (
    approve_claim,
    check_claim,
    countersign_claim,
    reconsider_claim,
    refuse_claim,
    return_claim,
)
from marketplace.claims.service.batches import prepare_batch, remove_line, send_batch
from marketplace.claims.service.deductions import cancel_deductions, deduct, expect_payment, take_deductions
from marketplace.claims.service.escalation import escalate_claim
from marketplace.claims.service.holds import end_holds, extend_hold, lift_hold, place_hold
from marketplace.claims.service.reconciliation import import_bank_file
from marketplace.claims.service.refunds import (
    change_refund_account,
    pay_back_excess,
    refund_ended_stages,
    request_refund,
)
from marketplace.claims.service.straight_through import pass_claim
from marketplace.claims.service.submission import resubmit_claim, submit_claim, withdraw_claim

__all__ = [
    "approve_claim",
    "cancel_deductions",
    "change_refund_account",
    "check_claim",
    "countersign_claim",
    "deduct",
    "end_holds",
    "escalate_claim",
    "expect_payment",
    "extend_hold",
    "import_bank_file",
    "lift_hold",
    "pass_claim",
    "pay_back_excess",
    "place_hold",
    "prepare_batch",
    "reconsider_claim",
    "refund_ended_stages",
    "refuse_claim",
    "remove_line",
    "request_refund",
    "resubmit_claim",
    "return_claim",
    "send_batch",
    "submit_claim",
    "take_deductions",
    "withdraw_claim",
]
