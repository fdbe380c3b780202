"""Reads of what is recorded of the work: stages, sessions, deliverables and their near-copies."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, bindparam, select
from sqlalchemy.orm import InstrumentedAttribute, aliased, selectinload

from marketplace.core import db
from marketplace.core.files import StoredFile
from marketplace.engagements.models import (
    AgreementStage,
    ConsultingSession,
    Deliverable,
    Engagement,
    SimilarDeliverable,
    Stage,
)
from marketplace.engagements.states import NOT_HELD, StageStatus
from marketplace.providers.models import Consultant


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
            ConsultingSession.status.not_in(NOT_HELD),
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


class Likeness(NamedTuple):
    """A deliverable that resembles one of another engagement."""

    deliverable_id: UUID
    title: str
    other_id: UUID
    other_title: str
    other_engagement_id: UUID
    other_number: str
    similarity_percent: int
    same_file: bool


def resembles_another(engagement_id: InstrumentedAttribute[UUID]) -> ColumnElement[bool]:
    """Whether a deliverable of the engagement in this column is a near-copy of another engagement's."""
    likeness = select(SimilarDeliverable).join(Deliverable, Deliverable.id == SimilarDeliverable.deliverable_id)
    return likeness.where(Deliverable.engagement_id == engagement_id).exists()


def likenesses_of(engagement_id: UUID) -> list[Likeness]:
    """Near-copies of other engagements' deliverables in this engagement, the closest first; for reviewers."""
    return [Likeness(*row) for row in db.session.execute(_likenesses(), {"engagement_id": engagement_id})]


@cache
def _likenesses() -> Select[*tuple[Any, ...]]:
    other = aliased(Deliverable)
    return (
        select(
            Deliverable.id,
            Deliverable.title,
            other.id,
            other.title,
            Engagement.id,
            Engagement.number,
            SimilarDeliverable.similarity_percent,
            SimilarDeliverable.same_file,
        )
        .join(SimilarDeliverable, SimilarDeliverable.deliverable_id == Deliverable.id)
        .join(other, other.id == SimilarDeliverable.other_id)
        .join(Engagement, Engagement.id == other.engagement_id)
        .where(Deliverable.engagement_id == bindparam("engagement_id"))
        .order_by(SimilarDeliverable.similarity_percent.desc(), Deliverable.id, other.id)
    )


def stages_of(engagement_id: UUID) -> Sequence[Stage]:
    """The engagement's stages as they are stored now, in their order."""
    query = select(Stage).where(Stage.engagement_id == engagement_id).order_by(Stage.position)
    return db.session.scalars(query.execution_options(populate_existing=True)).all()


def stages_shown(engagement_id: UUID) -> Sequence[Row[Any]]:
    """What the engagement's page says of its stages, in their order."""
    return db.session.execute(_stages_shown(), {"engagement_id": engagement_id}).all()


@cache
def _stages_shown() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Stage.id,
            Stage.code,
            Stage.status,
            Stage.opened_at,
            Stage.delivered_at,
            Stage.accepted_at,
            Stage.ended_at,
            AgreementStage.days,
            AgreementStage.price_net,
            AgreementStage.aid,
            AgreementStage.co_payment,
        )
        .join(AgreementStage, AgreementStage.id == Stage.agreement_stage_id)
        .where(Stage.engagement_id == bindparam("engagement_id"))
        .order_by(Stage.position)
    )


def sessions_shown(engagement_id: UUID) -> Sequence[Row[Any]]:
    """What the engagement's page says of its sessions, in order of time."""
    return db.session.execute(_sessions_shown(), {"engagement_id": engagement_id}).all()


@cache
def _sessions_shown() -> Select[*tuple[Any, ...]]:
    return (
        select(
            ConsultingSession.id,
            ConsultingSession.starts_at,
            ConsultingSession.ends_at,
            Consultant.name.label("consultant"),
            ConsultingSession.place,
            ConsultingSession.summary,
            ConsultingSession.status,
            ConsultingSession.rejection_reason,
        )
        .join(Consultant, Consultant.id == ConsultingSession.consultant_id)
        .where(ConsultingSession.engagement_id == bindparam("engagement_id"))
        .order_by(ConsultingSession.starts_at, ConsultingSession.id)
    )


def deliverables_shown(engagement_id: UUID) -> Sequence[Row[Any]]:
    """What the engagement's page says of its deliverables, oldest first, replaced ones included."""
    return db.session.execute(_deliverables_shown(), {"engagement_id": engagement_id}).all()


@cache
def _deliverables_shown() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Deliverable.id,
            Deliverable.stage_id,
            Stage.code.label("stage"),
            Deliverable.title,
            StoredFile.name.label("file_name"),
            Deliverable.status,
            Deliverable.created_at,
            Deliverable.correction_reason,
            Deliverable.compared_at,
            Deliverable.unreadable_reason,
        )
        .join(Stage, Stage.id == Deliverable.stage_id)
        .join(StoredFile, StoredFile.id == Deliverable.file_id)
        .where(Deliverable.engagement_id == bindparam("engagement_id"))
        .order_by(Deliverable.created_at, Deliverable.id)
    )
