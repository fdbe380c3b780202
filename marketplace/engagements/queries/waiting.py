"""What waits in an agreement or an engagement: conditions, for its list and for the counts of start pages."""

from typing import Any

from sqlalchemy import ColumnElement, and_, exists

from marketplace.engagements.models import (
    Agreement,
    Assignment,
    ConsultingSession,
    CoPayment,
    Deliverable,
    Engagement,
    Stage,
)
from marketplace.engagements.states import (
    AgreementStatus,
    AgreementWaiting,
    AssignmentStatus,
    CoPaymentStatus,
    DeliverableStatus,
    EngagementStatus,
    SessionStatus,
    StageStatus,
    WorkWaiting,
)
from marketplace.providers.models import Consultant


def agreement_waits_for(waiting: AgreementWaiting) -> ColumnElement[bool]:
    """Whether this is to be done about the agreement."""
    match waiting:
        case AgreementWaiting.COMPANY:
            return and_(Agreement.status == AgreementStatus.DRAFTED, Agreement.sme_signed_at.is_(None))
        case AgreementWaiting.PROVIDER:
            return and_(Agreement.status == AgreementStatus.DRAFTED, Agreement.provider_signed_at.is_(None))
        case AgreementWaiting.SHARE:
            awaited = CoPayment.status == CoPaymentStatus.AWAITED
            return exists().where(CoPayment.agreement_id == Agreement.id, awaited)
        case AgreementWaiting.CONSULTANT:
            proposed = Assignment.status == AssignmentStatus.PROPOSED
            named = exists().where(Assignment.agreement_id == Agreement.id, proposed)
            return and_(Agreement.status == AgreementStatus.REDEEMED, named)


def work_waits_for(waiting: WorkWaiting, person_id: Any) -> ColumnElement[bool]:
    """Whether this is to be done in the engagement, one's own stage by this person."""
    active = Engagement.status == EngagementStatus.ACTIVE
    open_stage = exists().where(Stage.engagement_id == Engagement.id, Stage.status == StageStatus.OPEN)
    match waiting:
        case WorkWaiting.SESSION:
            recorded = ConsultingSession.status == SessionStatus.RECORDED
            return and_(active, exists().where(ConsultingSession.engagement_id == Engagement.id, recorded))
        case WorkWaiting.DELIVERABLE:
            return and_(active, _deliverable(DeliverableStatus.SUBMITTED))
        case WorkWaiting.CORRECTION:
            return and_(active, _deliverable(DeliverableStatus.CORRECTION_REQUESTED))
        case WorkWaiting.STAGE:
            return open_stage
        case WorkWaiting.OWN_STAGE:
            return and_(open_stage, names_person(Engagement.agreement_id, person_id))


def names_person(agreement_id: Any, person_id: Any) -> ColumnElement[bool]:
    """Whether this person is a consultant who works under the agreement in this column."""
    return exists().where(
        Assignment.agreement_id == agreement_id,
        Assignment.status == AssignmentStatus.ACTIVE,
        Consultant.id == Assignment.consultant_id,
        Consultant.person_id == person_id,
    )


def _deliverable(status: DeliverableStatus) -> ColumnElement[bool]:
    return exists().where(Deliverable.engagement_id == Engagement.id, Deliverable.status == status)
