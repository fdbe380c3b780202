"""Reads of payment batches and their payments."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, or_, select
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from marketplace.accounts.queries import person_name_of
from marketplace.accounts.search import matches
from marketplace.agency import queries as agency
from marketplace.claims import pain001
from marketplace.claims.models import Claim, PaymentBatch, PaymentLine, Refund
from marketplace.claims.queries.holds import held_until
from marketplace.claims.states import BatchStatus, ClaimStatus, LineStatus, RefundStatus
from marketplace.core import clock, db
from marketplace.core.money import exponent

# Until when payments are held of the engagement that a line's claim or refund is of.
LINE_HELD_UNTIL = held_until(func.coalesce(Claim.engagement_id, Refund.engagement_id))


def search_batches(
    *, status: BatchStatus | None = None, to_be_sent_by: UUID | None = None, text: str = ""
) -> Select[PaymentBatch]:
    """All payment batches, by status and by who may send them; the text is of a number of one or of a payment in it."""
    query = select(PaymentBatch)
    if status:
        query = query.where(PaymentBatch.status == status)
    if to_be_sent_by:
        query = query.where(may_be_sent_by(to_be_sent_by))
    if text:
        lines = select(PaymentLine.batch_id).where(matches(text, PaymentLine.end_to_end_id, PaymentLine.holder_name))
        query = query.where(or_(db.contains(PaymentBatch.number, text), PaymentBatch.id.in_(lines)))
    return query


def may_be_sent_by(person_id: Any) -> ColumnElement[bool]:
    """Whether somebody else prepared the batch, and nothing in it was approved or asked for by this person."""
    decided = or_(
        Claim.approved_by == person_id,
        Claim.first_approved_by == person_id,
        Refund.requested_by == person_id,
    )
    pending = select(PaymentLine.batch_id).outerjoin(Claim, Claim.id == PaymentLine.claim_id)
    pending = pending.outerjoin(Refund, Refund.id == PaymentLine.refund_id)
    own = pending.where(PaymentLine.status == LineStatus.PENDING, decided)
    others = PaymentBatch.prepared_by != person_id
    return and_(PaymentBatch.status == BatchStatus.PREPARED, others, PaymentBatch.id.not_in(own))


_PAYMENTS = select(PaymentLine).where(PaymentLine.batch_id == PaymentBatch.id, PaymentLine.status != LineStatus.REMOVED)
LISTED_BATCH = (
    PaymentBatch.id,
    PaymentBatch.number,
    PaymentBatch.currency,
    PaymentBatch.prepared_at,
    PaymentBatch.status,
    _PAYMENTS.with_only_columns(func.count()).scalar_subquery().label("payments"),
    _PAYMENTS.with_only_columns(func.coalesce(func.sum(PaymentLine.amount), 0)).scalar_subquery().label("total"),
)
"""What a list shows of a payment batch; its payments without those taken out."""

EXPORTED_BATCH = (
    *LISTED_BATCH,
    PaymentBatch.sent_at,
    PaymentBatch.settled_at,
    PaymentBatch.dissolved_at,
    PaymentBatch.file_sha256,
    person_name_of(PaymentBatch.prepared_by).label("prepared_by"),
    person_name_of(PaymentBatch.sent_by).label("sent_by"),
)
"""What the file of payment batches says of one."""


def waiting_payments() -> int:
    """How many approved claims and refunds wait for a payment batch."""
    claims = select(func.count()).where(Claim.status == ClaimStatus.APPROVED).scalar_subquery()
    refunds = select(func.count()).where(Refund.status == RefundStatus.AWAITING).scalar_subquery()
    return db.session.scalar(select(claims + refunds)) or 0


def batch_totals(batch_ids: Sequence[UUID]) -> dict[UUID, tuple[int, int]]:
    """Of each batch the number of its payments and their sum in minor units, without those taken out."""
    rows = db.session.execute(
        select(PaymentLine.batch_id, func.count(), func.sum(PaymentLine.amount))
        .where(PaymentLine.batch_id.in_(batch_ids), PaymentLine.status != LineStatus.REMOVED)
        .group_by(PaymentLine.batch_id)
    )
    return {batch_id: (count, int(total)) for batch_id, count, total in rows}


def batches_since(moment: datetime) -> int:
    """How many payment batches were prepared after this moment, without those dissolved."""
    query = select(func.count()).where(PaymentBatch.prepared_at > moment, PaymentBatch.status != BatchStatus.DISSOLVED)
    return db.session.scalar(query) or 0


def get_batch(batch_id: UUID) -> PaymentBatch:
    """The payment batch; NotFound without one."""
    return db.get(PaymentBatch, batch_id)


def find_batch(number: str) -> PaymentBatch | None:
    """The payment batch with this number."""
    return db.session.scalars(select(PaymentBatch).where(PaymentBatch.number == number)).one_or_none()


def lines_of(batch_id: UUID) -> Sequence[PaymentLine]:
    """The batch's payments with their claims and refunds, in the order of the bank file."""
    with_subjects = selectinload(PaymentLine.claim), selectinload(PaymentLine.refund)
    query = select(PaymentLine).where(PaymentLine.batch_id == batch_id).options(*with_subjects)
    return db.session.scalars(query.order_by(PaymentLine.end_to_end_id)).all()


def batch_lines_shown(batch_id: UUID) -> Select[*tuple[Any, ...]]:
    """What the batch's page says of its payments."""
    return (
        select(
            PaymentLine.id,
            PaymentLine.claim_id,
            PaymentLine.refund_id,
            PaymentLine.end_to_end_id,
            PaymentLine.holder_name,
            PaymentLine.bank_name,
            PaymentLine.account_number,
            PaymentLine.amount,
            PaymentBatch.currency,
            PaymentLine.status,
            PaymentLine.return_reason,
            func.coalesce(Claim.number, Refund.number).label("number"),
            LINE_HELD_UNTIL.label("held_until"),
        )
        .join(PaymentBatch, PaymentBatch.id == PaymentLine.batch_id)
        .outerjoin(Claim, Claim.id == PaymentLine.claim_id)
        .outerjoin(Refund, Refund.id == PaymentLine.refund_id)
        .where(PaymentLine.batch_id == batch_id)
    )


def holds_a_held_payment(batch_id: UUID) -> bool:
    """Whether a payment in the batch, that nobody took out, is of an engagement whose payments are held."""
    lines = batch_lines_shown(batch_id).with_only_columns(PaymentLine.id, maintain_column_froms=True)
    held = lines.where(PaymentLine.status != LineStatus.REMOVED, LINE_HELD_UNTIL.is_not(None))
    return db.session.scalar(held.limit(1)) is not None


def pending_lines(batch_id: UUID) -> Sequence[PaymentLine]:
    """The batch's payments that the bank hasn't reported, in the order of the bank file."""
    return [line for line in lines_of(batch_id) if line.status == LineStatus.PENDING]


def lines_by_id(line_ids: Sequence[UUID]) -> Sequence[PaymentLine]:
    """These payments, in the order of the bank file."""
    query = select(PaymentLine).where(PaymentLine.id.in_(line_ids))
    return db.session.scalars(query.order_by(PaymentLine.end_to_end_id)).all()


def find_line(end_to_end_id: str) -> PaymentLine | None:
    """The payment with this reference."""
    return db.session.scalars(select(PaymentLine).where(PaymentLine.end_to_end_id == end_to_end_id)).one_or_none()


def attempts(subject: Claim | Refund) -> Sequence[PaymentLine]:
    """Every attempt to pay the claim or refund that reached the bank, or is about to, in the order of their batches."""
    query = select(PaymentLine).where(_paid_by(subject) == subject.id, PaymentLine.status != LineStatus.REMOVED)
    return db.session.scalars(query.order_by(PaymentLine.end_to_end_id)).all()


def attempts_shown(subject: Claim | Refund) -> Sequence[Row[Any]]:
    """The same, as the pages of claims and refunds show them."""
    return db.session.execute(_attempts_shown(_paid_by(subject)), {"subject_id": subject.id}).all()


@cache
def _attempts_shown(column: InstrumentedAttribute[UUID | None]) -> Select[*tuple[Any, ...]]:
    return (
        select(
            PaymentLine.id,
            PaymentLine.batch_id,
            PaymentLine.end_to_end_id,
            PaymentLine.holder_name,
            PaymentLine.bank_name,
            PaymentLine.account_number,
            PaymentLine.amount,
            PaymentLine.status,
            PaymentLine.return_reason,
            PaymentLine.account_confirmed_at,
        )
        .where(column == bindparam("subject_id"), PaymentLine.status != LineStatus.REMOVED)
        .order_by(PaymentLine.end_to_end_id)
    )


def _paid_by(subject: Claim | Refund) -> InstrumentedAttribute[UUID | None]:
    return PaymentLine.claim_id if isinstance(subject, Claim) else PaymentLine.refund_id


def line_of_claim(claim_id: UUID) -> PaymentLine | None:
    """The claim's live payment: waiting in a batch, or paid."""
    query = select(PaymentLine).where(
        PaymentLine.claim_id == claim_id, PaymentLine.status.in_((LineStatus.PENDING, LineStatus.PAID))
    )
    return db.session.scalars(query).one_or_none()


def payment_file(batch: PaymentBatch) -> bytes:
    """The batch as the bank gets it; the same rows always give the same bytes."""
    moment = batch.sent_at or batch.prepared_at
    account = agency.account_on(moment.astimezone(clock.zone()).date())
    transfers = tuple(
        pain001.Transfer(
            reference=line.end_to_end_id,
            amount=line.amount,
            creditor=pain001.Account(line.holder_name, line.account_number, line.bank_name),
            remittance=line.subject.number,
        )
        for line in lines_of(batch.id)
        if line.status != LineStatus.REMOVED
    )
    return pain001.write(
        pain001.PaymentFile(
            reference=batch.number,
            created_at=moment,
            execute_on=moment.astimezone(clock.zone()).date(),
            currency=batch.currency,
            digits=exponent(batch.currency),
            debtor=pain001.Account(account.holder, account.number, account.bank),
            transfers=transfers,
        )
    )
