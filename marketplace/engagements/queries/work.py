"""Reads of what is recorded of the work: stages, sessions, deliverables and their near-copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import aliased, selectinload

from marketplace.core import db
from marketplace.engagements.models import (
    ConsultingSession,
    Deliverable,
    Engagement,
    SimilarDeliverable,
    Stage,
)
from marketplace.engagements.states import SessionStatus, StageStatus


def find_stage_under_way(engagement_id: UUID) -> Stage | None:
    """The one stage that is open or waits for acceptance."""
    query = select(Stage).where(
        Stage.engagement_id == engagement_id, Stage.status.in_((StageStatus.OPEN, StageStatus.DELIVERED))
    )
    return db.session.scalars(query).one_or_none()


def sessions_of(engagement_id: UUID) -> Sequence[ConsultingSession]:
    """All sessions of the engagement, in order of time."""
    query = select(ConsultingSession).where(ConsultingSession.engagement_id == engagement_id)
    return db.session.scalars(query.order_by(ConsultingSession.starts_at, ConsultingSession.id)).all()


def sessions_at(person_id: UUID, starts_at: datetime, ends_at: datetime) -> Sequence[ConsultingSession]:
    """This person's sessions, of whatever firm and client, that touch the time."""
    return db.session.scalars(
        select(ConsultingSession)
        .where(
            ConsultingSession.person_id == person_id,
            ConsultingSession.status != SessionStatus.WITHDRAWN,
            ConsultingSession.starts_at < ends_at,
            ConsultingSession.ends_at > starts_at,
        )
        .order_by(ConsultingSession.starts_at)
    ).all()


def deliverables_of(engagement_id: UUID) -> Sequence[Deliverable]:
    """All deliverables of the engagement, oldest first, replaced ones included."""
    query = select(Deliverable).where(Deliverable.engagement_id == engagement_id)
    query = query.options(selectinload(Deliverable.file))
    return db.session.scalars(query.order_by(Deliverable.created_at, Deliverable.id)).all()


@dataclass(frozen=True)
class Likeness:
    """A deliverable that resembles one of another engagement."""

    deliverable: Deliverable
    other: Deliverable
    other_engagement: Engagement
    similarity_percent: int
    same_file: bool


def likenesses_of(engagement_id: UUID) -> list[Likeness]:
    """Near-copies of other engagements' deliverables in this engagement, the closest first; for reviewers."""
    other = aliased(Deliverable)
    rows = db.session.execute(
        select(Deliverable, other, Engagement, SimilarDeliverable.similarity_percent, SimilarDeliverable.same_file)
        .join(SimilarDeliverable, SimilarDeliverable.deliverable_id == Deliverable.id)
        .join(other, other.id == SimilarDeliverable.other_id)
        .join(Engagement, Engagement.id == other.engagement_id)
        .where(Deliverable.engagement_id == engagement_id)
        .order_by(SimilarDeliverable.similarity_percent.desc(), Deliverable.id, other.id)
    )
    return [Likeness(*row) for row in rows]


def stages_of(engagement_id: UUID) -> Sequence[Stage]:
    """The engagement's stages as they are stored now, in their order."""
    query = select(Stage).where(Stage.engagement_id == engagement_id).order_by(Stage.position)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()
