"""The verbs of a payment that the bank took back: what its receipt paid is owed again, with interest as if unpaid."""

from uuid import UUID

from marketplace.claims import events as claim_events
from marketplace.claims import service as claims
from marketplace.claims.models import BankEntry
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, Subscription, task
from marketplace.core.text import number_in
from marketplace.ledger.chart import TransferKind
from marketplace.ledger.service import money_verb
from marketplace.receivables import queries, rules, schedule
from marketplace.receivables.models import Instalment, Receipt, ReceiptReversal, Receivable
from marketplace.receivables.schedule import Parts
from marketplace.receivables.service import money
from marketplace.receivables.service.instalments import add_instalments
from marketplace.receivables.service.letters import notify
from marketplace.receivables.states import INSTALMENT, RECEIVABLE, InstalmentStatus, ReceivableStatus

LIVE_OR_PAID = (InstalmentStatus.SCHEDULED, InstalmentStatus.NOTIFIED, InstalmentStatus.PAID)


@money_verb(ReceiptReversal)
def take_back_receipt(receipt_id: UUID, *, entry_id: UUID, actor: Actor, reason: str, key: str) -> ReceiptReversal:
    """Say that the bank took the payment of this receipt back by this debit."""
    rules.check_role(actor, Role.BUDGET_OFFICER)
    return _take_back(receipt_id, entry_id, actor, reason)


@task(
    "follow_debt_reversal",
    _("Take a payment of a debt back that the bank took back"),
    Queue.MONEY,
    on=[Subscription(claim_events.DEBT_TAKEN_BACK)],
)
def follow_debt_reversal(bank_entry_id: UUID, *, actor: Actor) -> None:
    """Where the bank names the debt, and the amount is that of its last receipt; else an officer looks at the debit."""
    rules.check_role(actor, Role.SYSTEM)
    entry = db.get(BankEntry, bank_entry_id)
    number = number_in("RCV", entry.reference, entry.remittance)
    receipts = queries.receipts_to_take_back(amount=entry.amount, currency=entry.currency, number=number or "")
    if receipts:
        try:
            with db.session.begin_nested():
                _take_back(receipts[0].id, entry.id, actor, receipts[0].number)
        except DomainError:
            db.session.refresh(entry)


def _take_back(receipt_id: UUID, entry_id: UUID, actor: Actor, reason: str) -> ReceiptReversal:
    receivable = queries.lock_receivable(db.get(Receipt, receipt_id).receivable_id)
    receipt = db.get(Receipt, receipt_id)
    rules.check_taken_back(receipt, receivable, db.get(BankEntry, entry_id))
    claims.take_out_debt_reversal(entry_id, actor=actor, reason=reason)
    reversal = ReceiptReversal(receipt_id=receipt.id, bank_entry_id=entry_id)
    db.session.add(reversal)
    db.flush()
    record(actor, "receipt.take_back", receipt, after={"bank_entry_id": entry_id}, reason=reason)
    money.take_back(receipt, actor=actor)
    _reopen(receipt, receivable, actor)
    notify(
        receivable,
        "receivables/receipt_taken_back",
        key=str(reversal.id),
        receipt=receipt.number,
        amount=receipt.amount,
        left=receivable.outstanding,
    )
    return reversal


def _reopen(receipt: Receipt, receivable: Receivable, actor: Actor) -> None:
    """The instalments that were paid last are unpaid again, each with the interest that ran meanwhile."""
    if receivable.status == ReceivableStatus.SETTLED:
        transition(receivable, RECEIVABLE, "reopen", actor=actor)
        receivable.settled_at = None
    left = Parts(receipt.principal, receipt.surcharge, receipt.interest)
    for instalment in reversed([one for one in receivable.instalments if one.status in LIVE_OR_PAID]):
        part = Parts(
            min(left.principal, instalment.paid_principal),
            min(left.surcharge, instalment.paid_surcharge),
            min(left.interest, instalment.paid_interest),
        )
        if part.total:
            _unpay(instalment, part, receipt, actor)
            left -= part
    if left.total:
        # It paid an instalment that others have replaced since.
        add_instalments(receivable, [left], [clock.today()])
    db.flush()


def _unpay(instalment: Instalment, part: Parts, receipt: Receipt, actor: Actor) -> None:
    if instalment.status == InstalmentStatus.PAID:
        transition(instalment, INSTALMENT, "reopen", actor=actor)
        instalment.paid_at = None
    instalment.paid_principal -= part.principal
    instalment.paid_surcharge -= part.surcharge
    instalment.paid_interest -= part.interest
    receivable = instalment.receivable
    days = rules.days_of_interest(instalment, receipt.booked_on)
    missed = schedule.interest(part.principal + part.surcharge, receivable.interest_basis_points, days)
    key = f"{instalment.id}:missed:{receipt.id}"
    money.raise_debt(receivable, missed, kind=TransferKind.INTEREST, actor=actor, key=key)
    instalment.interest += missed
