"""Reads of engagements: of one, of many, and as a list shows them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, ScalarSelect, Select, bindparam, func, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.accounts.exported import exported_parties
from marketplace.accounts.queries import name_of
from marketplace.accounts.search import matches
from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.engagements.models import (
    Agreement,
    ConsultingSession,
    CoPayment,
    Engagement,
    Stage,
)
from marketplace.engagements.queries.visible import engagements_visible_to, names_consultant, of_side
from marketplace.engagements.queries.waiting import work_waits_for
from marketplace.engagements.states import EngagementStatus, SessionStatus, StageStatus, WorkWaiting


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


def number_of(engagement_id: InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None]) -> ScalarSelect[str]:
    """The number of the engagement in this column, for a list of what belongs to it."""
    return select(Engagement.number).where(Engagement.id == engagement_id).scalar_subquery()


def company_of(engagement_id: InstrumentedAttribute[UUID]) -> ScalarSelect[UUID]:
    """The company of the engagement in this column."""
    return select(Engagement.organisation_id).where(Engagement.id == engagement_id).scalar_subquery()


def find_engagement(agreement_id: UUID) -> Engagement | None:
    """The engagement under this agreement, once it is redeemed."""
    return db.session.scalars(select(Engagement).where(Engagement.agreement_id == agreement_id)).one_or_none()


def engagements_between(pairs: Iterable[tuple[UUID, UUID]]) -> Sequence[UUID]:
    """The engagements of these pairs of company and firm."""
    sides = tuple_(Engagement.organisation_id, Engagement.provider_id)
    return db.session.scalars(select(Engagement.id).where(sides.in_(list(pairs))).order_by(Engagement.id)).all()


_STAGES = select(func.count()).where(Stage.engagement_id == Engagement.id)
LISTED_ENGAGEMENT = (
    Engagement.id,
    Engagement.number,
    Engagement.status,
    Engagement.created_at,
    Agreement.title,
    name_of(Engagement.organisation_id).label("company"),
    name_of(Engagement.provider_id).label("provider"),
    _STAGES.scalar_subquery().label("stages"),
    _STAGES.where(Stage.status == StageStatus.ACCEPTED).scalar_subquery().label("accepted"),
    select(func.count())
    .where(ConsultingSession.engagement_id == Engagement.id, ConsultingSession.status == SessionStatus.RECORDED)
    .scalar_subquery()
    .label("to_confirm"),
)
"""What a list shows of an engagement that is joined with its agreement."""


EXPORTED_ENGAGEMENT = (
    *(column for column in LISTED_ENGAGEMENT if column.key not in ("company", "provider")),
    *exported_parties(Engagement.organisation_id, Engagement.provider_id),
    Agreement.number.label("agreement"),
    Agreement.price_net,
    Agreement.aid,
    Agreement.co_payment,
    Agreement.currency,
    Agreement.starts_on,
    Agreement.ends_on,
    Engagement.started_at,
    Engagement.finished_at,
    Engagement.lapsed_at,
    Engagement.terminated_at,
    Engagement.termination_reason,
)
"""What the file of engagements says of one that is joined with its agreement."""


def search_engagements(
    actor: Actor, *, status: EngagementStatus | None = None, waiting: WorkWaiting | None = None, text: str = ""
) -> Select[Engagement]:
    """The actor's engagements with their agreements, by status and by what has to be done.

    The text is of number or title, or who is one of the sides or a consultant.
    """
    query = engagements_visible_to(actor).join(Agreement, Agreement.id == Engagement.agreement_id)
    if status:
        query = query.where(Engagement.status == status)
    if waiting:
        query = query.where(work_waits_for(waiting, actor.person_id))
    if text:
        sides = Engagement.organisation_id, Engagement.provider_id
        matching = matches(text, Engagement.number, Agreement.title, organisations=sides)
        query = query.where(or_(matching, names_consultant(Engagement.agreement_id, text)))
    return query


def engagement_shown(engagement_id: UUID, *, actor: Actor) -> Row[Any]:
    """What one's page says of the engagement, its agreement and the company's share; NotFound for another side."""
    query = _engagement_shown().where(of_side(Engagement, actor))
    return db.one_row(query, engagement_id=engagement_id)


@cache
def _engagement_shown() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Engagement.id,
            Engagement.number,
            Engagement.status,
            Engagement.agreement_id,
            Engagement.organisation_id,
            Engagement.provider_id,
            Engagement.terminated_at,
            Engagement.termination_reason,
            name_of(Engagement.organisation_id).label("company"),
            name_of(Engagement.provider_id).label("provider"),
            Agreement.number.label("agreement"),
            Agreement.title,
            Agreement.currency,
            Agreement.price_net,
            Agreement.starts_on,
            Agreement.ends_on,
            CoPayment.status.label(name="share_status"),
            CoPayment.amount.label("share"),
            CoPayment.due_on.label("share_due_on"),
        )
        .join(Agreement, Agreement.id == Engagement.agreement_id)
        .outerjoin(CoPayment, CoPayment.agreement_id == Engagement.agreement_id)
        .where(Engagement.id == bindparam("engagement_id"))
    )
