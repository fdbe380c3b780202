"""The verbs of payment batches: prepare, take a payment out, send; whoever sends approved nothing in it."""

from collections.abc import Sequence
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from config.payments import terms
from marketplace.accounts import service as accounts
from marketplace.claims import queries, rules
from marketplace.claims.models import Claim, PaymentBatch, PaymentLine, Refund
from marketplace.claims.service.lines import move
from marketplace.claims.states import BATCH, LINE, BatchStatus, LineStatus
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, task
from marketplace.ledger.service import money_verb
from marketplace.providers import queries as providers


@money_verb(PaymentBatch)
def prepare_batch(
    *, actor: Actor, claim_ids: Sequence[UUID] = (), refund_ids: Sequence[UUID] = (), key: str
) -> PaymentBatch:
    """Put approved claims and waiting refunds together for the bank, each with its account as it is now."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    subjects: list[Claim | Refund] = [*queries.claims_by_id(claim_ids, lock=True)]
    subjects += queries.refunds_by_id(refund_ids, lock=True)
    held = queries.held_engagements([subject.engagement_id for subject in subjects])
    currency = rules.check_batchable(subjects, len(set(claim_ids) | set(refund_ids)), held)
    batch = PaymentBatch(
        number=db.next_number("PAY"),
        currency=currency,
        status=BATCH.initial,
        prepared_by=actor.person_id,
        prepared_at=clock.now(),
    )
    db.session.add(batch)
    db.flush()
    for position, subject in enumerate(subjects, start=1):
        reference = f"{batch.number}-{position:04d}"
        line = _claim_line(subject) if isinstance(subject, Claim) else _refund_line(subject)
        _check_again(subject, line)
        line.batch_id, line.end_to_end_id, line.status = batch.id, reference, LINE.initial
        db.session.add(line)
        move(line, "batch", actor=actor, batch_id=batch.id)
    db.flush()
    record(actor, "payment_batch.prepare", batch, after={"paid": [subject.number for subject in subjects]})
    return batch


def remove_line(line_id: UUID, *, actor: Actor, reason: str) -> PaymentLine:
    """Take a payment out of a batch that hasn't left; its claim or refund waits for the next one."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    batch = db.get(PaymentBatch, db.get(PaymentLine, line_id).batch_id, lock=True)
    line = db.get(PaymentLine, line_id, lock=True)
    if batch.status != BatchStatus.PREPARED:
        raise DomainError(_("This payment batch has left already."))
    transition(line, LINE, "remove", actor=actor, reason=reason)
    move(line, "unbatch", actor=actor, reason=reason)
    db.flush()
    if all(other.status == LineStatus.REMOVED for other in queries.lines_of(batch.id)):
        transition(batch, BATCH, "dissolve", actor=actor)
        db.flush()
    return line


def confirm_account(line_id: UUID, *, actor: Actor) -> PaymentLine:
    """Whoever is paid says that the account is right although the bank sent the payment back; it may go out again."""
    line = db.get(PaymentLine, line_id, lock=True)
    rules.check_may_confirm(line, actor)
    line.account_confirmed_by, line.account_confirmed_at = actor.person_id, clock.now()
    record(actor, "payment_line.confirm_account", line, after={"reason": line.return_reason})
    db.flush()
    return line


@task("remind_of_batch", _("Remind the budget officers of the payment batch"), Queue.MONEY, every=timedelta(days=1))
def remind_of_batch(*, actor: Actor) -> int:
    """Tell the budget officers once a day that payments wait while no batch was prepared for as long as is allowed."""
    rules.check_role(actor, Role.SYSTEM)
    waiting = queries.waiting_payments()
    now, days = clock.now(), terms(clock.today()).batch_every_days
    if waiting and not queries.batches_since(now - timedelta(days=days)):
        accounts.notify_role(
            Role.BUDGET_OFFICER,
            "claims/batch_due",
            key=clock.today().isoformat(),
            count=waiting,
            days=days,
            path="/payment-batches/new",
        )
    return waiting


@money_verb(PaymentBatch)
def send_batch(batch_id: UUID, *, actor: Actor, key: str) -> PaymentBatch:
    """Release the batch to the bank; from now on its file can be fetched, and it never changes."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    batch = db.get(PaymentBatch, batch_id, lock=True)
    subjects = [line.subject for line in queries.lines_of(batch_id) if line.status == LineStatus.PENDING]
    rules.check_another_sends(batch, subjects, actor)
    if queries.held_engagements([subject.engagement_id for subject in subjects]):
        raise DomainError(_("Payments of an engagement in this batch are held. Take them out first."))
    batch.sent_by = actor.person_id
    transition(batch, BATCH, "send", actor=actor)
    # The row is stored once it is whole: a batch that was sent has the hash of its file.
    with db.session.no_autoflush:
        batch.file_sha256 = sha256(queries.payment_file(batch)).hexdigest()
    db.flush()
    return batch


def _check_again(subject: Claim | Refund, line: PaymentLine) -> None:
    last = next(
        (attempt for attempt in reversed(queries.attempts(subject)) if attempt.status == LineStatus.RETURNED), None
    )
    reasons = terms(clock.today()).account_return_reasons
    rules.check_account_again(last, line.account_number, subject.number, reasons)


def _claim_line(claim: Claim) -> PaymentLine:
    account = providers.active_bank_account(claim.provider_id)
    if account is None:
        raise DomainError(_("The firm of claim %(number)s has no approved bank account.", number=claim.number))
    days = terms(clock.today()).changed_account_days
    if not rules.is_account_settled(providers.bank_accounts_of(claim.provider_id), clock.now(), days=days):
        raise DomainError(
            _(
                "The bank account for claim %(number)s was changed less than %(days)s days ago. Leave it out for now.",
                number=claim.number,
                days=days,
            )
        )
    return PaymentLine(
        claim_id=claim.id,
        amount=(claim.approved_amount or 0) - queries.kept_back(claim.id),
        bank_account_id=account.id,
        holder_name=account.holder_name,
        account_number=account.identifier,
        bank_name=account.bank_name,
    )


def _refund_line(refund: Refund) -> PaymentLine:
    rules.check_refund_account(refund, clock.now(), days=terms(clock.today()).changed_account_days)
    return PaymentLine(
        refund_id=refund.id,
        amount=refund.amount,
        holder_name=refund.holder_name,
        account_number=refund.account_number,
        bank_name=refund.bank_name,
    )
