"""Reads for debts known above: what is kept back from claims, and the references that are paid under."""

from collections.abc import Sequence
from functools import cache
from uuid import UUID

from sqlalchemy import Row, ScalarSelect, Select, bindparam, func, select
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.claims.models import Claim, Deduction, ExpectedPayment
from marketplace.claims.states import DeductionStatus
from marketplace.core import db


def deductions_of(claim_id: UUID) -> Sequence[Deduction]:
    """What is kept back from the claim's payment, oldest first, without what was cancelled."""
    return db.session.scalars(_deductions_of(), {"claim_id": claim_id}).all()


@cache
def _deductions_of() -> Select[Deduction]:
    live = Deduction.claim_id == bindparam("claim_id"), Deduction.status != DeductionStatus.CANCELLED
    return select(Deduction).where(*live).order_by(Deduction.agreed_at, Deduction.id)


def deductions_for(reference: str) -> Sequence[Deduction]:
    """What is kept back for the debt with this reference, oldest first, without what was cancelled."""
    query = select(Deduction).where(Deduction.reference == reference, Deduction.status != DeductionStatus.CANCELLED)
    return db.session.scalars(query.order_by(Deduction.agreed_at, Deduction.id)).all()


def to_be_kept_back(reference: str) -> Sequence[Row[int, str]]:
    """What is agreed for the debt with this reference and not taken yet, and the number of its claim, oldest first."""
    return db.session.execute(_to_be_kept_back(), {"reference": reference}).all()


@cache
def _to_be_kept_back() -> Select[int, str]:
    return (
        select(Deduction.amount, Claim.number)
        .join(Claim, Claim.id == Deduction.claim_id)
        .where(Deduction.reference == bindparam("reference"), Deduction.status == DeductionStatus.AGREED)
        .order_by(Deduction.agreed_at, Deduction.id)
    )


def kept_back(claim_id: UUID) -> int:
    """How much less than approved the claim's payment is, in minor units."""
    return sum(deduction.amount for deduction in deductions_of(claim_id))


def kept_back_from(claim_id: InstrumentedAttribute[UUID]) -> ScalarSelect[int]:
    """What is kept back from the claim in this column, in minor units; null where nothing is."""
    live = Deduction.claim_id == claim_id, Deduction.status != DeductionStatus.CANCELLED
    return select(func.sum(Deduction.amount)).where(*live).scalar_subquery()


def is_expected(reference: str, currency: str) -> bool:
    """Whether somebody was asked to pay in this currency under this reference."""
    query = select(ExpectedPayment.id).where(
        ExpectedPayment.reference == reference, ExpectedPayment.currency == currency
    )
    return db.session.scalar(query) is not None
