"""Reads of surveys: by link, for the agency's list, and as figures that show nobody."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, case, exists, func, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.search import matches
from marketplace.claims.models import Claim
from marketplace.claims.states import ClaimStatus
from marketplace.core import clock, db
from marketplace.engagements import queries as engagements
from marketplace.engagements.states import Side
from marketplace.notifications.models import Message
from marketplace.notifications.states import MessageStatus
from marketplace.surveys.models import Answer, Link, Survey
from marketplace.surveys.rules import FEWEST_ANSWERS, LinkNotValid, can_be_answered
from marketplace.surveys.states import LinkPurpose


@dataclass(frozen=True)
class Statistics:
    """How many were invited, reached and answered; the mean only from the fewest answers on."""

    invited: int
    delivered: int
    answered: int
    mean: int | None

    @property
    def rate(self) -> int:
        """Answered of invited in whole percent."""
        return round(100 * self.answered / self.invited) if self.invited else 0


@dataclass(frozen=True)
class Evidence:
    """What rules and evaluators may see of an SME's answer: facts, score and signs; no free text, no name."""

    facts: Mapping[str, Any]
    items: Mapping[str, int]
    score: int | None
    signs: Sequence[str]
    instrument: str


def token_hash(token: str) -> str:
    """What is kept of a link's token."""
    return hashlib.sha256(token.encode()).hexdigest()


def find_survey(engagement_id: UUID, side: Side, *, wave: int = 0) -> Survey | None:
    """The survey of this side of the engagement."""
    query = select(Survey).where(Survey.engagement_id == engagement_id, Survey.side == side, Survey.wave == wave)
    return db.session.scalars(query).one_or_none()


def get_by_link(token: str, *, lock: bool = False) -> Survey:
    """The survey that this link may answer now; LinkNotValid for every other link, whatever the cause."""
    link = db.session.get(Link, token_hash(token))
    if link is None or link.purpose != LinkPurpose.ANSWER or link.expires_at <= clock.now():
        raise LinkNotValid()
    survey = db.get(Survey, link.survey_id, lock=lock)
    if lock:
        db.session.refresh(link)
    if link.used_at is not None or not can_be_answered(survey):
        raise LinkNotValid()
    return survey


def listed(*, status: str = "", side: str = "", search: str = "") -> Select[*tuple[Any, ...]]:
    """What the agency's list shows of surveys, with engagement number and firm; no person is in it."""
    query = select(
        Survey.id,
        Survey.side,
        Survey.status,
        Survey.invited_at,
        Survey.closes_at,
        engagements.number_of(Survey.engagement_id).label("engagement"),
        accounts.name_of(Survey.organisation_id).label("asked"),
    )
    if status:
        query = query.where(Survey.status == status)
    if search:
        number = engagements.number_of(Survey.engagement_id)
        query = query.where(matches(search, number, organisations=(Survey.organisation_id,)))
    return query.where(Survey.side == side) if side else query


def statistics() -> dict[Side, Statistics]:
    """Invited, delivered, answered and the mean score of each side; the mean is hidden below five answers."""
    invitation = func.concat("surveys/invitation:", Survey.id)
    sent = exists().where(Message.key == invitation, Message.status == MessageStatus.SENT)
    score = case((Survey.side == Side.SME, Answer.score), else_=Answer.programme_score)
    query = select(
        Survey.side,
        func.count(Survey.id).label("invited"),
        func.count(case((sent, 1))).label("delivered"),
        func.count(Survey.answered_at).label("answered"),
        func.avg(score).label("mean"),
    ).outerjoin(Answer, Answer.survey_id == Survey.id)
    counted = {row.side: row for row in db.session.execute(query.group_by(Survey.side))}
    return {side: _statistics(counted.get(side)) for side in Side}


def _statistics(row: Row[Any] | None) -> Statistics:
    if row is None:
        return Statistics(0, 0, 0, None)
    shown = row.mean is not None and row.answered >= FEWEST_ANSWERS
    return Statistics(row.invited, row.delivered, row.answered, round(row.mean) if shown else None)


def find_evidence(engagement_id: UUID) -> Evidence | None:
    """The SME's fact answers and score of this engagement, once answered."""
    query = select(Answer.facts, Answer.items, Answer.score, Answer.signs, Survey.instrument)
    query = query.join(Survey, Survey.id == Answer.survey_id)
    row = db.session.execute(query.where(Survey.engagement_id == engagement_id, Survey.side == Side.SME)).one_or_none()
    return Evidence(*row) if row is not None else None


def find_trace(engagement_id: UUID) -> tuple[str, str, datetime] | None:
    """From which device and address, and when, the SME's survey was answered; hashes only."""
    query = select(Answer.device_hash, Answer.address_hash, Survey.answered_at)
    query = query.join(Survey, Survey.id == Answer.survey_id)
    row = db.session.execute(query.where(Survey.engagement_id == engagement_id, Survey.side == Side.SME)).one_or_none()
    return (row[0] or "", row[1] or "", row[2]) if row is not None and row[2] else None


def scores_of(provider_id: UUID) -> list[int]:
    """Every satisfaction score that SMEs gave this provider, oldest first."""
    query = select(Answer.score).join(Survey, Survey.id == Answer.survey_id).order_by(Survey.answered_at, Survey.id)
    scores = db.session.scalars(query.where(_rated(), Survey.provider_id == provider_id))
    return [score for score in scores if score is not None]


def mean_of_programme(programme_id: UUID) -> int | None:
    """The programme's mean satisfaction; None below five answers."""
    query = select(func.count(), func.avg(Answer.score)).join(Survey, Survey.id == Answer.survey_id)
    count, mean = db.session.execute(query.where(_rated(), Survey.programme_id == programme_id)).one()
    return round(mean) if count >= FEWEST_ANSWERS else None


def results_for_provider(provider_id: UUID) -> list[int]:
    """Scores a provider may count among its results: of paid engagements, answered before this month began."""
    settled = Claim.status.in_((ClaimStatus.PAID, ClaimStatus.WITHDRAWN, ClaimStatus.REFUSED))
    unpaid = exists().where(Claim.engagement_id == Survey.engagement_id, ~settled)
    paid = exists().where(Claim.engagement_id == Survey.engagement_id, Claim.status == ClaimStatus.PAID)
    query = select(Answer.score).join(Survey, Survey.id == Answer.survey_id).order_by(Answer.score)
    scores = db.session.scalars(
        query.where(_rated(), Survey.provider_id == provider_id, paid, ~unpaid, Survey.answered_at < month_start())
    )
    return [score for score in scores if score is not None]


def month_start() -> datetime:
    """The first moment of this month in the agency's zone: results come out in monthly batches."""
    local = clock.now().astimezone(clock.zone())
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0)


def _rated() -> ColumnElement[bool]:
    return (Survey.side == Side.SME) & Answer.score.is_not(None)
