"""Reads of scoring: who scores what, what is still open, and the points an application got."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Membership
from marketplace.core.actors import Actor, Role
from marketplace.core.db import session
from marketplace.core.errors import NotFound
from marketplace.programmes.models import Call
from marketplace.vouchers.models import Application, Evidence, Score, Scoring
from marketplace.vouchers.scoring import proved, scorers_needed


def scorings_of(actor: Actor) -> Select[Scoring]:
    """What this evaluator scores; nothing of what was refused for a conflict."""
    found = select(Scoring).options(joinedload(Scoring.application).joinedload(Application.call))
    return found.where(Scoring.evaluator_id == actor.person_id, Scoring.status != "refused")


def get_scoring(scoring_id: UUID, *, actor: Actor, lock: bool = False) -> Scoring:
    """The scoring if it is this evaluator's; NotFound otherwise."""
    found = scorings_of(actor).where(Scoring.id == scoring_id)
    if lock:
        found = found.with_for_update(of=Scoring).execution_options(populate_existing=True)
    scoring = session.scalars(found).one_or_none()
    if scoring is None or actor.role is not Role.EVALUATOR:
        raise NotFound()
    return scoring


def unscored(call: Call, *, status: Sequence[str] = ("scored",)) -> Sequence[Application]:
    """Accepted applications of the call that have too few scorings in these statuses, in ticket order."""
    count = select(func.count()).where(Scoring.application_id == Application.id, Scoring.status.in_(status))
    return session.scalars(
        select(Application)
        .where(
            Application.call_id == call.id,
            Application.status == "accepted",
            count.scalar_subquery() < scorers_needed(call),
        )
        .order_by(Application.ticket)
    ).all()


def live_scorings(application_id: UUID) -> int:
    """How many evaluators score the application, leaving out who refused for a conflict."""
    count = select(func.count()).where(Scoring.application_id == application_id, Scoring.status != "refused")
    return session.scalar(count) or 0


def free_scorers(application: Application) -> list[UUID]:
    """Evaluators who could score the application, the least loaded first; none asked before or of the company."""
    asked = set(session.scalars(select(Scoring.evaluator_id).where(Scoring.application_id == application.id)))
    company = select(Membership.person_id).where(Membership.organisation_id == application.organisation_id)
    barred = asked | set(session.scalars(company))
    free = [person.id for person in accounts.people_with_role(Role.EVALUATOR) if person.id not in barred]
    open_ones = Scoring.status.in_(("assigned", "accepted"))
    counted = select(Scoring.evaluator_id, func.count()).where(open_ones).group_by(Scoring.evaluator_id)
    load = {row[0]: row[1] for row in session.execute(counted)}
    return sorted(free, key=lambda person_id: (load.get(person_id, 0), str(person_id)))


def points_of(call: Call) -> dict[UUID, dict[str, Any]]:
    """By application of the call: the points of each scorer by criterion, and the certificates that are proved."""
    found: dict[UUID, dict[str, Any]] = {}
    scorers: dict[UUID, dict[str, int]] = {}
    rows = session.execute(
        select(Scoring.application_id, Score.scoring_id, Score.criterion, Score.points)
        .join(Scoring, Scoring.id == Score.scoring_id)
        .join(Application, Application.id == Scoring.application_id)
        .where(Application.call_id == call.id)
        .order_by(Score.scoring_id, Score.criterion)
    )
    for application_id, scoring_id, criterion, points in rows:
        of = found.setdefault(application_id, {"scorers": [], "certificates": []})
        if scoring_id not in scorers:
            scorers[scoring_id] = {}
            of["scorers"].append(scorers[scoring_id])
        scorers[scoring_id][criterion] = points
    kinds = select(Evidence.application_id, func.array_agg(Evidence.kind)).join(
        Application, Application.id == Evidence.application_id
    )
    for application_id, attached in session.execute(
        kinds.where(Application.call_id == call.id).group_by(Evidence.application_id)
    ):
        if application_id in found:
            found[application_id]["certificates"] = proved(attached)
    return found
