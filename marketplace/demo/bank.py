"""Plays the bank, and the company that pays its share: writes what the bank would report, and imports it."""

import io
from uuid import UUID

from config.payments import terms
from marketplace.claims import bank, queries, service
from marketplace.claims.pain001 import Account
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor
from marketplace.core.errors import DomainError, NotFound
from marketplace.core.i18n import _
from marketplace.core.money import exponent
from marketplace.engagements.models import Agreement
from marketplace.engagements.queries import find_co_payment


def report_batch(batch_id: UUID) -> bytes:
    """The camt.054 with which the bank answers a batch that was sent: everything booked."""
    batch = queries.get_batch(batch_id)
    if batch.status != "sent":
        raise DomainError(_("Only a batch that was sent and isn't settled gets an answer of the bank."))
    return bank.answer(queries.payment_file(batch), booked_at=clock.now())


def settle_batch(batch_id: UUID, *, actor: Actor = SYSTEM) -> None:
    """Write the bank's answer to a batch and import it."""
    number = queries.get_batch(batch_id).number
    service.import_bank_file(io.BytesIO(report_batch(batch_id)), actor=actor, filename=f"camt054-{number}.xml")


def report_share(agreement_id: UUID, *, payer: str, account: str) -> bytes:
    """The camt.054 of a company's share arriving in full on the agency's account."""
    co_payment = find_co_payment(agreement_id)
    if co_payment is None:
        raise NotFound()
    own = terms(clock.today())
    return bank.receive(
        co_payment.reference,
        amount=co_payment.amount,
        digits=exponent(co_payment.currency),
        currency=co_payment.currency,
        payer=Account(holder=payer, number=account, bank=""),
        account=Account(holder=own.holder, number=own.number.replace(" ", ""), bank=own.bank),
        booked_at=clock.now(),
    )


def pay_share(agreement_id: UUID, *, payer: str, account: str, actor: Actor = SYSTEM) -> None:
    """Let the company's share arrive and import the bank's report of it."""
    number = db.get(Agreement, agreement_id).number
    content = report_share(agreement_id, payer=payer, account=account)
    service.import_bank_file(io.BytesIO(content), actor=actor, filename=f"camt054-{number}.xml")
