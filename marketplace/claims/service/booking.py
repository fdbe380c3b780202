"""What one movement does: what left is marked paid, what came back is returned, co-payments arrive or are taken back.

What matches nothing stands in the books as suspense, money that left as well as money that came.
"""

from collections.abc import Sequence
from uuid import UUID

from config.payments import terms
from marketplace.claims import events, queries, rules
from marketplace.claims.models import BankEntry, PaymentBatch, PaymentLine
from marketplace.claims.service import money, suspense
from marketplace.claims.service.deductions import take_deductions
from marketplace.claims.service.holds import place_hold
from marketplace.claims.service.incoming import in_english
from marketplace.claims.service.lines import move, tell_paid, tell_returned
from marketplace.claims.states import BATCH, LINE, BatchStatus, Direction, EntryOutcome, LineStatus
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor
from marketplace.core.audit import transition
from marketplace.core.errors import DomainError
from marketplace.core.i18n import _
from marketplace.core.money import Money
from marketplace.core.tasks import announce
from marketplace.core.text import number_in
from marketplace.engagements import queries as engagement_queries
from marketplace.engagements import service as engagements


def book(entry: BankEntry, *, actor: Actor) -> None:
    """Book a movement that waits; a refusal leaves it for an officer to look at."""
    if entry.outcome != EntryOutcome.WAITING:
        return
    if entry.known_from_id is not None:
        _tell(entry, db.get(BankEntry, entry.known_from_id), actor)
    elif entry.is_charge and is_ours(entry) and not entry.is_doubtful:
        money.charge(entry, actor=actor)
        entry.outcome = EntryOutcome.CHARGE
    else:
        _apply(entry, actor)
    db.flush()
    if entry.outcome == EntryOutcome.RECEIVABLE:
        announce(events.DEBT_PAID, bank_entry_id=entry.id)


def is_ours(entry: BankEntry) -> bool:
    """Whether the movement is on the agency's account."""
    return queries.is_ours(entry.account)


def _apply(entry: BankEntry, actor: Actor) -> None:
    try:
        with db.session.begin_nested():
            entry.outcome, entry.note = _match(entry, actor), None
    except DomainError as error:
        entry.outcome, entry.note = EntryOutcome.UNMATCHED, in_english(error.message)
        if is_ours(entry):
            suspense.hold(entry, actor=actor)
            _hold_payments(entry)
            _follow_debt(entry)


def _hold_payments(entry: BankEntry) -> None:
    """A share that was taken back after a part of it was paid on: nothing more is paid until somebody has looked."""
    reference = _taken_back(entry) if entry.direction == Direction.DEBIT else None
    paid = engagement_queries.engagement_paid_under(reference) if reference else None
    if paid is not None:
        place_hold(paid, actor=SYSTEM, reason=f"{reference}: {entry.note}")


def _follow_debt(entry: BankEntry) -> None:
    """A payment of a debt was taken back: whoever knows the debt is told."""
    if entry.direction == Direction.DEBIT and not entry.is_doubtful and _number_taken_back("RCV", entry):
        db.flush()
        announce(events.DEBT_TAKEN_BACK, bank_entry_id=entry.id)


def _tell(entry: BankEntry, known: BankEntry, actor: Actor) -> None:
    """The money is known, but this report may say better what it is: then it takes it out of suspense."""
    book(known, actor=actor)
    charges = queries.charges_beside(entry)
    left, net = suspense.left(known), abs(entry.signed + sum(charge.signed for charge in charges))
    if entry.is_charge or not 0 < net <= left:
        entry.outcome = EntryOutcome.KNOWN
        return
    key = f"{entry.id}:tell"
    try:
        with db.session.begin_nested():
            suspense.release(known, net, actor=actor, key=key)
            entry.outcome = _match(entry, actor)
    except DomainError as error:
        if known.single or (net == known.amount and not entry.debtor_account):
            entry.outcome = EntryOutcome.KNOWN
            return
        suspense.release(known, net, actor=actor, key=key)
        entry.outcome, entry.note = EntryOutcome.UNMATCHED, in_english(error.message)
        suspense.hold(entry, actor=actor)
    for charge in charges:
        money.charge(charge, actor=actor)
        charge.outcome, charge.drawn_from_id = EntryOutcome.CHARGE, known.id
    entry.drawn_from_id = known.id
    if left == net:
        known.outcome = EntryOutcome.TOLD


def try_again(entries: Sequence[BankEntry], *, actor: Actor) -> None:
    """What came, or was told, too early to match anything may match now: a payment came back before it was reported
    to have left."""
    for entry in entries:
        if entry.outcome == EntryOutcome.KNOWN and entry.known_from_id is not None:
            _tell(entry, db.get(BankEntry, entry.known_from_id), actor)
            db.flush()
            continue
        try:
            with db.session.begin_nested():
                suspense.release(entry, suspense.left(entry), actor=actor, key=f"{entry.id}:again")
                entry.outcome, entry.note = _match(entry, actor), None
                db.flush()
        except DomainError:
            db.session.refresh(entry)


def _match(entry: BankEntry, actor: Actor) -> EntryOutcome:
    _check_bookable(entry)
    line = queries.find_line(entry.reference) if entry.reference else None
    if entry.direction == Direction.CREDIT:
        if line is not None:
            return take_return(entry, line, entry.amount, actor)
        return EntryOutcome.RECEIVABLE if _is_for_debt(entry) else _take_co_payment(entry, actor)
    if line is not None:
        batch = _check_sent(line.batch_id)
        if Money(entry.amount, entry.currency) != Money(line.amount, batch.currency):
            raise DomainError(_("The amount isn't the one of the payment."))
        return pay([line], batch, actor)
    number = number_in("PAY", entry.reference, entry.remittance)
    if number is not None and (named := queries.find_batch(number)) is not None:
        return _pay_batch(entry, named, actor)
    if reference := _taken_back(entry):
        return take_back(entry, reference, entry.amount, actor)
    raise DomainError(_("No payment has this reference."))


def _check_bookable(entry: BankEntry) -> None:
    if not is_ours(entry):
        raise DomainError(_("The movement is on another account than the agency's."))
    if entry.is_doubtful:
        raise DomainError(rules.MAY_BE_KNOWN)


def take_back(entry: BankEntry, reference: str, amount: int, actor: Actor) -> EntryOutcome:
    """The bank took a co-payment back; what the company paid on a later day takes its place.

    What came before may be the same payment told twice: a person says what it is.
    """
    money_back = Money(amount, entry.currency)
    engagements.take_back_co_payment(reference, actor=actor, amount=money_back, key=f"{entry.id}:reverse")
    later = [one for one in queries.second_shares(reference) if one.booked_on > entry.booked_on]
    try_again([one for one in later if not queries.told_by_another_report(one)], actor=actor)
    return EntryOutcome.REVERSED


def _check_sent(batch_id: UUID) -> PaymentBatch:
    """The batch, locked as whoever sends it or takes a payment out of it does."""
    batch = db.get(PaymentBatch, batch_id, lock=True)
    if batch.status == BatchStatus.PREPARED:
        raise DomainError(_("The payment batch hasn't been sent yet."))
    return batch


def _pay_batch(entry: BankEntry, named: PaymentBatch, actor: Actor) -> EntryOutcome:
    """The bank booked a batch as one debit: where it is all that waits in the batch, it is that batch."""
    batch = _check_sent(named.id)
    lines = queries.pending_lines(batch.id)
    if Money(entry.amount, entry.currency) != Money(sum(line.amount for line in lines), batch.currency):
        raise DomainError(_("The amount isn't the sum of the batch's payments that wait for the bank."))
    return pay(lines, batch, actor)


def pay(lines: Sequence[PaymentLine], batch: PaymentBatch, actor: Actor) -> EntryOutcome:
    """The bank made these payments of one batch, which is locked."""
    for line in lines:
        line = db.get(PaymentLine, line.id, lock=True)
        transition(line, LINE, "pay", actor=actor)
        move(line, "pay", actor=actor, amount=line.amount)
        db.flush()
        money.pay(line, actor=actor)
        if line.claim is not None:
            take_deductions(line.claim, actor=actor)
        tell_paid(line)
    _settle(batch, actor)
    for line in lines:
        try_again(queries.early_returns(line.end_to_end_id), actor=actor)
    return EntryOutcome.PAID


def take_return(
    entry: BankEntry, line: PaymentLine, amount: int, actor: Actor, *, any_charge: bool = False
) -> EntryOutcome:
    """A payment came back, in full or less a charge that the bank kept; it is payable in full again."""
    batch = _check_sent(line.batch_id)
    line = db.get(PaymentLine, line.id, lock=True)
    if line.status != LineStatus.PAID:
        raise DomainError(_("No payment under this reference has left, so none can come back."))
    charge = line.amount - amount
    within = any_charge or charge * 100 <= line.amount * terms(clock.today()).largest_charge_percent
    if entry.currency != batch.currency or charge < 0 or not within:
        raise DomainError(_("The amount isn't the one of the payment."))
    line.return_reason = entry.return_reason
    transition(line, LINE, "return", actor=actor, reason=entry.return_reason)
    move(line, "bounce", actor=actor, reason=entry.return_reason)
    db.flush()
    money.take_back(line, actor=actor)
    if charge:
        money.charge(entry, actor=actor, amount=charge)
    _settle(batch, actor)
    tell_returned(line, entry.return_reason)
    return EntryOutcome.RETURNED


def _settle(batch: PaymentBatch, actor: Actor) -> None:
    if batch.status == BatchStatus.SENT and all(
        line.status != LineStatus.PENDING for line in queries.lines_of(batch.id)
    ):
        transition(batch, BATCH, "settle", actor=actor)
        db.flush()


def _is_for_debt(entry: BankEntry) -> bool:
    """Whether it pays a debt known above; it is booked there in the background."""
    number = number_in("RCV", entry.reference, entry.remittance)
    return number is not None and queries.is_expected(number, entry.currency)


def _taken_back(entry: BankEntry) -> str | None:
    """The co-payment that the bank takes back."""
    return _number_taken_back("COP", entry)


def _number_taken_back(kind: str, entry: BankEntry) -> str | None:
    """What the bank takes back: it says so by a mark or a reason, beside the reference."""
    is_marked = entry.booking.is_reversal or entry.return_reason
    return number_in(kind, entry.reference, entry.remittance) if is_marked else None


def _take_co_payment(entry: BankEntry, actor: Actor) -> EntryOutcome:
    reference = number_in("COP", entry.reference, entry.remittance)
    if reference is None:
        raise DomainError(_("No payment is awaited under this reference."))
    engagements.record_co_payment(
        reference,
        actor=actor,
        amount=Money(entry.amount, entry.currency),
        payer_name=entry.payer,
        payer_account=entry.debtor_account,
        payer_bank=entry.debtor_bank,
        holder_name=entry.debtor,
        booked_on=entry.booked_on,
        key=str(entry.id),
    )
    try_again(queries.early_reversals(reference), actor=actor)
    return EntryOutcome.CO_PAYMENT
