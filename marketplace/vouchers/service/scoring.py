"""The verbs of scoring: ask evaluators, declare a conflict or none, hand in scores with reasons."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor
from marketplace.core.audit import transition
from marketplace.programmes import queries as programmes
from marketplace.vouchers import queries, scoring
from marketplace.vouchers.models import Score, Scoring
from marketplace.vouchers.service.allocation import close_call
from marketplace.vouchers.service.asking import ask_scorers
from marketplace.vouchers.states import SCORING


def declare_conflict(scoring_id: UUID, *, actor: Actor, has_conflict: bool, statement: str) -> Scoring:
    """Declare a conflict or none, once for each application; with one, another evaluator is asked instead."""
    asked = queries.get_scoring(scoring_id, actor=actor, lock=True)
    if has_conflict:
        scoring.check_statement(statement)
        asked.statement = statement.strip()
    transition(asked, SCORING, "refuse" if has_conflict else "accept", actor=actor)
    db.flush()
    if has_conflict:
        ask_scorers(asked.application.call, actor=SYSTEM)
    return asked


def hand_in_scores(
    scoring_id: UUID, *, actor: Actor, points: Mapping[str, int | None], reasons: Mapping[str, str]
) -> Scoring:
    """Hand in points and a reason for every criterion, for good; with the last scoring of a call allocation begins."""
    asked = queries.get_scoring(scoring_id, actor=actor, lock=True)
    SCORING.move(asked.status, "score")
    # Of the last two at once the second waits here, and so sees that nothing is open any more.
    call = programmes.get_call(asked.application.call_id, lock=True)
    scoring.check_scores(call.scoring or {}, points, reasons)
    for criterion, given in points.items():
        db.session.add(
            Score(scoring_id=asked.id, criterion=criterion, points=given or 0, reason=reasons[criterion].strip())
        )
    transition(asked, SCORING, "score", actor=actor, points=dict(points))
    db.flush()
    if not queries.unscored(call):
        close_call(call.id, actor=SYSTEM)
    return asked
