"""What is stored of an engagement, for those who check it."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from marketplace.core import db
from marketplace.engagements.models import (
    Agreement,
    Assignment,
    ConsultingSession,
    CoPayment,
    Deliverable,
    Engagement,
)
from marketplace.engagements.queries.agreements import find_co_payment
from marketplace.engagements.queries.work import deliverables_of, sessions_of
from marketplace.engagements.states import NOT_HELD


@dataclass(frozen=True)
class Evidence:
    """Everything that was recorded of one engagement, and of others what may contradict it."""

    engagement: Engagement
    agreement: Agreement
    co_payment: CoPayment | None
    assignments: Sequence[Assignment]
    sessions: Sequence[ConsultingSession]
    other_sessions: Sequence[ConsultingSession]
    deliverables: Sequence[Deliverable]
    other_deliverables: Sequence[Deliverable]

    @property
    def held(self) -> Sequence[ConsultingSession]:
        """The sessions that were neither taken back nor rejected."""
        return [row for row in self.sessions if row.status not in NOT_HELD]


def evidence(engagement_id: UUID) -> Evidence:
    """What is stored of one engagement, for those who check it; NotFound without one."""
    engagement = db.get(Engagement, engagement_id)
    sessions, deliverables = sessions_of(engagement_id), deliverables_of(engagement_id)
    return Evidence(
        engagement=engagement,
        agreement=engagement.agreement,
        co_payment=find_co_payment(engagement.agreement_id),
        assignments=engagement.agreement.assignments,
        sessions=sessions,
        other_sessions=_other_sessions(engagement_id, sessions),
        deliverables=deliverables,
        other_deliverables=_other_deliverables(engagement_id, deliverables),
    )


def _other_sessions(engagement_id: UUID, sessions: Sequence[ConsultingSession]) -> Sequence[ConsultingSession]:
    """The same people's sessions of other engagements, from this one's first to its last."""
    held = [row for row in sessions if row.status not in NOT_HELD]
    if not held:
        return []
    query = select(ConsultingSession).where(
        ConsultingSession.person_id.in_({row.person_id for row in held}),
        ConsultingSession.engagement_id != engagement_id,
        ConsultingSession.status.not_in(NOT_HELD),
        ConsultingSession.starts_at < max(row.ends_at for row in held),
        ConsultingSession.ends_at > min(row.starts_at for row in held),
    )
    return db.session.scalars(query.order_by(ConsultingSession.starts_at, ConsultingSession.id)).all()


def _other_deliverables(engagement_id: UUID, deliverables: Sequence[Deliverable]) -> Sequence[Deliverable]:
    """The same files and texts in other engagements."""
    hashes = [row.sha256 for row in deliverables]
    texts = [row.text_sha256 for row in deliverables if row.text_sha256]
    query = select(Deliverable).where(
        Deliverable.engagement_id != engagement_id,
        Deliverable.sha256.in_(hashes) | Deliverable.text_sha256.in_(texts),
    )
    return db.session.scalars(query.order_by(Deliverable.created_at, Deliverable.id)).all()
