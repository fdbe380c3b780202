"""The verbs of sessions: record, countersign, reject, withdraw."""

from datetime import datetime
from uuid import UUID

from marketplace.accounts import service as accounts
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError, Forbidden
from marketplace.core.i18n import _
from marketplace.core.reasons import check_reason
from marketplace.engagements import queries, rules
from marketplace.engagements.models import ConsultingSession, Engagement
from marketplace.engagements.states import SESSION
from marketplace.providers import queries as providers
from marketplace.providers import rules as provider_rules
from marketplace.providers.models import Consultant


def record_session(
    engagement_id: UUID,
    *,
    actor: Actor,
    consultant_id: UUID,
    starts_at: datetime,
    ends_at: datetime,
    place: str,
    summary: str,
) -> ConsultingSession:
    """Write down a session that has ended, for the stage under way; the SME confirms it, overlaps are refused."""
    engagement = db.get(Engagement, engagement_id, lock=True)
    rules.check_acts_for(engagement.provider_id, actor, Role.MANAGER, Role.CONSULTANT)
    rules.check_under_way(engagement)
    stage = queries.find_stage_under_way(engagement_id)
    if stage is None:
        raise DomainError(_("No stage is open for work now."))
    rules.check_open(stage)
    consultant = providers.get_consultant(consultant_id)
    _check_consultant(engagement, consultant, starts_at, actor)
    rules.check_session_times(engagement, starts_at, ends_at)
    rules.check_no_overlap(queries.sessions_at(consultant.person_id, starts_at, ends_at))
    made = ConsultingSession(
        engagement_id=engagement_id,
        stage_id=stage.id,
        consultant_id=consultant_id,
        person_id=consultant.person_id,
        starts_at=starts_at,
        ends_at=ends_at,
        place=place,
        summary=summary,
        status=SESSION.initial,
        recorded_by=actor.person_id,
        recorder_device_hash=actor.device_hash,
    )
    db.session.add(made)
    db.flush()
    record(actor, "session.record", made, after={"engagement_id": engagement_id, "consultant_id": consultant_id})
    return made


def countersign_session(session_id: UUID, *, actor: Actor) -> ConsultingSession:
    """The SME confirms from its own account that the session took place."""
    consulting_session = db.get(ConsultingSession, session_id, lock=True)
    engagement = db.get(Engagement, consulting_session.engagement_id)
    rules.check_acts_for(engagement.organisation_id, actor, Role.SIGNATORY, Role.PREPARER)
    consulting_session.countersigned_by = actor.person_id
    consulting_session.device_hash = actor.device_hash
    transition(consulting_session, SESSION, "countersign", actor=actor)
    db.flush()
    return consulting_session


def reject_session(session_id: UUID, *, actor: Actor, reason: str) -> ConsultingSession:
    """The SME says that a session didn't take place as recorded, and why; it counts for nothing, the firm is told."""
    check_reason(reason)
    consulting_session = db.get(ConsultingSession, session_id, lock=True)
    engagement = db.get(Engagement, consulting_session.engagement_id)
    rules.check_acts_for(engagement.organisation_id, actor, Role.SIGNATORY, Role.PREPARER)
    consulting_session.rejected_by, consulting_session.rejection_reason = actor.person_id, reason
    transition(consulting_session, SESSION, "reject", actor=actor, reason=reason)
    db.flush()
    accounts.notify_organisation(
        engagement.provider_id,
        [Role.MANAGER],
        "engagements/session_rejected",
        key=str(session_id),
        number=engagement.number,
        starts_at=consulting_session.starts_at,
        reason=reason,
        path=f"/engagements/{engagement.id}",
    )
    return consulting_session


def withdraw_session(session_id: UUID, *, actor: Actor, reason: str) -> ConsultingSession:
    """The provider takes back a session recorded wrongly, before the SME confirmed it."""
    consulting_session = db.get(ConsultingSession, session_id, lock=True)
    engagement = db.get(Engagement, consulting_session.engagement_id)
    rules.check_acts_for(engagement.provider_id, actor, Role.MANAGER, Role.CONSULTANT)
    if actor.role is Role.CONSULTANT and consulting_session.person_id != actor.person_id:
        raise Forbidden()
    transition(consulting_session, SESSION, "withdraw", actor=actor, reason=reason)
    db.flush()
    return consulting_session


def _check_consultant(engagement: Engagement, consultant: Consultant, starts_at: datetime, actor: Actor) -> None:
    if actor.role is Role.CONSULTANT and consultant.person_id != actor.person_id:
        raise Forbidden(_("A consultant records their own sessions only."))
    day = starts_at.astimezone(clock.zone()).date()
    rules.check_named(engagement.agreement.assignments, consultant.id, day)
    rules.check_ready(provider_rules.find_obstacle(consultant, engagement.provider_id, day))
