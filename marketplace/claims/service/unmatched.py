"""The verbs of movements that match nothing: kept in the books at once, until an officer says what each one is."""

from collections.abc import Sequence
from uuid import UUID

from marketplace.claims import events, queries, rules
from marketplace.claims.models import BankAssignment, BankEntry, PaymentBatch, Refund
from marketplace.claims.service import booking, money, suspense
from marketplace.claims.service.refunds import pay_back_entry
from marketplace.claims.states import AssignmentKind, Direction, LineStatus
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record
from marketplace.core.errors import DomainError, Invalid
from marketplace.core.i18n import _
from marketplace.core.money import Money
from marketplace.core.reasons import check_reason
from marketplace.core.tasks import announce
from marketplace.engagements import service as engagements
from marketplace.engagements.models import CoPayment
from marketplace.ledger.service import money_verb


@money_verb(CoPayment)
def assign_to_co_payment(
    entry_ids: Sequence[UUID], *, actor: Actor, reference: str, reason: str, key: str
) -> CoPayment:
    """Take movements of one payer together as the co-payment awaited under the reference; their sum must fit."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    entries = queries.entries_by_id(entry_ids)
    rules.check_assignable(entries, entry_ids)
    amounts = {str(entry.id): _check_held(entry, Direction.CREDIT) for entry in entries}
    first = entries[0]
    co_payment = engagements.record_co_payment(
        reference,
        actor=actor,
        amount=Money(sum(amounts.values()), first.currency),
        payer_name=first.payer,
        payer_account=first.debtor_account,
        payer_bank=first.debtor_bank,
        holder_name=first.debtor,
        booked_on=entries[-1].booked_on,
        sources=amounts,
        key=f"assign:{first.id}",
    )
    for entry in entries:
        _assign(entry, AssignmentKind.CO_PAYMENT, actor, reason, co_payment_id=co_payment.id)
        announce(events.ENTRY_ASSIGNED, import_id=entry.import_id, bank_entry_id=entry.id)
    return co_payment


@money_verb(BankAssignment)
def assign_to_payments(
    entry_id: UUID, *, actor: Actor, line_ids: Sequence[UUID], reason: str, key: str
) -> BankAssignment:
    """Say that this debit is these payments of one batch; what it is more than they are is the bank's charge."""
    entry, left = _open(entry_id, actor, Direction.DEBIT)
    lines = queries.lines_by_id(line_ids)
    if not lines or len({line.batch_id for line in lines}) > 1:
        raise Invalid(_("Choose payments of one batch."), field="line_ids")
    batch = db.get(PaymentBatch, lines[0].batch_id, lock=True)
    charge = left - sum(line.amount for line in lines)
    if batch.currency != entry.currency or not rules.is_charge(charge, left):
        raise Invalid(_("The payments that you chose are not the amount of the movement."), field="line_ids")
    if any(line.status != LineStatus.PENDING for line in lines):
        raise Invalid(_("The bank has reported one of these payments already."), field="line_ids")
    suspense.release(entry, left, actor=actor, key=f"{entry.id}:assign")
    booking.pay(lines, batch, actor)
    if charge:
        money.charge(entry, actor=actor, amount=charge)
    return _assign(entry, AssignmentKind.PAYMENTS, actor, reason)


@money_verb(BankAssignment)
def assign_to_return(entry_id: UUID, *, actor: Actor, reference: str, reason: str, key: str) -> BankAssignment:
    """Say that this money is the payment with this reference, come back; what it lacks is the bank's charge."""
    entry, left = _open(entry_id, actor, Direction.CREDIT)
    line = queries.find_line(reference.strip())
    if line is None:
        raise Invalid(_("No payment has this reference."), field="reference")
    suspense.release(entry, left, actor=actor, key=f"{entry.id}:assign")
    booking.take_return(entry, line, left, actor, any_charge=True)
    return _assign(entry, AssignmentKind.RETURN, actor, reason)


@money_verb(BankAssignment)
def assign_to_reversal(entry_id: UUID, *, actor: Actor, reference: str, reason: str, key: str) -> BankAssignment:
    """Say that the bank took the co-payment with this reference back by this debit; its work stops."""
    entry, left = _open(entry_id, actor, Direction.DEBIT)
    suspense.release(entry, left, actor=actor, key=f"{entry.id}:assign")
    booking.take_back(entry, reference, left, actor)
    taken = queries.co_payment_under(reference)
    return _assign(entry, AssignmentKind.REVERSAL, actor, reason, co_payment_id=taken)


@money_verb(BankAssignment)
def assign_to_known(entry_id: UUID, *, actor: Actor, other_id: UUID, reason: str, key: str) -> BankAssignment:
    """Say that this money is that of another report: it leaves the books, where it stands twice.

    Where the other movement went the opposite way, the two make each other good.
    """
    entry, left = _open(entry_id, actor, None)
    other = queries.get_entry(other_id)
    rules.check_counterpart(entry, other, left)
    suspense.release(entry, left, actor=actor, key=f"{entry.id}:assign")
    if other.direction != entry.direction:
        _open(other.id, actor, entry.direction.other)
        suspense.release(other, left, actor=actor, key=f"{other.id}:assign")
        _assign(other, AssignmentKind.OFFSET, actor, reason)
        return _assign(entry, AssignmentKind.OFFSET, actor, reason)
    return _assign(entry, AssignmentKind.KNOWN, actor, reason)


@money_verb(Refund)
def send_entry_back(entry_id: UUID, *, actor: Actor, reason: str, key: str) -> Refund:
    """Say that money which arrived by mistake, or too late, goes back to its payer with the next payment batch.

    Another budget officer sends that batch, as for every payment.
    """
    entry, left = _open(entry_id, actor, Direction.CREDIT)
    if queries.told_by_another_report(entry):
        raise DomainError(
            _("Another report tells of the same payment on another day. First say that this money is known already.")
        )
    made = _assign(entry, AssignmentKind.SENT_BACK, actor, reason)
    return pay_back_entry(entry, left, actor=actor, reason=made.reason)


def explain_entry(entry_id: UUID, *, actor: Actor, reason: str) -> BankAssignment:
    """Say what a movement is that is no payment of the programme: a fee, or one on another account."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    entry = queries.get_entry(entry_id)
    rules.check_unassigned(entry)
    if queries.is_in_suspense(entry):
        if entry.direction == Direction.CREDIT:
            raise DomainError(_("This money waits in the books. Assign it to an own share, or send it back."))
        suspense.give_up(entry, actor=actor)
    return _assign(entry, AssignmentKind.EXPLAINED, actor, reason)


def _open(entry_id: UUID, actor: Actor, direction: Direction | None) -> tuple[BankEntry, int]:
    """A movement that nobody has assigned, and how much of it the books hold; it went this way."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    entry = queries.get_entry(entry_id)
    rules.check_unassigned(entry)
    return entry, _check_held(entry, direction)


def _check_held(entry: BankEntry, direction: Direction | None) -> int:
    left = suspense.left(entry)
    if not left or direction not in (None, entry.direction):
        raise DomainError(_("The books hold no money of this movement. Explain it instead."))
    return left


def _assign(
    entry: BankEntry, kind: AssignmentKind, actor: Actor, reason: str, *, co_payment_id: UUID | None = None
) -> BankAssignment:
    made = BankAssignment(
        entry_id=entry.id,
        kind=kind,
        co_payment_id=co_payment_id,
        reason=check_reason(reason),
        assigned_by=actor.person_id,
        assigned_at=clock.now(),
    )
    db.session.add(made)
    db.flush()
    db.session.expire(entry, ["assignment"])
    record(actor, f"bank_entry.{kind}", entry, after={"co_payment_id": co_payment_id}, reason=reason)
    return made
