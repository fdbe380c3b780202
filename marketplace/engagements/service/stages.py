"""The verbs of stages and deliverables: upload, hand in, ask for a correction, accept, finish."""

from typing import IO
from uuid import UUID

from sqlalchemy import select

from marketplace.accounts import service as accounts
from marketplace.core import db, files
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError
from marketplace.core.i18n import _
from marketplace.core.tasks import announce, schedule
from marketplace.engagements import events, rules
from marketplace.engagements.models import ConsultingSession, Deliverable, Engagement, Stage
from marketplace.engagements.service.copies import compare_deliverable
from marketplace.engagements.states import DELIVERABLE, ENGAGEMENT, STAGE, DeliverableStatus, StageStatus
from marketplace.providers import service as providers


def upload_deliverable(
    stage_id: UUID, *, actor: Actor, title: str, stream: IO[bytes], filename: str, replaces_id: UUID | None = None
) -> Deliverable:
    """Add a document to the open stage; it is compared with all earlier ones in the background."""
    engagement, stage = _lock(stage_id)
    rules.check_acts_for(engagement.provider_id, actor, Role.MANAGER, Role.CONSULTANT)
    rules.check_under_way(engagement)
    rules.check_open(stage)
    replaced = db.get(Deliverable, replaces_id, lock=True) if replaces_id else None
    rules.check_replaced(replaced, stage)
    file = files.store(stream, filename, actor=actor)
    deliverable = Deliverable(
        engagement_id=engagement.id,
        stage_id=stage.id,
        file_id=file.id,
        replaces_id=replaces_id,
        title=title,
        status=DELIVERABLE.initial,
        sha256=file.sha256,
        submitted_by=actor.person_id,
        device_hash=actor.device_hash,
    )
    db.session.add(deliverable)
    db.flush()
    if replaced is not None:
        transition(replaced, DELIVERABLE, "replace", actor=actor)
    record(actor, "deliverable.submit", deliverable, after={"stage_id": stage.id, "sha256": file.sha256})
    schedule(compare_deliverable, deliverable_id=deliverable.id)
    return deliverable


def hand_in_stage(stage_id: UUID, *, actor: Actor) -> Stage:
    """The provider says that a stage is done; the SME is asked to accept it."""
    engagement, stage = _lock(stage_id)
    rules.check_acts_for(engagement.provider_id, actor, Role.MANAGER, Role.CONSULTANT)
    rules.check_under_way(engagement)
    rules.check_open(stage)
    rules.check_hand_in(stage, _deliverables(stage))
    stage.delivered_by = actor.person_id
    transition(stage, STAGE, "deliver", actor=actor)
    _notify(engagement, stage, engagement.organisation_id, Role.SIGNATORY, "engagements/stage_handed_in")
    db.flush()
    return stage


def request_correction(deliverable_id: UUID, *, actor: Actor, reason: str) -> Deliverable:
    """The SME sends one document back with reasons; the stage is open again until it is handed in anew."""
    deliverable = db.get(Deliverable, deliverable_id)
    engagement, stage = _lock(deliverable.stage_id)
    deliverable = db.get(Deliverable, deliverable_id, lock=True)
    rules.check_acts_for(engagement.organisation_id, actor, Role.SIGNATORY)
    if stage.status not in (StageStatus.DELIVERED, StageStatus.OPEN):
        raise DomainError(_("This stage isn't waiting for acceptance."))
    deliverable.correction_reason = reason
    deliverable.correction_requested_by = actor.person_id
    transition(deliverable, DELIVERABLE, "request_correction", actor=actor, reason=reason)
    if stage.status == StageStatus.DELIVERED:
        transition(stage, STAGE, "correct", actor=actor)
    _notify(
        engagement, stage, engagement.provider_id, Role.MANAGER, "engagements/correction_requested",
        about=deliverable.id, document=deliverable.title, reason=reason,
    )  # fmt: skip
    db.flush()
    return deliverable


def accept_stage(stage_id: UUID, *, actor: Actor) -> Stage:
    """The SME's signatory accepts a stage and its documents; the next stage opens, the last one finishes the work."""
    engagement, stage = _lock(stage_id)
    rules.check_acts_for(engagement.organisation_id, actor, Role.SIGNATORY)
    rules.check_acceptance(stage, _sessions(stage))
    for deliverable in _deliverables(stage):
        if deliverable.status == DeliverableStatus.SUBMITTED:
            transition(deliverable, DELIVERABLE, "accept", actor=actor)
    stage.accepted_by = actor.person_id
    stage.device_hash = actor.device_hash
    transition(stage, STAGE, "accept", actor=actor)
    db.flush()
    _notify(engagement, stage, engagement.provider_id, Role.MANAGER, "engagements/stage_accepted")
    following = next((later for later in engagement.stages if later.position == stage.position + 1), None)
    if following is None:
        finish(engagement.id, actor=actor)
    else:
        transition(following, STAGE, "open", actor=actor)
    db.flush()
    return stage


def finish(engagement_id: UUID, *, actor: Actor) -> Engagement:
    """End the work whose stages are all accepted."""
    engagement = db.get(Engagement, engagement_id, lock=True)
    if any(stage.status != StageStatus.ACCEPTED for stage in engagement.stages):
        raise DomainError(_("Not all stages are accepted."))
    transition(engagement, ENGAGEMENT, "finish", actor=actor)
    db.flush()
    announce(events.FINISHED, engagement_id=engagement.id)
    providers.change_load(engagement.provider_id, -1, actor=actor)
    return engagement


def _lock(stage_id: UUID) -> tuple[Engagement, Stage]:
    stage = db.get(Stage, stage_id)
    engagement = db.get(Engagement, stage.engagement_id, lock=True)
    return engagement, db.get(Stage, stage_id, lock=True)


def _deliverables(stage: Stage) -> list[Deliverable]:
    query = select(Deliverable).where(Deliverable.stage_id == stage.id)
    return list(db.session.scalars(query.order_by(Deliverable.created_at, Deliverable.id)))


def _sessions(stage: Stage) -> list[ConsultingSession]:
    query = select(ConsultingSession).where(ConsultingSession.stage_id == stage.id)
    return list(db.session.scalars(query.order_by(ConsultingSession.starts_at)))


def _notify(
    engagement: Engagement,
    stage: Stage,
    organisation_id: UUID,
    role: Role,
    template: str,
    *,
    about: UUID | None = None,
    **data: str,
) -> None:
    moment = stage.delivered_at.isoformat() if stage.delivered_at else ""
    accounts.notify_organisation(
        organisation_id,
        [role],
        template,
        key=f"{about or stage.id}:{moment}",
        number=engagement.number,
        title=engagement.agreement.title,
        stage=stage.code,
        path=f"/engagements/{engagement.id}",
        **data,
    )
