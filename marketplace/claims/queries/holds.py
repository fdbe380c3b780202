"""Reads of holds on payments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, func, select
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.accounts.exported import exported_parties
from marketplace.accounts.search import matches
from marketplace.claims.models import Hold
from marketplace.claims.states import HoldStatus
from marketplace.core import db
from marketplace.engagements.models import Engagement


def holds_of(engagement_id: UUID) -> Sequence[Hold]:
    """Every hold ever placed on the engagement's payments, newest first."""
    query = select(Hold).where(Hold.engagement_id == engagement_id)
    return db.session.scalars(query.order_by(Hold.placed_at.desc(), Hold.id)).all()


IN_FORCE = (Hold.status == HoldStatus.ACTIVE, Hold.until_at > func.app_now())


def find_hold_in_force(engagement_id: UUID) -> Hold | None:
    """The hold in force that lasts longest, if any."""
    query = select(Hold).where(Hold.engagement_id == engagement_id, *IN_FORCE)
    return db.session.scalars(query.order_by(Hold.until_at.desc()).limit(1)).one_or_none()


def held_engagements(engagement_ids: Sequence[UUID | None]) -> set[UUID]:
    """Those of the engagements whose payments are held now; what belongs to none is never held."""
    query = select(Hold.engagement_id).where(Hold.engagement_id.in_(engagement_ids), *IN_FORCE)
    return set(db.session.scalars(query))


def held_until(engagement_id: ColumnElement[Any] | InstrumentedAttribute[Any]) -> ScalarSelect[datetime]:
    """Until when payments of the engagement in this column are held; null while they aren't."""
    return select(func.max(Hold.until_at)).where(Hold.engagement_id == engagement_id, *IN_FORCE).scalar_subquery()


LISTED_HOLD = (
    Hold.id,
    Hold.engagement_id,
    Hold.reason,
    Hold.extension_reason,
    Hold.lift_reason,
    Hold.placed_at,
    Hold.until_at,
    Hold.status,
    Engagement.number.label("engagement"),
    *exported_parties(Engagement.organisation_id, Engagement.provider_id),
)
"""What lists and files say of a hold that is joined with its engagement."""


def search_holds(*, status: HoldStatus | None = None, text: str = "") -> Select[Hold]:
    """All holds with their engagements, by status; the text is of a number, a reason, or who is one of the sides."""
    query = select(Hold).join(Engagement, Engagement.id == Hold.engagement_id)
    if status:
        query = query.where(Hold.status == status)
    if text:
        sides = Engagement.organisation_id, Engagement.provider_id
        query = query.where(matches(text, Engagement.number, Hold.reason, organisations=sides))
    return query


def find_hold(hold_id: UUID | None) -> Hold | None:
    """The hold, if there is one."""
    return db.session.get(Hold, hold_id) if hold_id else None


def status_of_hold(hold_id: InstrumentedAttribute[UUID | None]) -> ScalarSelect[HoldStatus]:
    """The status of the hold in this column, for a list of what placed it."""
    return select(Hold.status).where(Hold.id == hold_id).scalar_subquery()


def find_active_hold(engagement_id: UUID, flag_id: UUID) -> Hold | None:
    """The active hold that this flag has caused, if any."""
    query = select(Hold).where(
        Hold.engagement_id == engagement_id, Hold.flag_id == flag_id, Hold.status == HoldStatus.ACTIVE
    )
    return db.session.scalars(query).one_or_none()


def ended_hold_ids(*, limit: int) -> Sequence[UUID]:
    """Active holds whose time is over, the longest over first."""
    query = select(Hold.id).where(Hold.status == HoldStatus.ACTIVE, Hold.until_at <= func.app_now())
    return db.session.scalars(query.order_by(Hold.until_at).limit(limit)).all()
