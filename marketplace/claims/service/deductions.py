"""The verbs for debts known above: keep back a part of an approved claim, and expect a payment into the account."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError

from marketplace.claims import events, queries, rules
from marketplace.claims.models import Claim, Deduction, ExpectedPayment
from marketplace.claims.states import DEDUCTION, ClaimStatus, DeductionStatus
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import from_integrity
from marketplace.core.tasks import announce


def deduct(claim_id: UUID, *, actor: Actor, amount: int, reference: str) -> Deduction:
    """Keep back `amount` minor units of an approved claim's next payment, for the debt with this reference."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    claim = db.get(Claim, claim_id, lock=True)
    deduction = Deduction(
        claim_id=claim.id,
        reference=reference,
        amount=amount,
        status=DEDUCTION.initial,
        agreed_by=actor.person_id,
        agreed_at=clock.now(),
    )
    db.session.add(deduction)
    try:
        db.flush()
    except IntegrityError as error:
        raise from_integrity(error) from error
    record(actor, "claim.deduct", claim, after={"deduction_id": deduction.id, "amount": amount}, reason=reference)
    return deduction


def cancel_deductions(reference: str, *, actor: Actor) -> None:
    """Nothing is owed under this reference any more: claims that are in no payment batch are paid in full again."""
    # In the order in which a payment batch holds its claims.
    for deduction in sorted(queries.deductions_for(reference), key=lambda row: row.claim_id):
        claim = db.get(Claim, deduction.claim_id, lock=True)
        deduction = db.get(Deduction, deduction.id, lock=True)
        if deduction.status == DeductionStatus.AGREED and claim.status == ClaimStatus.APPROVED:
            transition(deduction, DEDUCTION, "cancel", actor=actor, reason=reference)
    db.flush()


def take_deductions(claim: Claim, *, actor: Actor) -> None:
    """The claim's payment is made: what it was less by has come in for the debts, which is booked above."""
    for deduction in queries.deductions_of(claim.id):
        if deduction.status == DeductionStatus.AGREED:
            transition(deduction, DEDUCTION, "take", actor=actor)
            announce(events.DEDUCTION_TAKEN, deduction_id=deduction.id)
    db.flush()


def expect_payment(reference: str, *, currency: str) -> None:
    """From now on the bank's report of a payment under this reference is handed to whoever asked for it."""
    db.session.add(ExpectedPayment(reference=reference, currency=currency))
    db.flush()
