"""The verb that takes the bank's report: what left is marked paid, what came back is returned, co-payments arrive."""

from dataclasses import asdict
from hashlib import sha256
from typing import IO

from sqlalchemy import func, select

from config.currencies import MINOR_UNITS
from config.payments import terms
from marketplace.claims import camt, events, queries
from marketplace.claims.camt import BadReport, Entry
from marketplace.claims.models import BankEntry, BankImport, PaymentBatch, PaymentLine
from marketplace.claims.service import money
from marketplace.claims.service.deductions import take_deductions
from marketplace.claims.service.lines import move, tell_paid, tell_returned
from marketplace.claims.service.unmatched import keep_in_suspense
from marketplace.claims.states import BATCH, LINE, BatchStatus, Direction, EntryOutcome, LineStatus
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError, Forbidden, Invalid, Words
from marketplace.core.i18n import _, force_locale
from marketplace.core.money import Money
from marketplace.core.tasks import announce
from marketplace.core.text import number_in
from marketplace.engagements import service as engagements

# Files are taken one after the other, so that one movement reported twice is seen.
ONE_AT_A_TIME = 7_310_010

Outcome = tuple[EntryOutcome, Words | None]


def import_bank_file(stream: IO[bytes], *, actor: Actor, filename: str) -> BankImport:
    """Take a camt.054 or camt.053 file; the same file again, or a movement known from another, has no second effect."""
    if actor.role not in (Role.BUDGET_OFFICER, Role.SYSTEM):
        raise Forbidden()
    content = stream.read(camt.MAX_BYTES + 1)
    try:
        entries = camt.read(content, MINOR_UNITS, clock.zone())
    except BadReport as error:
        raise Invalid(
            _("This is not a bank report that can be read: %(why)s", why=error.args[0]), field="file"
        ) from error
    db.session.execute(select(func.pg_advisory_xact_lock(ONE_AT_A_TIME)))
    digest = sha256(content).hexdigest()
    earlier = queries.find_import(digest)
    if earlier is not None:
        return earlier
    made = BankImport(sha256=digest, file_name=filename[-150:], imported_by=actor.person_id)
    db.session.add(made)
    db.flush()
    for position, entry in enumerate(entries):
        if not queries.is_known_entry(entry.account, entry.bank_reference, entry.direction):
            kept = _keep(made, position, entry, _apply(entry, actor))
            if kept.outcome == EntryOutcome.RECEIVABLE:
                announce(events.DEBT_PAID, bank_entry_id=kept.id)
            if kept.outcome == EntryOutcome.UNMATCHED and kept.direction == Direction.CREDIT and _is_ours(entry):
                keep_in_suspense(kept, actor=actor)
    announce(events.BANK_FILE_IMPORTED, import_id=made.id)
    record(actor, "bank_import.take", made, after={"sha256": digest, "entries": len(entries)})
    return made


def _keep(made: BankImport, position: int, entry: Entry, outcome: Outcome) -> BankEntry:
    target, note = outcome
    with force_locale("en"):  # it is translated for each reader, see rules.note_words
        words = None if note is None else str(note)
    kept = BankEntry(import_id=made.id, position=position, outcome=target, note=words, **asdict(entry))
    db.session.add(kept)
    db.flush()
    return kept


def _is_ours(entry: Entry) -> bool:
    return entry.account == terms(clock.today()).number.replace(" ", "")


def _apply(entry: Entry, actor: Actor) -> Outcome:
    """What the movement does here; a refusal leaves it for an officer to look at, and the others count."""
    try:
        with db.session.begin_nested():
            return _match(entry, actor)
    except DomainError as error:
        return EntryOutcome.UNMATCHED, error.message


def _match(entry: Entry, actor: Actor) -> Outcome:
    if not _is_ours(entry):
        raise DomainError(_("The movement is on another account than the agency's."))
    line = queries.find_line(entry.reference) if entry.reference else None
    if line is None and entry.direction == Direction.CREDIT:
        return (EntryOutcome.RECEIVABLE, None) if _is_for_debt(entry) else _take_co_payment(entry, actor)
    if line is None:
        raise DomainError(_("No payment has this reference."))
    # The batch first, as whoever sends it or takes a payment out of it does.
    batch = db.get(PaymentBatch, line.batch_id, lock=True)
    line = db.get(PaymentLine, line.id, lock=True)
    if Money(entry.amount, entry.currency) != Money(line.amount, batch.currency):
        raise DomainError(_("The amount isn't the one of the payment."))
    if batch.status == BatchStatus.PREPARED:
        raise DomainError(_("The payment batch hasn't been sent yet."))
    if entry.direction == Direction.DEBIT:
        _pay(line, batch, actor)
        return EntryOutcome.PAID, None
    _return(line, batch, entry.return_reason, actor)
    return EntryOutcome.RETURNED, None


def _is_for_debt(entry: Entry) -> bool:
    """Whether it pays a debt known above; it is booked there in the background."""
    number = number_in("RCV", entry.reference, entry.remittance)
    return number is not None and queries.is_expected(number, entry.currency)


def _pay(line: PaymentLine, batch: PaymentBatch, actor: Actor) -> None:
    transition(line, LINE, "pay", actor=actor)
    move(line, "pay", actor=actor, amount=line.amount)
    db.flush()
    money.pay(line, actor=actor)
    if line.claim is not None:
        take_deductions(line.claim, actor=actor)
    _settle(batch, actor)
    tell_paid(line)


def _return(line: PaymentLine, batch: PaymentBatch, reason: str, actor: Actor) -> None:
    was_paid = line.status == LineStatus.PAID
    line.return_reason = reason
    transition(line, LINE, "return", actor=actor, reason=reason)
    move(line, "bounce", actor=actor, reason=reason)
    db.flush()
    if was_paid:
        money.take_back(line, actor=actor)
    _settle(batch, actor)
    tell_returned(line, reason)


def _settle(batch: PaymentBatch, actor: Actor) -> None:
    if batch.status == BatchStatus.SENT and all(
        line.status != LineStatus.PENDING for line in queries.lines_of(batch.id)
    ):
        transition(batch, BATCH, "settle", actor=actor)
        db.flush()


def _take_co_payment(entry: Entry, actor: Actor) -> Outcome:
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
        key=f"{entry.account}:{entry.bank_reference}",
    )
    return EntryOutcome.CO_PAYMENT, None
