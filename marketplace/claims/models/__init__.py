"""The tables from the claim to the bank's report."""

from marketplace.claims.models.bank import BankAssignment, BankBooking, BankEntry, BankImport, BankProposal, BankReport
from marketplace.claims.models.claims import Claim, ClaimAssessment, ClaimEscalation, ClaimLine, Hold
from marketplace.claims.models.debts import Deduction, ExpectedPayment
from marketplace.claims.models.payments import PaymentBatch, PaymentLine, Refund

__all__ = [
    "BankAssignment",
    "BankBooking",
    "BankEntry",
    "BankImport",
    "BankProposal",
    "BankReport",
    "Claim",
    "ClaimAssessment",
    "ClaimEscalation",
    "ClaimLine",
    "Deduction",
    "ExpectedPayment",
    "Hold",
    "PaymentBatch",
    "PaymentLine",
    "Refund",
]
