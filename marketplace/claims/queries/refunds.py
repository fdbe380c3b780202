"""Reads of refunds, by side."""

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, false, func, select

from marketplace.accounts.queries import business_number_of, name_of
from marketplace.accounts.search import matches
from marketplace.claims.models import Refund
from marketplace.claims.queries.claims import SEES_ALL
from marketplace.claims.queries.holds import held_until
from marketplace.claims.states import RefundStatus, RefundWaiting
from marketplace.core import db
from marketplace.core.actors import SME, Actor, Role
from marketplace.engagements.queries import number_of


def waiting_refunds() -> Sequence[Refund]:
    """Refunds that wait for a payment batch, the longest waiting first."""
    query = select(Refund).where(Refund.status == RefundStatus.AWAITING)
    return db.session.scalars(query.order_by(Refund.requested_at, Refund.id)).all()


def refunds_to_pay() -> Sequence[Row[Any]]:
    """What an officer is shown of the same refunds who puts a payment batch together."""
    return db.session.execute(_refunds_to_pay()).all()


@cache
def _refunds_to_pay() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Refund.id,
            Refund.number,
            Refund.amount,
            Refund.currency,
            Refund.account_number,
            Refund.holder_name,
            held_until(Refund.engagement_id).label("held_until"),
        )
        .where(Refund.status == RefundStatus.AWAITING)
        .order_by(Refund.requested_at, Refund.id)
    )


def refunds_by_id(refund_ids: Sequence[UUID], *, lock: bool = False) -> Sequence[Refund]:
    """These refunds in order of id, locked if asked."""
    query = select(Refund).where(Refund.id.in_(refund_ids)).order_by(Refund.id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return db.session.scalars(query).all()


def refunds_visible_to(actor: Actor) -> Select[Refund]:
    """The people of a company, or the manager of a firm, see its refunds, officers of the agency all."""
    if actor.role in SME | {Role.MANAGER}:
        return select(Refund).where(Refund.organisation_id == actor.organisation_id)
    return select(Refund) if actor.role in SEES_ALL else select(Refund).where(false())


def get_refund(refund_id: UUID, *, actor: Actor) -> Refund:
    """The refund, if it is this actor's to see; NotFound otherwise."""
    return db.one(refunds_visible_to(actor).where(Refund.id == refund_id))


LISTED_REFUND = (
    Refund.id,
    Refund.number,
    Refund.amount,
    Refund.currency,
    Refund.status,
    Refund.requested_at,
    func.coalesce(name_of(Refund.organisation_id), Refund.holder_name).label("payee"),
    number_of(Refund.engagement_id).label("engagement"),
)
"""What a list shows of a refund."""

EXPORTED_REFUND = (
    *LISTED_REFUND,
    business_number_of(Refund.organisation_id).label("payee_number"),
    Refund.reason,
    Refund.holder_name,
    Refund.bank_name,
    Refund.account_number,
    Refund.account_changed_at,
    Refund.batched_at,
    Refund.paid_at,
    Refund.bounced_at,
)
"""What the file of refunds says of one."""


def search_refunds(
    actor: Actor, *, status: RefundStatus | None = None, waiting: RefundWaiting | None = None, text: str = ""
) -> Select[Refund]:
    """The actor's refunds, by status and by what they need; the text is of a number or of who is paid back."""
    query = refunds_visible_to(actor)
    if status:
        query = query.where(Refund.status == status)
    if waiting:
        query = query.where(needs_account())
    if text:
        numbers = Refund.number, number_of(Refund.engagement_id), Refund.holder_name
        query = query.where(matches(text, *numbers, organisations=(Refund.organisation_id,)))
    return query


def needs_account() -> ColumnElement[bool]:
    """Whether nobody knows yet where to pay the refund."""
    return Refund.account_number == ""
