"""The verbs from accepted work to money paid."""

from marketplace.claims.service.approval import (
    approve_claim,
    check_claim,
    countersign_claim,
    reconsider_claim,
    refuse_claim,
    return_claim,
)
from marketplace.claims.service.batches import confirm_account, prepare_batch, remind_of_batch, remove_line, send_batch
from marketplace.claims.service.deductions import cancel_deductions, deduct, expect_payment
from marketplace.claims.service.escalation import escalate_claim
from marketplace.claims.service.holds import end_holds, extend_hold, lift_hold, place_hold
from marketplace.claims.service.reconciliation import (
    Taken,
    book_bank_file,
    import_bank_file,
    import_upload,
    read_bank_file,
)
from marketplace.claims.service.refunds import (
    change_refund_account,
    pay_back_excess,
    refund_ended_stages,
    request_refund,
)
from marketplace.claims.service.straight_through import pass_claim
from marketplace.claims.service.submission import resubmit_claim, submit_claim, withdraw_claim
from marketplace.claims.service.unmatched import (
    assign_to_co_payment,
    assign_to_known,
    assign_to_payments,
    assign_to_return,
    assign_to_reversal,
    confirm_proposal,
    explain_entry,
    propose,
    refuse_proposal,
    send_entry_back,
    take_out_debt_reversal,
)

__all__ = [
    "Taken",
    "approve_claim",
    "assign_to_co_payment",
    "assign_to_known",
    "assign_to_payments",
    "assign_to_return",
    "assign_to_reversal",
    "book_bank_file",
    "cancel_deductions",
    "change_refund_account",
    "check_claim",
    "confirm_account",
    "confirm_proposal",
    "countersign_claim",
    "deduct",
    "end_holds",
    "escalate_claim",
    "expect_payment",
    "explain_entry",
    "extend_hold",
    "import_bank_file",
    "import_upload",
    "lift_hold",
    "pass_claim",
    "pay_back_excess",
    "place_hold",
    "prepare_batch",
    "propose",
    "read_bank_file",
    "reconsider_claim",
    "refund_ended_stages",
    "refuse_claim",
    "refuse_proposal",
    "remind_of_batch",
    "remove_line",
    "request_refund",
    "resubmit_claim",
    "return_claim",
    "send_batch",
    "send_entry_back",
    "submit_claim",
    "take_out_debt_reversal",
    "withdraw_claim",
]
