"""The tables from the claim to the bank's report."""

from marketplace.claims.models.claims import Claim, ClaimAssessment, ClaimEscalation, ClaimLine, Hold
from marketplace.claims.models.payments import BankEntry, BankImport, PaymentBatch, PaymentLine, Refund

__all__ = [
    "BankEntry",
    "BankImport",
    "Claim",
    "ClaimAssessment",
    "ClaimEscalation",
    "ClaimLine",
    "Hold",
    "PaymentBatch",
    "PaymentLine",
    "Refund",
]
