"""Reads of scoring: who scores what, what is still open, and the points an application got."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, ScalarSelect, Select, func, or_, select
from sqlalchemy.orm import joinedload

from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import NotFound
from marketplace.programmes.models import Call
from marketplace.programmes.states import CallStatus
from marketplace.vouchers.models import Application, Score, Scoring
from marketplace.vouchers.queries.certificates import counting, is_awaited
from marketplace.vouchers.states import ApplicationStatus, ScoringStatus

OPEN = (ScoringStatus.ASSIGNED, ScoringStatus.ACCEPTED)
LIVE = (*OPEN, "scored")
UNDECIDED = (ApplicationStatus.SUBMITTED, ApplicationStatus.IN_REVIEW)
# How many evaluators score each application of a call; null where vouchers are not given by score.
NEEDED = Call.scoring["scorers"].as_integer()

# A scoring that somebody waits for; to be used with its application and call.
WAITING = Scoring.status.in_(OPEN), Application.status == ApplicationStatus.ACCEPTED, Call.status == CallStatus.CLOSED


def scorings_of(actor: Actor, *, unscored: bool = False) -> Select[Scoring]:
    """What this evaluator scores, or has still to score; nothing of what was refused for a conflict."""
    application = joinedload(Scoring.application)
    query = select(Scoring).options(
        application.joinedload(Application.call), application.joinedload(Application.organisation)
    )
    own = query.where(Scoring.evaluator_id == actor.person_id, Scoring.status != ScoringStatus.REFUSED)
    return own.where(is_unscored()) if unscored else own


def is_unscored() -> ColumnElement[bool]:
    """Whether the evaluator has still to declare or to score."""
    return or_(Scoring.status == ScoringStatus.ASSIGNED, Scoring.status == ScoringStatus.ACCEPTED)


def get_scoring(scoring_id: UUID, *, actor: Actor, lock: bool = False) -> Scoring:
    """The scoring if it is this evaluator's; NotFound otherwise."""
    query = scorings_of(actor).where(Scoring.id == scoring_id)
    if lock:
        query = query.with_for_update(of=Scoring, key_share=True).execution_options(populate_existing=True)
    scoring = db.session.scalars(query).one_or_none()
    if scoring is None or actor.role is not Role.EVALUATOR:
        raise NotFound()
    return scoring


def scorings_over(*, limit: int) -> Sequence[Scoring]:
    """Open scorings whose last day is over, locked, the longest overdue first."""
    query = select(Scoring).join(Scoring.application).join(Application.call)
    query = query.where(*WAITING, Scoring.last_day < clock.today()).order_by(Scoring.last_day, Scoring.id).limit(limit)
    return db.session.scalars(query.with_for_update(of=Scoring, key_share=True, skip_locked=True)).all()


def scorers_to_remind() -> Sequence[Row[Call, UUID, date, int]]:
    """Evaluators whose last day is near: the call, the person, that day, how many applications wait for them."""
    near = Scoring.last_day - Call.scoring["reminder_days"].as_integer() <= clock.today()
    return db.session.execute(
        select(Call, Scoring.evaluator_id, Scoring.last_day, func.count())
        .join(Application, Application.call_id == Call.id)
        .join(Scoring, Scoring.application_id == Application.id)
        .where(*WAITING, near)
        .group_by(Call.id, Scoring.evaluator_id, Scoring.last_day)
    ).all()


def _too_few(statuses: Sequence[str]) -> tuple[ColumnElement[bool], ...]:
    """Accepted applications that have too few scorings in these statuses; to be used with their call."""
    return Application.status == ApplicationStatus.ACCEPTED, _given(statuses) < NEEDED


def _given(statuses: Sequence[str]) -> ScalarSelect[int]:
    count = select(func.count()).where(Scoring.application_id == Application.id, Scoring.status.in_(statuses))
    return count.scalar_subquery()


def unscored(call: Call) -> int:
    """How many accepted applications of the call still lack a score."""
    count = select(func.count()).select_from(Application).join(Application.call)
    return db.session.scalar(count.where(Call.id == call.id, *_too_few((ScoringStatus.SCORED,)))) or 0


def short_of_scorers(call_id: UUID) -> Sequence[Row[UUID, UUID, int]]:
    """Accepted applications of a call that too few evaluators score, in ticket order: id, company, how many lack."""
    lacking = NEEDED - _given(LIVE)
    return db.session.execute(
        select(Application.id, Application.organisation_id, lacking.label("places"))
        .join(Application.call)
        .where(Call.id == call_id, *_too_few(LIVE))
        .order_by(Application.ticket)
    ).all()


def calls_short_of_scorers() -> Select[Call, int, int]:
    """Closed calls that wait for evaluators nobody has asked yet: the call, applications concerned, places empty.

    While an officer has still to decide who is eligible, or a certificate is waited for, evaluators are not asked and
    none is missing.
    """
    undecided = select(Application.id).where(Application.call_id == Call.id, Application.status.in_(UNDECIDED))
    return (
        select(Call, func.count().label("applications"), func.sum(NEEDED - _given(LIVE)).label("places"))
        .join(Application, Application.call_id == Call.id)
        .where(Call.status == CallStatus.CLOSED, *_too_few(LIVE), ~undecided.correlate(Call).exists(), ~is_awaited())
        .group_by(Call.id)
        .order_by(Call.closes_at, Call.id)
    )


@dataclass(frozen=True)
class Shortage:
    """How many applications of a call lack evaluators that nobody has asked yet, and how many evaluators in all."""

    applications: int
    places: int


def shortage(call_id: UUID) -> Shortage:
    """The evaluators missing in a call; zeros where none is."""
    row = db.session.execute(calls_short_of_scorers().where(Call.id == call_id)).first()
    return Shortage(row[1], row[2]) if row else Shortage(0, 0)


def asked_before(call_id: UUID) -> set[tuple[UUID, UUID]]:
    """Application and evaluator of every scoring of a call, those refused for a conflict too."""
    rows = select(Scoring.application_id, Scoring.evaluator_id).join(Scoring.application)
    return {(row[0], row[1]) for row in db.session.execute(rows.where(Application.call_id == call_id))}


def open_scorings() -> dict[UUID, int]:
    """How many applications wait for each evaluator's score."""
    counted = select(Scoring.evaluator_id, func.count()).where(Scoring.status.in_(OPEN)).group_by(Scoring.evaluator_id)
    return {row[0]: row[1] for row in db.session.execute(counted)}


def scorers_of(call_id: UUID) -> Sequence[Row[UUID, date | None, int, int, int, int, int]]:
    """Who scores the applications of a call, by name of column: evaluator_id, last_day (the next one of what is open),
    and how many are to declare, to score, scored, refused for a conflict and lapsed; the nearest last day first.
    """

    def count(status: str) -> ColumnElement[int]:
        return func.count().filter(Scoring.status == status)

    last_day = func.min(Scoring.last_day).filter(Scoring.status.in_(OPEN))
    return db.session.execute(
        select(
            Scoring.evaluator_id,
            last_day.label("last_day"),
            count(ScoringStatus.ASSIGNED).label("to_declare"),
            count(ScoringStatus.ACCEPTED).label("to_score"),
            count(ScoringStatus.SCORED).label("scored"),
            count(ScoringStatus.REFUSED).label("refused"),
            count(ScoringStatus.LAPSED).label("lapsed"),
        )
        .join(Scoring.application)
        .where(Application.call_id == call_id)
        .group_by(Scoring.evaluator_id)
        .order_by(last_day, Scoring.evaluator_id)
    ).all()


def points_of(call: Call) -> dict[UUID, dict[str, Any]]:
    """By application of the call: the points of each scorer by criterion, and the certificates that count."""
    by_application: dict[UUID, dict[str, Any]] = {}
    scorers: dict[UUID, dict[str, int]] = {}
    rows = db.session.execute(
        select(Scoring.application_id, Score.scoring_id, Score.criterion, Score.points)
        .join(Scoring, Scoring.id == Score.scoring_id)
        .join(Application, Application.id == Scoring.application_id)
        .where(Application.call_id == call.id)
        .order_by(Score.scoring_id, Score.criterion)
    )
    for application_id, scoring_id, criterion, points in rows:
        of = by_application.setdefault(application_id, {"scorers": [], "certificates": []})
        if scoring_id not in scorers:
            scorers[scoring_id] = {}
            of["scorers"].append(scorers[scoring_id])
        scorers[scoring_id][criterion] = points
    for application_id, kinds in counting(call.id).items():
        if application_id in by_application:
            by_application[application_id]["certificates"] = kinds
    return by_application
