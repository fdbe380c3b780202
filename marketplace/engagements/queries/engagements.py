"""Reads of engagements: of one, of many, and as a list shows them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ScalarSelect, Select, func, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.engagements.models import (
    Agreement,
    ConsultingSession,
    Engagement,
)
from marketplace.engagements.queries.visible import engagements_visible_to
from marketplace.engagements.states import EngagementStatus, SessionStatus


def numbers(engagement_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Numbers of engagements by id, in one query; for lists."""
    rows = db.session.execute(select(Engagement.id, Engagement.number).where(Engagement.id.in_(set(engagement_ids))))
    return {row.id: row.number for row in rows}


@dataclass(frozen=True)
class Sides:
    """An engagement's number and title, and whose it is."""

    id: UUID
    number: str
    title: str
    organisation_id: UUID
    provider_id: UUID


def sides(engagement_id: UUID, *, lock: bool = False) -> Sides:
    """Whose engagement it is, locked if asked; NotFound without one."""
    engagement = db.get(Engagement, engagement_id, lock=lock)
    return Sides(
        id=engagement.id,
        number=engagement.number,
        title=engagement.agreement.title,
        organisation_id=engagement.organisation_id,
        provider_id=engagement.provider_id,
    )


def number_of(engagement_id: InstrumentedAttribute[UUID]) -> ScalarSelect[str]:
    """The number of the engagement in this column, for a list of what belongs to it."""
    return select(Engagement.number).where(Engagement.id == engagement_id).scalar_subquery()


def find_engagement(agreement_id: UUID) -> Engagement | None:
    """The engagement under this agreement, once it is redeemed."""
    return db.session.scalars(select(Engagement).where(Engagement.agreement_id == agreement_id)).one_or_none()


def engagements_between(pairs: Iterable[tuple[UUID, UUID]]) -> Sequence[UUID]:
    """The engagements of these pairs of company and firm."""
    sides = tuple_(Engagement.organisation_id, Engagement.provider_id)
    return db.session.scalars(select(Engagement.id).where(sides.in_(list(pairs))).order_by(Engagement.id)).all()


def search_engagements(actor: Actor, *, status: EngagementStatus | None = None, text: str = "") -> Select[Engagement]:
    """The actor's engagements with their agreements, filtered by status and by number or title."""
    query = engagements_visible_to(actor).options(selectinload(Engagement.agreement), selectinload(Engagement.stages))
    if status:
        query = query.where(Engagement.status == status)
    if text:
        query = query.join(Agreement, Agreement.id == Engagement.agreement_id).where(
            Engagement.number.icontains(text, autoescape=True) | Agreement.title.icontains(text, autoescape=True)
        )
    return query


def waiting_by_engagement(engagement_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Of each engagement the number of sessions that wait for the SME's confirmation."""
    rows = db.session.execute(
        select(ConsultingSession.engagement_id, func.count())
        .where(ConsultingSession.engagement_id.in_(engagement_ids), ConsultingSession.status == SessionStatus.RECORDED)
        .group_by(ConsultingSession.engagement_id)
    )
    return {row[0]: row[1] for row in rows}
