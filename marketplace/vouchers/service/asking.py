"""Asking evaluators to score the applications of a closed call."""

from __future__ import annotations

from uuid import uuid4

from sqlalchemy import func, insert, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.service import notify_person
from marketplace.core import clock
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record_all
from marketplace.core.db import session
from marketplace.programmes import queries as programmes
from marketplace.programmes.models import Call
from marketplace.vouchers import queries, rules
from marketplace.vouchers.models import Scoring
from marketplace.vouchers.scoring import Place, choose
from marketplace.vouchers.states import SCORING


def ask_scorers(call: Call, *, actor: Actor) -> int:
    """Ask as many evaluators as each application needs, the least loaded first; how many were asked.

    Nobody is asked about a company they belong to or belonged to, nor again about one they refused. One asking at a
    time per call, so that no place is filled twice.
    """
    programmes.get_call(call.id, lock=True)
    places = [Place(row.id, row.organisation_id, row.places) for row in queries.short_of_scorers(call.id)]
    if not places:
        return 0
    evaluators = [person.id for person in accounts.people_with_role(Role.EVALUATOR)]
    chosen = choose(
        places,
        evaluators,
        load=queries.open_scorings(),
        asked=queries.asked_before(call.id),
        members=accounts.organisations_ever(evaluators),
    )
    if chosen:
        rows = [
            {"id": uuid4(), "application_id": application_id, "evaluator_id": evaluator_id, "status": SCORING.initial}
            for application_id, evaluator_id in chosen
        ]
        session.execute(insert(Scoring), rows)
        after = func.jsonb_build_object("after", func.jsonb_build_object("evaluator", Scoring.evaluator_id))
        made = select(Scoring.id, after).where(Scoring.id.in_([row["id"] for row in rows]))
        record_all(actor, "scoring.ask", Scoring.__tablename__, made)
    for evaluator_id in sorted({evaluator_id for _application_id, evaluator_id in chosen}, key=str):
        # Once a day: whoever is asked later about more, for another's conflict, hears of it too.
        key = f"scoring:{call.id}:{evaluator_id}:{clock.today():%Y%m%d}"
        notify_person(evaluator_id, "vouchers/scoring", key=key, call=call.title, path="/scorings")
    return len(chosen)


def ask_more_scorers(call: Call, *, actor: Actor) -> int:
    """Ask again, by an officer, once evaluators were appointed; how many places were filled.

    DomainError where no evaluator is missing and when nobody could be asked.
    """
    rules.check_officer(actor)
    rules.check_scorers_missing(queries.shortage(call.id).places)
    asked = ask_scorers(call, actor=actor)
    rules.check_somebody_asked(asked)
    return asked
