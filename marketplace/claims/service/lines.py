"""What happens to the claim or the refund that a payment line pays: its move, and the word to who waits for it."""

from typing import Any, cast
from uuid import UUID

from marketplace.claims import queries
from marketplace.claims.models import Claim, PaymentLine, Refund
from marketplace.claims.service.approval import notify
from marketplace.claims.service.refunds import tell_company
from marketplace.claims.states import CLAIM, REFUND
from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.audit import transition


def move(line: PaymentLine, event: str, *, actor: Actor, reason: str | None = None, **details: Any) -> Claim | Refund:
    """Make this move of what the line pays, whose row stays locked."""
    if line.claim_id is not None:
        claim = db.get(Claim, line.claim_id, lock=True)
        transition(claim, CLAIM, event, actor=actor, reason=reason, **details)
        return claim
    refund = db.get(Refund, cast(UUID, line.refund_id), lock=True)
    transition(refund, REFUND, event, actor=actor, reason=reason, **details)
    return refund


def tell_paid(line: PaymentLine) -> None:
    """Tell the firm, or the company, that its money has arrived."""
    subject = line.subject
    if isinstance(subject, Claim):
        deductions = queries.deductions_of(subject.id)
        kept_back = [{"amount": deduction.amount, "reference": deduction.reference} for deduction in deductions]
        notify(subject, "claims/claim_paid", paid=line.amount, kept_back=kept_back)
    else:
        tell_company(subject, "claims/refund_paid", key=str(line.id))


def tell_returned(line: PaymentLine, reason: str) -> None:
    """Tell the firm, or the company, that the bank sent its money back."""
    subject = line.subject
    if isinstance(subject, Claim):
        notify(subject, "claims/payment_returned", reason=reason)
    else:
        tell_company(subject, "claims/refund_returned", key=str(line.id), reason=reason)
