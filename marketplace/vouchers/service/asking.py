"""Asking evaluators to score the applications of a closed call."""

from __future__ import annotations

from marketplace.accounts.service import notify_person
from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.audit import record
from marketplace.core.db import session
from marketplace.programmes.models import Call
from marketplace.vouchers import queries
from marketplace.vouchers.models import Scoring
from marketplace.vouchers.scoring import scorers_needed

LIVE = ("assigned", "accepted", "scored")


def ask_scorers(call: Call, *, actor: Actor) -> int:
    """Ask as many evaluators as each application needs, the least loaded first; how many places stay empty.

    Nobody is asked about a company they belong to or belonged to, nor again about one they refused.
    """
    empty, asked = 0, set()
    for application in queries.unscored(call, status=LIVE):
        needed = scorers_needed(call) - queries.live_scorings(application.id)
        chosen = queries.free_scorers(application)[:needed]
        for evaluator_id in chosen:
            scoring = Scoring(application_id=application.id, evaluator_id=evaluator_id)
            session.add(scoring)
            db.flush()
            record(actor, "scoring.ask", scoring, after={"evaluator": str(evaluator_id)})
        asked |= set(chosen)
        empty += needed - len(chosen)
    for evaluator_id in sorted(asked, key=str):
        notify_person(
            evaluator_id, "vouchers/scoring", key=f"scoring:{call.id}:{evaluator_id}", call=call.title, path="/scorings"
        )
    return empty
