"""Plays the bank, and whoever pays the agency: writes what the bank would report, and imports it."""

import io
from uuid import UUID

from config.payments import terms
from marketplace.claims import bank, queries, service
from marketplace.claims.pain001 import Account, decimal_amount
from marketplace.claims.states import BatchStatus
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.i18n import _
from marketplace.core.money import Money, exponent
from marketplace.engagements.models import Agreement
from marketplace.engagements.queries import find_co_payment
from marketplace.receivables.models import Receivable
from marketplace.receivables.rules import check_open


def report_batch(batch_id: UUID) -> bytes:
    """The camt.054 with which the bank answers a batch that was sent: everything booked."""
    batch = queries.get_batch(batch_id)
    if batch.status != BatchStatus.SENT:
        raise DomainError(_("Only a batch that was sent and isn't settled gets an answer of the bank."))
    return bank.answer(queries.payment_file(batch), booked_at=clock.now())


def settle_batch(batch_id: UUID, *, actor: Actor = SYSTEM) -> None:
    """Write the bank's answer to a batch and import it."""
    _take(report_batch(batch_id), queries.get_batch(batch_id).number, actor)


def report_share(agreement_id: UUID, *, payer: str, account: str) -> bytes:
    """The camt.054 of a company's share arriving in full on the agency's account."""
    co_payment = find_co_payment(agreement_id)
    if co_payment is None:
        raise NotFound()
    money = Money(co_payment.amount, co_payment.currency)
    return _incoming(co_payment.reference, money, Account(payer, account, ""))


def pay_share(agreement_id: UUID, *, payer: str, account: str, actor: Actor = SYSTEM) -> None:
    """Let the company's share arrive and import the bank's report of it."""
    number = db.get(Agreement, agreement_id).number
    _take(report_share(agreement_id, payer=payer, account=account), number, actor)


def report_debt(receivable_id: UUID, *, payer: str, account: str, amount: int) -> bytes:
    """The camt.054 of a payment of so many minor units under the reference of a debt."""
    debt = db.get(Receivable, receivable_id)
    check_open(debt)
    return _incoming(debt.number, Money(amount, debt.currency), Account(payer, account, ""))


def pay_debt(receivable_id: UUID, *, payer: str, account: str, amount: int, actor: Actor = SYSTEM) -> None:
    """Let a payment of a debt arrive and import the bank's report of it; it is booked in the background."""
    number = db.get(Receivable, receivable_id).number
    _take(report_debt(receivable_id, payer=payer, account=account, amount=amount), number, actor)


def pay_astray(text: str, *, payer: str, account: str, money: Money, actor: Actor = SYSTEM) -> None:
    """Let money arrive that names no reference which is awaited, with these words of the payer."""
    _take(_incoming("NOTPROVIDED", money, Account(payer, account, ""), text=text), "unmatched", actor)


def _incoming(reference: str, money: Money, payer: Account, *, text: str = "") -> bytes:
    """The report of one payment received, told apart from others under the same reference by its moment."""
    own = terms(clock.today())
    account = Account(holder=own.holder, number=own.number.replace(" ", ""), bank=own.bank)
    amount = decimal_amount(money.amount, exponent(money.currency))
    movement = bank.Movement(reference, amount, money.currency, bank.RECEIVED, payer, account, text or reference)
    return bank.notify(f"R-{clock.now():%y%m%d%H%M%S%f}", [movement], booked_at=clock.now())


def _take(report: bytes, name: str, actor: Actor) -> None:
    service.import_bank_file(io.BytesIO(report), actor=actor, filename=f"camt054-{name}.xml")
