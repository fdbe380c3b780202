"""Plays the bank, and whoever pays the agency: writes what the bank would report, and imports it."""

import io
from datetime import date
from uuid import UUID

from marketplace.agency import queries as agency
from marketplace.claims import bank, queries, service
from marketplace.claims.models import BankEntry
from marketplace.claims.pain001 import Account, decimal_amount
from marketplace.claims.states import BatchStatus, Direction
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.i18n import _
from marketplace.core.money import Money, exponent
from marketplace.demo import queries as ours
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
    account = _own()
    amount = decimal_amount(money.amount, exponent(money.currency))
    movement = bank.Movement(reference, amount, money.currency, bank.RECEIVED, payer, account, text or reference)
    return bank.notify(f"R-{clock.now():%y%m%d%H%M%S%f}", [movement], booked_at=clock.now())


def _own() -> Account:
    own = agency.account()
    return Account(holder=own.holder, number=own.number.replace(" ", ""), bank=own.bank)


def _take(report: bytes, name: str, actor: Actor) -> None:
    close_days(before=clock.today(), actor=actor)
    service.import_bank_file(io.BytesIO(report), actor=actor, filename=f"camt054-{name}.xml")


def close_days(*, before: date, actor: Actor = SYSTEM) -> int:
    """Import the statement of every day until then that moved money and has none yet; how many there were."""
    days = ours.days_without_statement(before=before)
    for day, currency in days:
        report = report_day(day, currency)
        service.import_bank_file(io.BytesIO(report), actor=actor, filename=f"camt053-{day.isoformat()}.xml")
    return len(days)


def report_day(day: date, currency: str) -> bytes:
    """The camt.053 of a day: what moved on the agency's account, and its balances before and after."""
    account, digits = _own(), exponent(currency)
    opening, moved = ours.balance_before(day, currency), ours.moved_on(day, currency)
    closing = opening + sum(entry.signed for entry in moved)
    return bank.state(
        f"S-{day:%y%m%d}-{currency}",
        [_movement(entry, account) for entry in moved],
        account=account,
        day=day,
        written_at=clock.now(),
        opening=_signed(opening, digits),
        closing=_signed(closing, digits),
        currency=currency,
    )


def _signed(amount: int, digits: int) -> str:
    return ("-" if amount < 0 else "") + decimal_amount(abs(amount), digits)


def _movement(entry: BankEntry, account: Account) -> bank.Movement:
    other = Account(entry.debtor or entry.payer, entry.debtor_account, entry.debtor_bank)
    came = entry.direction == Direction.CREDIT
    amount = decimal_amount(entry.amount, exponent(entry.currency))
    code = (bank.RETURNED if entry.return_reason else bank.RECEIVED) if came else bank.ISSUED
    reference, words = entry.reference or "NOTPROVIDED", entry.remittance or entry.reference or "-"
    sides = (other, account) if code == bank.RECEIVED else (account, other)
    return bank.Movement(reference, amount, entry.currency, code, *sides, words, entry.return_reason)
