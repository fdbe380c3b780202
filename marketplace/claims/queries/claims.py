"""Reads of claims: by side, by what waits, and what their risk is decided from; always ordered."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, false, func, or_, select, true

from marketplace.accounts.exported import exported_parties
from marketplace.accounts.queries import name_of, person_name_of
from marketplace.accounts.search import matches
from marketplace.claims.models import (
    Claim,
    ClaimAssessment,
    ClaimEscalation,
    ClaimLine,
)
from marketplace.claims.queries.debts import kept_back_from
from marketplace.claims.queries.holds import held_until
from marketplace.claims.states import ClaimStatus, ClaimWaiting, Step
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.engagements.models import Agreement, Engagement, Stage
from marketplace.engagements.queries import resembles_another
from marketplace.engagements.states import StageStatus

SEES_ALL = frozenset(
    {
        Role.PROGRAMME_OFFICER,
        Role.BUDGET_OFFICER,
        Role.ETHICS_OFFICER,
        Role.ADMINISTRATOR,
        Role.AUDITOR,
        Role.SYSTEM,
    }
)


def visible_to(actor: Actor) -> Select[Claim]:
    """A provider's manager sees the firm's claims, officers of the agency all."""
    return select(Claim).where(_of_side(actor))


def _of_side(actor: Actor) -> ColumnElement[bool]:
    if actor.role is Role.MANAGER:
        return Claim.provider_id == actor.organisation_id
    return true() if actor.role in SEES_ALL else false()


def get_claim(claim_id: UUID, *, actor: Actor) -> Claim:
    """The claim, if it is this actor's to see; NotFound otherwise."""
    return db.one(visible_to(actor).where(Claim.id == claim_id))


def claim_shown(claim_id: UUID, *, actor: Actor) -> Row[Any]:
    """The claim with what its page says of engagement, sides, hold and officers; NotFound for another side."""
    return db.one_row(_claim_shown().where(_of_side(actor)), claim_id=claim_id)


@cache
def _claim_shown() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Claim,
            Engagement.number.label("engagement"),
            Agreement.title,
            name_of(Engagement.organisation_id).label("company"),
            name_of(Claim.provider_id).label("provider"),
            held_until(Claim.engagement_id).label("held_until"),
            kept_back_from(Claim.id).label("kept_back"),
            resembles_another(Claim.engagement_id).label("resembles_another"),
            person_name_of(Claim.checked_by).label("checked_by"),
            person_name_of(Claim.first_approved_by).label("first_approved_by"),
            person_name_of(Claim.approved_by).label("approved_by"),
            person_name_of(Claim.refused_by).label("refused_by"),
        )
        .join(Engagement, Engagement.id == Claim.engagement_id)
        .join(Agreement, Agreement.id == Engagement.agreement_id)
        .where(Claim.id == bindparam("claim_id"))
    )


def lines_shown(claim_id: UUID) -> Sequence[Row[Any]]:
    """What the claim's page says of the stages claimed, in their order."""
    return db.session.execute(_lines_shown(), {"claim_id": claim_id}).all()


@cache
def _lines_shown() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Stage.code,
            Stage.accepted_at,
            ClaimLine.aid,
            ClaimLine.co_payment,
            ClaimLine.approved_aid,
            ClaimLine.approved_co_payment,
            ClaimLine.cut_reason,
        )
        .join(Stage, Stage.id == ClaimLine.stage_id)
        .where(ClaimLine.claim_id == bindparam("claim_id"))
        .order_by(Stage.position, ClaimLine.created_at, ClaimLine.id)
    )


def lock_claim(claim_id: UUID) -> Claim:
    """The claim, locked after its engagement, as a hold locks it: neither misses the other."""
    db.get(Engagement, db.get(Claim, claim_id).engagement_id, lock=True)
    return db.get(Claim, claim_id, lock=True)


LISTED_CLAIM = (
    Claim.id,
    Claim.number,
    Claim.net_amount,
    Claim.currency,
    Claim.status,
    Claim.route,
    Claim.submitted_at,
    Claim.clock_starts_at,
    name_of(Engagement.organisation_id).label("company"),
    name_of(Claim.provider_id).label("provider"),
)
"""What a list shows of a claim that is joined with its engagement."""

EXPORTED_CLAIM = (
    Engagement.number.label("engagement"),
    *exported_parties(Engagement.organisation_id, Engagement.provider_id),
    person_name_of(Claim.checked_by).label("checked_by"),
    person_name_of(Claim.first_approved_by).label("first_approved_by"),
    person_name_of(Claim.approved_by).label("approved_by"),
)
"""What the file of claims says beside the claim itself."""


def search_claims(
    actor: Actor, *, status: ClaimStatus | None = None, waiting: ClaimWaiting | None = None, text: str = ""
) -> Select[Claim]:
    """The actor's claims with their engagements, by status and by what the actor has to do with them.

    The text is a number of claim, engagement or invoice, or who is one of the sides or has decided.
    """
    query = visible_to(actor).join(Engagement, Engagement.id == Claim.engagement_id)
    if status:
        query = query.where(Claim.status == status)
    if waiting:
        query = query.where(waits_for(waiting, actor.person_id))
    if text:
        sides = Engagement.organisation_id, Engagement.provider_id
        people = Claim.checked_by, Claim.first_approved_by, Claim.approved_by
        numbers = Claim.number, Engagement.number, Claim.invoice_number
        query = query.where(matches(text, *numbers, organisations=sides, people=people))
    return query


def waits_for(waiting: ClaimWaiting, person_id: Any) -> ColumnElement[bool]:
    """Whether this is what the claim waits for, and this person may do it."""
    match waiting:
        case ClaimWaiting.APPROVAL:
            theirs = Claim.checked_by.is_distinct_from(person_id)
            first = Claim.first_approved_by.is_distinct_from(person_id)
            second = and_(Claim.status == ClaimStatus.FIRST_APPROVED, first)
            return and_(theirs, or_(Claim.status == ClaimStatus.CHECKED, second))
        case ClaimWaiting.BATCH:
            # Of those that two approved only the officer's own: a third must be left to send them.
            mine = or_(Claim.approved_by == person_id, Claim.first_approved_by == person_id)
            return and_(Claim.status == ClaimStatus.APPROVED, or_(~Claim.needs_two, mine))


def claims_of(engagement_id: UUID) -> Sequence[Claim]:
    """The engagement's claims, oldest first."""
    query = select(Claim).where(Claim.engagement_id == engagement_id)
    return db.session.scalars(query.order_by(Claim.submitted_at, Claim.id)).all()


def assessments_of(claim_id: UUID) -> Sequence[ClaimAssessment]:
    """How the claim's way was decided, oldest first."""
    return db.session.scalars(_assessments(), {"claim_id": claim_id}).all()


@cache
def _assessments() -> Select[ClaimAssessment]:
    query = select(ClaimAssessment).where(ClaimAssessment.claim_id == bindparam("claim_id"))
    return query.order_by(ClaimAssessment.created_at, ClaimAssessment.occasion.desc())


def find_escalation(claim_id: UUID, *, step: Step, level: int) -> ClaimEscalation | None:
    """What was told at this level about this step being overdue."""
    query = select(ClaimEscalation).where(ClaimEscalation.claim_id == claim_id)
    return db.session.scalars(query.where(ClaimEscalation.step == step, ClaimEscalation.level == level)).one_or_none()


def paid_claims(provider_id: UUID) -> int:
    """How many claims of the provider were paid."""
    query = select(func.count()).where(Claim.provider_id == provider_id, Claim.status == ClaimStatus.PAID)
    return db.session.scalar(query) or 0


def troubled_claims(provider_id: UUID, *, since: datetime) -> int:
    """How many claims of the provider were returned, cut, refused or sent back by the bank since then."""
    troubled = or_(
        Claim.returned_at >= since,
        Claim.bounced_at >= since,
        Claim.refused_at >= since,
        and_(Claim.approved_at >= since, Claim.approved_amount < Claim.net_amount),
    )
    return db.session.scalar(select(func.count()).where(Claim.provider_id == provider_id, troubled)) or 0


def approved_claims() -> Sequence[Claim]:
    """Claims that wait for a payment batch, the longest waiting first."""
    return db.session.scalars(
        select(Claim).where(Claim.status == ClaimStatus.APPROVED).order_by(Claim.approved_at, Claim.id)
    ).all()


def claims_to_pay() -> Sequence[Row[Any]]:
    """What an officer is shown of the same claims who puts a payment batch together."""
    return db.session.execute(_claims_to_pay()).all()


@cache
def _claims_to_pay() -> Select[*tuple[Any, ...]]:
    return (
        select(
            Claim.id,
            Claim.number,
            Claim.currency,
            Claim.approved_amount,
            Claim.approved_by,
            Claim.first_approved_by,
            person_name_of(Claim.first_approved_by).label("first_approver"),
            person_name_of(Claim.approved_by).label("approver"),
            func.coalesce(kept_back_from(Claim.id), 0).label("kept_back"),
            held_until(Claim.engagement_id).label("held_until"),
        )
        .where(Claim.status == ClaimStatus.APPROVED)
        .order_by(Claim.approved_at, Claim.id)
    )


def claims_by_id(claim_ids: Sequence[UUID], *, lock: bool = False) -> Sequence[Claim]:
    """These claims in order of id, locked if asked."""
    query = select(Claim).where(Claim.id.in_(claim_ids)).order_by(Claim.id)
    if lock:
        query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
    return db.session.scalars(query).all()


def stages_by_id(stage_ids: Sequence[UUID]) -> Sequence[Stage]:
    """These stages in order of position."""
    return db.session.scalars(select(Stage).where(Stage.id.in_(stage_ids)).order_by(Stage.position, Stage.id)).all()


def claimable_stages(engagement_id: UUID) -> Sequence[Stage]:
    """The engagement's accepted stages that no live claim holds."""
    claimed = select(ClaimLine.stage_id).where(ClaimLine.withdrawn_at.is_(None))
    return db.session.scalars(
        select(Stage)
        .where(Stage.engagement_id == engagement_id, Stage.status == StageStatus.ACCEPTED, Stage.id.not_in(claimed))
        .order_by(Stage.position)
    ).all()


def engagements_to_claim(provider_id: UUID | None) -> Sequence[Row[UUID, str, str]]:
    """The provider's engagements with an accepted stage that isn't claimed yet: id, number and title."""
    claimed = select(ClaimLine.stage_id).where(ClaimLine.withdrawn_at.is_(None))
    open_stages = select(Stage.engagement_id).where(Stage.status == StageStatus.ACCEPTED, Stage.id.not_in(claimed))
    return db.session.execute(
        select(Engagement.id, Engagement.number, Agreement.title)
        .join(Agreement, Agreement.id == Engagement.agreement_id)
        .where(Engagement.provider_id == provider_id, Engagement.id.in_(open_stages))
        .order_by(Engagement.number)
    ).all()
