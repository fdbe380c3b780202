"""Reads of one thing by side: who may see an agreement, an engagement and what belongs to them."""

from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, select, true
from sqlalchemy.orm import InstrumentedAttribute

from marketplace.core import db
from marketplace.core.actors import PROVIDER, SME, Actor, Role
from marketplace.engagements.models import (
    Agreement,
    Assignment,
    ConsultingSession,
    Deliverable,
    Engagement,
    Stage,
)
from marketplace.providers.models import Consultant

SEES_ALL = frozenset(
    {
        Role.PROGRAMME_OFFICER,
        Role.BUDGET_OFFICER,
        Role.EVALUATOR,
        Role.ETHICS_OFFICER,
        Role.ADMINISTRATOR,
        Role.AUDITOR,
        Role.SYSTEM,
    }
)


def agreements_visible_to(actor: Actor) -> Select[Agreement]:
    """Agreements of the actor's side; all for those officers who follow the work; none for others."""
    return select(Agreement).where(of_side(Agreement, actor))


def engagements_visible_to(actor: Actor) -> Select[Engagement]:
    """Engagements of the actor's side; all for those officers who follow the work; none for others."""
    return select(Engagement).where(of_side(Engagement, actor))


def of_side(model: type[Agreement] | type[Engagement], actor: Actor) -> ColumnElement[bool]:
    """Whether it is this actor's to see, as a condition."""
    if actor.role in SME:
        return model.organisation_id == actor.organisation_id
    if actor.role in PROVIDER:
        return model.provider_id == actor.organisation_id
    return true() if actor.role in SEES_ALL else false()


def names_consultant(agreement_id: InstrumentedAttribute[UUID], typed: str) -> ColumnElement[bool]:
    """Whether the agreement in this column names a consultant who is called so."""
    named = select(Assignment.agreement_id).join(Consultant, Consultant.id == Assignment.consultant_id)
    return agreement_id.in_(named.where(db.contains(Consultant.name, typed)))


def get_agreement(agreement_id: UUID, *, actor: Actor) -> Agreement:
    """The agreement, if it is this actor's to see; NotFound otherwise."""
    return db.one(agreements_visible_to(actor).where(Agreement.id == agreement_id))


def get_engagement(engagement_id: UUID, *, actor: Actor) -> Engagement:
    """The engagement, if it is this actor's to see; NotFound otherwise."""
    return db.one(engagements_visible_to(actor).where(Engagement.id == engagement_id))


def get_stage(stage_id: UUID, *, actor: Actor) -> tuple[Engagement, Stage]:
    """A stage with its engagement, if it is this actor's to see; NotFound otherwise."""
    stage = db.get(Stage, stage_id)
    return get_engagement(stage.engagement_id, actor=actor), stage


def get_deliverable(deliverable_id: UUID, *, actor: Actor) -> tuple[Engagement, Deliverable]:
    """A deliverable with its engagement, if it is this actor's to see; NotFound otherwise."""
    deliverable = db.get(Deliverable, deliverable_id)
    return get_engagement(deliverable.engagement_id, actor=actor), deliverable


def get_session(session_id: UUID, *, actor: Actor) -> tuple[Engagement, ConsultingSession]:
    """A session with its engagement, if it is this actor's to see; NotFound otherwise."""
    consulting_session = db.get(ConsultingSession, session_id)
    return get_engagement(consulting_session.engagement_id, actor=actor), consulting_session


def get_assignment(assignment_id: UUID, *, actor: Actor) -> tuple[Agreement, Assignment]:
    """A consultant's naming with its agreement, if it is this actor's to see; NotFound otherwise."""
    assignment = db.get(Assignment, assignment_id)
    return get_agreement(assignment.agreement_id, actor=actor), assignment
