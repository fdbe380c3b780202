"""Reads of vouchers and what is left of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, SQLColumnExpression, any_, false, func, or_, select
from sqlalchemy.orm import joinedload

from marketplace.accounts.models import Organisation
from marketplace.accounts.search import matches
from marketplace.core import db
from marketplace.core.actors import AGENCY, SME, Actor
from marketplace.ledger import queries as ledger
from marketplace.ledger.chart import Stage
from marketplace.programmes import queries as programmes
from marketplace.programmes.models import Call, Programme
from marketplace.vouchers import sharing
from marketplace.vouchers.models import Application, Voucher
from marketplace.vouchers.states import VoucherStatus


def visible_vouchers(actor: Actor) -> Select[Voucher]:
    """An SME sees its own vouchers, the agency all."""
    if actor.role in SME:
        return select(Voucher).where(Voucher.organisation_id == actor.organisation_id)
    return select(Voucher) if actor.role in AGENCY else select(Voucher).where(false())


def get_voucher(voucher_id: UUID, *, actor: Actor | None = None, lock: bool = False) -> Voucher:
    """The voucher if this actor may see it (without an actor: for other areas' verbs); NotFound otherwise."""
    if actor is None:
        options = () if lock else [joinedload(Voucher.programme, innerjoin=True)]
        return db.get(Voucher, voucher_id, lock=lock, options=options)
    query = visible_vouchers(actor).where(Voucher.id == voucher_id)
    if lock:
        query = query.with_for_update(of=Voucher, key_share=True).execution_options(populate_existing=True)
    else:
        query = query.options(
            joinedload(Voucher.organisation, innerjoin=True), joinedload(Voucher.programme, innerjoin=True)
        )
    return db.one(query)


def find_voucher_by_code(code: str) -> Voucher | None:
    """The voucher whose public code this is, if any."""
    return db.session.scalars(select(Voucher).where(Voucher.code == code)).one_or_none()


def vouchers_of(organisation_id: UUID) -> Sequence[Voucher]:
    """A company's vouchers, newest first."""
    return db.session.scalars(
        select(Voucher)
        .options(joinedload(Voucher.programme))
        .where(Voucher.organisation_id == organisation_id)
        .order_by(Voucher.issued_at.desc(), Voucher.number.desc())
    ).all()


EXPORTED_VOUCHER = (
    Organisation.business_number.label("company_number"),
    Voucher.code,
    select(Application.number).where(Application.id == Voucher.application_id).scalar_subquery().label("application"),
    select(Call.number).where(Call.id == Voucher.call_id).scalar_subquery().label("call"),
    Voucher.released,
    Voucher.extended_at,
    Voucher.extension_reason,
    Voucher.suspended_at,
    Voucher.exhausted_at,
    Voucher.expired_at,
    Voucher.surrendered_at,
    Voucher.revoked_at,
)
"""What the file of vouchers says beside what the list shows."""


def search_vouchers(actor: Actor, *, status: str | None = None, text: str | None = None) -> Select[*tuple[Any, ...]]:
    """The columns of the agency's list of vouchers, filtered by status and company name or number."""
    query = (
        visible_vouchers(actor)
        .with_only_columns(
            Voucher.id,
            Voucher.number,
            Voucher.amount,
            Voucher.currency,
            Voucher.status,
            Voucher.issued_at,
            Voucher.expires_at,
            Voucher.last_moment,
            Organisation.name.label("company"),
        )
        .join(Voucher.organisation)
    )
    if status:
        query = query.where(Voucher.status == status)
    if text:
        query = query.where(matches(text, Voucher.number, organisations=(Voucher.organisation_id,)))
    return query


def voucher_lines(voucher_id: UUID) -> dict[UUID, int]:
    """What is left of a voucher on each budget line, in minor units, ordered by line."""
    return ledger.balances_by_owner(voucher_id, Stage.RESERVED)


def remaining(voucher_id: UUID) -> int:
    """What can still be drawn from a voucher, in minor units."""
    return sum(voucher_lines(voucher_id).values())


def remaining_of(voucher_id: SQLColumnExpression[UUID]) -> ScalarSelect[int]:
    """SQL: remaining() of a voucher among others."""
    return ledger.total_of(voucher_id, Stage.RESERVED)


def sharing_terms(voucher: Voucher) -> sharing.Terms:
    """By what an offer on this voucher is shared now: the programme's cost shares, and what the voucher has left."""
    line_of = {line.funder_id: line.id for line in programmes.budget_lines(voucher.call_id)}
    shares: dict[str, dict[UUID | None, int]] = defaultdict(dict)
    for cost_share in programmes.cost_shares(voucher.programme_id):
        funder = line_of[cost_share.funder_id] if cost_share.funder_id else None
        shares[cost_share.category][funder] = cost_share.basis_points
    return sharing.Terms(shares, voucher_lines(voucher.id))


def active_vouchers(programme_id: UUID, organisation_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these companies hold an active voucher of the programme."""
    return set(
        db.session.scalars(
            select(Voucher.organisation_id).where(
                Voucher.programme_id == programme_id,
                Voucher.organisation_id == any_(db.array(organisation_ids)),
                Voucher.status.in_((VoucherStatus.ISSUED, VoucherStatus.SUSPENDED)),
            )
        )
    )


def hold_active_voucher(programme: Programme, application_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these applications are of a company with an active voucher, where the programme allows one at a time."""
    if not programme.one_active_voucher:
        return set()
    held = select(Application.id).join(Voucher, Voucher.organisation_id == Application.organisation_id)
    active = Voucher.programme_id == programme.id, Voucher.status.in_((VoucherStatus.ISSUED, VoucherStatus.SUSPENDED))
    return set(db.session.scalars(held.where(Application.id == any_(db.array(application_ids)), *active)))


def expired_voucher_ids(now: datetime, *, limit: int) -> Sequence[UUID]:
    """Vouchers whose last day is over but which still count as valid, the longest overdue first."""
    return db.session.scalars(
        select(Voucher.id)
        .where(Voucher.status.in_((VoucherStatus.ISSUED, VoucherStatus.SUSPENDED)), Voucher.expires_at <= now)
        .order_by(Voucher.expires_at, Voucher.id)
        .limit(limit)
    ).all()


def voucher_ids_to_remind(now: datetime, percents: Sequence[int], *, limit: int) -> Sequence[UUID]:
    """Valid vouchers of which a larger share of the validity has passed than was last reminded of."""
    passed = func.extract("epoch", now - Voucher.issued_at)
    whole = func.extract("epoch", Voucher.expires_at - Voucher.issued_at)
    due = [(passed * 100 >= whole * percent) & (Voucher.reminded_percent < percent) for percent in percents]
    return db.session.scalars(
        select(Voucher.id)
        .where(Voucher.status == VoucherStatus.ISSUED, Voucher.expires_at > now, or_(false(), *due))
        .order_by(Voucher.expires_at, Voucher.id)
        .limit(limit)
    ).all()
