"""What claims, payments and bank reports prove about an engagement, for those who check it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import selectinload

from marketplace.claims.models import BankEntry, Claim, PaymentBatch, PaymentLine, Refund
from marketplace.claims.states import ClaimStatus, Direction, LineStatus
from marketplace.core import clock, db


@dataclass(frozen=True)
class Evidence:
    """The claims of an engagement that were not dropped, the batches they left in, and the days of their payment."""

    claims: Sequence[Claim]
    batches: Sequence[PaymentBatch]
    paid_on: Sequence[date]


def evidence(engagement_id: UUID) -> Evidence:
    """What is stored of this engagement's claims."""
    dropped = Claim.status.in_((ClaimStatus.WITHDRAWN, ClaimStatus.REFUSED))
    live = select(Claim).where(Claim.engagement_id == engagement_id, ~dropped)
    claims = db.session.scalars(live.order_by(Claim.submitted_at, Claim.id)).all()
    left = select(PaymentLine.batch_id).where(PaymentLine.claim_id.in_([claim.id for claim in claims]))
    batches = db.session.scalars(select(PaymentBatch).where(PaymentBatch.id.in_(left)).order_by(PaymentBatch.id)).all()
    paid = select(PaymentLine.paid_at).join(Claim, Claim.id == PaymentLine.claim_id)
    moments = db.session.scalars(
        paid.where(Claim.engagement_id == engagement_id, PaymentLine.status == LineStatus.PAID)
    )
    return Evidence(claims, batches, sorted(_day(moment) for moment in moments if moment))


def paid_refunds(organisation_id: UUID) -> Sequence[tuple[str, str, date]]:
    """Number, account and day of every refund that was paid to this organisation."""
    query = select(Refund.number, PaymentLine.account_number, PaymentLine.paid_at)
    query = query.join(Refund, Refund.id == PaymentLine.refund_id)
    paid = query.where(Refund.organisation_id == organisation_id, PaymentLine.status == LineStatus.PAID)
    rows = db.session.execute(paid.order_by(Refund.number, PaymentLine.id))
    return [(number, account, _day(moment)) for number, account, moment in rows if moment is not None]


@dataclass(frozen=True)
class Movement:
    """One line of a bank report: the other party's account and name, and the co-payment that it was assigned to."""

    is_credit: bool
    reference: str
    remittance: str
    account: str
    name: str
    booked_on: date
    co_payment_id: UUID | None


def credits_from(accounts: Iterable[str], names: Iterable[str]) -> Sequence[Movement]:
    """What came in from these accounts or under these names, both written as the database's plain_…() write them."""
    by_account = func.plain_number(BankEntry.debtor_account).in_(set(accounts))
    by_name = func.plain_firm_name(BankEntry.debtor).in_(set(names))
    query = select(BankEntry).where(BankEntry.direction == Direction.CREDIT, by_account | by_name)
    return _movements(query.order_by(BankEntry.booked_on, BankEntry.id))


def movements_in(import_id: UUID) -> Sequence[Movement]:
    """Every movement of one bank file, in its order."""
    return _movements(select(BankEntry).where(BankEntry.import_id == import_id).order_by(BankEntry.position))


def _movements(query: Select[BankEntry]) -> Sequence[Movement]:
    return [
        Movement(
            is_credit=entry.direction == Direction.CREDIT,
            reference=entry.reference,
            remittance=entry.remittance,
            account=entry.debtor_account,
            name=entry.debtor,
            booked_on=entry.booked_on,
            co_payment_id=entry.assignment.co_payment_id if entry.assignment else None,
        )
        for entry in db.session.scalars(query.options(selectinload(BankEntry.assignment)))
    ]


def payees_of(references: Iterable[str]) -> Sequence[tuple[str, UUID]]:
    """Account and organisation of the payments that left under these references."""
    query = (
        select(PaymentLine.account_number, func.coalesce(Refund.organisation_id, Claim.provider_id))
        .outerjoin(Claim, Claim.id == PaymentLine.claim_id)
        .outerjoin(Refund, Refund.id == PaymentLine.refund_id)
    )
    rows = db.session.execute(query.where(PaymentLine.end_to_end_id.in_(set(references))))
    return [(account, payee) for account, payee in rows if payee is not None]


def _day(moment: datetime) -> date:
    return moment.astimezone(clock.zone()).date()
