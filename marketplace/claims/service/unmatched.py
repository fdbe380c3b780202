"""The verbs of movements that match nothing: kept in the books at once, until an officer says what each one is."""

from collections.abc import Sequence
from uuid import UUID

from marketplace.claims import events, queries, rules
from marketplace.claims.models import BankAssignment, BankEntry, BankProposal, PaymentBatch, Refund
from marketplace.claims.service import booking, money, suspense
from marketplace.claims.service.refunds import pay_back_entry
from marketplace.claims.states import AssignmentKind, Direction, EntryOutcome, LineStatus
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
from marketplace.ledger import chart
from marketplace.ledger.chart import TransferKind
from marketplace.ledger.service import money_verb


@money_verb(CoPayment)
def assign_to_co_payment(
    entry_ids: Sequence[UUID], *, actor: Actor, reference: str, reason: str, key: str
) -> CoPayment:
    """Take movements of one payer together as the co-payment awaited under the reference.

    What little their sum lacks to it the bank has kept; more is refused.
    """
    rules.check_role(actor, Role.BUDGET_OFFICER)
    entries = queries.entries_by_id(entry_ids)
    rules.check_assignable(entries, entry_ids)
    amounts = {str(entry.id): _check_held(entry, Direction.CREDIT) for entry in entries}
    first, came, share = entries[0], sum(amounts.values()), queries.share_under(reference)
    charge = share - came if rules.is_charge(share - came, share) else 0
    co_payment = engagements.record_co_payment(
        reference,
        actor=actor,
        amount=Money(came + charge, first.currency),
        payer_name=first.payer,
        payer_account=first.debtor_account,
        payer_bank=first.debtor_bank,
        holder_name=first.debtor,
        booked_on=entries[-1].booked_on,
        sources=amounts,
        charge=charge,
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


def take_out_debt_reversal(entry_id: UUID, *, actor: Actor, reason: str) -> None:
    """A debit took the payment of a debt back, as whoever knows the debt found: it leaves suspense."""
    rules.check_role(actor, Role.BUDGET_OFFICER, Role.SYSTEM)
    entry = queries.get_entry(entry_id)
    rules.check_unassigned(entry)
    suspense.release(entry, _check_held(entry, Direction.DEBIT), actor=actor, key=f"{entry.id}:assign")
    if actor.role is Role.SYSTEM:
        entry.outcome, entry.note = EntryOutcome.REVERSED, None
    else:
        _assign(entry, AssignmentKind.DEBT_REVERSAL, actor, reason)


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


def propose(entry_id: UUID, *, actor: Actor, kind: AssignmentKind, reason: str) -> BankProposal:
    """Propose that money came from a funder, or went back to it, or that it is interest; another officer confirms."""
    entry, _left = _open(entry_id, actor, Direction.CREDIT if kind == AssignmentKind.INTEREST else None)
    made = BankProposal(entry_id=entry.id, kind=kind, reason=check_reason(reason), proposed_by=actor.person_id)
    db.session.add(made)
    db.flush()
    record(actor, "bank_entry.propose", entry, after={"kind": kind}, reason=reason)
    return made


@money_verb(BankAssignment)
def confirm_proposal(proposal_id: UUID, *, actor: Actor, key: str) -> BankAssignment:
    """The second officer confirms what the first one proposed; it is booked to the account that it belongs to."""
    proposal = _lock_proposal(proposal_id)
    entry, _left = _open(proposal.entry_id, actor, None)
    rules.check_another_confirms(proposal, actor)
    if proposal.kind == AssignmentKind.INTEREST:
        account, kind = chart.income(entry.currency), TransferKind.INCOME
    else:
        account, kind = chart.funded(entry.currency), TransferKind.FUND
    suspense.give_up(entry, account, kind=kind, actor=actor)
    return _assign(entry, proposal.kind, actor, proposal.reason, proposed_by=proposal.proposed_by)


def refuse_proposal(proposal_id: UUID, *, actor: Actor, reason: str) -> BankProposal:
    """Refuse it, or withdraw one's own: the movement waits again for somebody to say what it is."""
    proposal = _lock_proposal(proposal_id)
    _open(proposal.entry_id, actor, None)
    proposal.refused_by, proposal.refused_at = actor.person_id, clock.now()
    db.flush()
    record(actor, "bank_entry.refuse", proposal.entry, reason=check_reason(reason))
    return proposal


def _lock_proposal(proposal_id: UUID) -> BankProposal:
    proposal = db.get(BankProposal, proposal_id, lock=True)
    if proposal.refused_at is not None:
        raise DomainError(_("This proposal was refused already."))
    return proposal


def explain_entry(entry_id: UUID, *, actor: Actor, reason: str) -> BankAssignment:
    """Say what a movement is that is no payment of the programme: a fee, or one on another account."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    entry = queries.get_entry(entry_id)
    rules.check_unassigned(entry)
    if queries.is_in_suspense(entry):
        if entry.direction == Direction.CREDIT:
            raise DomainError(_("This money waits in the books. Assign it to an own share, or send it back."))
        suspense.give_up(entry, chart.charges(entry.currency), kind=TransferKind.CHARGE, actor=actor)
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
    entry: BankEntry,
    kind: AssignmentKind,
    actor: Actor,
    reason: str,
    *,
    co_payment_id: UUID | None = None,
    proposed_by: UUID | None = None,
) -> BankAssignment:
    made = BankAssignment(
        entry_id=entry.id,
        kind=kind,
        co_payment_id=co_payment_id,
        proposed_by=proposed_by,
        reason=check_reason(reason),
        assigned_by=actor.person_id,
        assigned_at=clock.now(),
    )
    db.session.add(made)
    db.flush()
    db.session.expire(entry, ["assignment"])
    record(actor, f"bank_entry.{kind}", entry, after={"co_payment_id": co_payment_id}, reason=reason)
    return made
