"""The verbs of receipts: what the bank reports or a payment kept back pays the oldest instalment first."""

from datetime import date
from uuid import UUID

from marketplace.claims import events as claim_events
from marketplace.claims import queries as claim_queries
from marketplace.claims import service as claims
from marketplace.claims.models import BankEntry, Deduction
from marketplace.claims.pain001 import Account
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.i18n import _
from marketplace.core.money import Money
from marketplace.core.tasks import Queue, Subscription, task
from marketplace.core.text import number_in
from marketplace.ledger.chart import TransferKind
from marketplace.ledger.service import money_verb
from marketplace.receivables import queries, rules, schedule
from marketplace.receivables.models import Instalment, Receipt, Receivable
from marketplace.receivables.schedule import Parts
from marketplace.receivables.service import money
from marketplace.receivables.service.instalments import accrue
from marketplace.receivables.service.letters import notify
from marketplace.receivables.states import INSTALMENT, RECEIVABLE, ReceivableStatus


@task(
    "take_receipt",
    _("Book a payment of a debt"),
    Queue.MONEY,
    on=[Subscription(claim_events.DEBT_PAID)],
)
@money_verb(Receipt)
def take_receipt(bank_entry_id: UUID, *, actor: Actor, key: str) -> Receipt:
    """Book a payment that the bank reported under a receivable's reference; once per movement."""
    rules.check_role(actor, Role.SYSTEM)
    entry = db.get(BankEntry, bank_entry_id)
    receivable = _lock(number_in("RCV", entry.reference, entry.remittance) or "")
    receipt = Receipt(bank_entry_id=entry.id)
    payer = Account(entry.debtor, entry.debtor_account, entry.debtor_bank)
    return _take(receipt, receivable, entry.amount, entry.valued_on, payer, actor)


@task(
    "take_set_off",
    _("Book what was kept back from a claim for a debt"),
    Queue.MONEY,
    on=[Subscription(claim_events.DEDUCTION_TAKEN)],
)
@money_verb(Receipt)
def take_set_off(deduction_id: UUID, *, actor: Actor, key: str) -> Receipt:
    """Book what was kept back from a claim's payment, on the day on which the rest of it was paid."""
    rules.check_role(actor, Role.SYSTEM)
    deduction = db.get(Deduction, deduction_id)
    if deduction.taken_at is None:
        raise DomainError(_("The claim isn't paid yet."))
    receivable = _lock(deduction.reference)
    receipt = Receipt(deduction_id=deduction.id)
    paid_on = deduction.taken_at.astimezone(clock.zone()).date()
    line = claim_queries.line_of_claim(deduction.claim_id)
    payer = Account(line.holder_name, line.account_number, line.bank_name) if line else Account("", "", "")
    return _take(receipt, receivable, deduction.amount, paid_on, payer, actor)


def _lock(number: str) -> Receivable:
    by_number = queries.find_by_number(number)
    if by_number is None:
        raise NotFound(_("Nothing is owed under this reference."))
    return queries.lock_receivable(by_number.id)


def _take(receipt: Receipt, receivable: Receivable, amount: int, on: date, payer: Account, actor: Actor) -> Receipt:
    """Pay what is owed; all that comes in beyond it, or when nothing is owed any more, goes back to the payer."""
    accrue(receivable, on, actor=actor)
    paid = _pay_instalments(receipt, receivable, amount, on, actor)
    receipt.receivable, receipt.number, receipt.amount = receivable, db.next_number("RCP"), amount
    receipt.principal, receipt.surcharge, receipt.interest = paid.principal, paid.surcharge, paid.interest
    receipt.excess, receipt.booked_on = amount - paid.total, on
    db.session.add(receipt)
    db.flush()
    record(actor, "receipt.take", receipt, after={"receivable_id": receivable.id, "amount": amount})
    money.book(receipt, actor=actor)
    if receipt.excess:
        _pay_back(receipt, payer, actor)
    if receivable.status == ReceivableStatus.OPEN and not receivable.live:
        transition(receivable, RECEIVABLE, "settle", actor=actor)
        db.flush()
        claims.cancel_deductions(receivable.number, actor=actor)
    notify(
        receivable,
        "receivables/receipt",
        key=str(receipt.id),
        receipt=receipt.number,
        amount=receipt.amount,
        excess=receipt.excess,
        left=receivable.outstanding,
    )
    return receipt


def _pay_back(receipt: Receipt, payer: Account, actor: Actor) -> None:
    receivable = receipt.receivable
    claims.pay_back_excess(
        receivable.engagement_id,
        actor=actor,
        organisation_id=receivable.debtor_id,
        amount=Money(receipt.excess, receivable.currency),
        account=payer,
        reason=receipt.number,
        key=f"excess:{receipt.id}",
    )


def _pay_instalments(receipt: Receipt, receivable: Receivable, amount: int, on: date, actor: Actor) -> Parts:
    """Fill the instalments, oldest first, with principal only as far as its aid is paid out; what was paid in all."""
    most, paid = sum(queries.recoverable(receivable).values()), Parts()
    for instalment in receivable.live:
        left = amount - paid.total, most - paid.principal
        part = schedule.cover(left[0], rules.owed(instalment), left[1])
        if _take_back_interest(receipt, instalment, part.principal + part.surcharge, on, actor):
            part = schedule.cover(left[0], rules.owed(instalment), left[1])
        paid += part
        instalment.paid_principal += part.principal
        instalment.paid_surcharge += part.surcharge
        instalment.paid_interest += part.interest
        if not instalment.outstanding:
            transition(instalment, INSTALMENT, "pay", actor=actor)
    db.flush()
    return paid


def _take_back_interest(receipt: Receipt, instalment: Instalment, capital: int, on: date, actor: Actor) -> int:
    """The bank reports an earlier payment after a later one: interest ran on what was paid already."""
    receivable = instalment.receivable
    amount = rules.booked_too_much(instalment, receivable.interest_basis_points, capital, on)
    key = f"{instalment.id}:interest_back:{receipt.bank_entry_id or receipt.deduction_id}"
    money.lower_debt(receivable, amount, kind=TransferKind.INTEREST_BACK, actor=actor, key=key)
    instalment.interest -= amount
    return amount
