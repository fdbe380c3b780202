"""Asking evaluators to score the applications of a closed call, and somebody else where no score comes."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from sqlalchemy import func, insert, select

from marketplace.accounts import queries as accounts
from marketplace.accounts.service import notify_person
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record_all, transition
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, task
from marketplace.programmes import queries as programmes
from marketplace.programmes import scoring as usual_scoring
from marketplace.programmes.models import Call
from marketplace.vouchers import queries, rules
from marketplace.vouchers.models import Scoring
from marketplace.vouchers.scoring import Place, choose
from marketplace.vouchers.states import SCORING

# The next run of the hourly sweep goes on.
LAPSED_AT_ONCE = 500


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
    if not chosen:
        return 0
    # A call published before there was a last day froze none.
    terms = {**usual_scoring.on(clock.today()), **(call.scoring or {})}
    last_day = clock.today() + timedelta(days=terms["days"])
    usual = {"status": SCORING.initial, "last_day": last_day}
    rows = [
        {"id": uuid4(), "application_id": application_id, "evaluator_id": evaluator_id, **usual}
        for application_id, evaluator_id in chosen
    ]
    db.session.execute(insert(Scoring), rows)
    after = func.jsonb_build_object("after", func.jsonb_build_object("evaluator", Scoring.evaluator_id))
    made = select(Scoring.id, after).where(Scoring.id.in_([row["id"] for row in rows]))
    record_all(actor, "scoring.ask", Scoring.__tablename__, made)
    for evaluator_id in sorted({evaluator_id for _application_id, evaluator_id in chosen}, key=str):
        # Once a day: whoever is asked later about more, for another's conflict, hears of it too.
        key = f"{call.id}:{evaluator_id}:{clock.today():%Y%m%d}"
        notify_person(evaluator_id, "vouchers/scoring", key=key, call=call.title, last_day=last_day, path="/scorings")
    return len(chosen)


@task("chase_scorers", _("Remind evaluators, or ask others"), Queue.MONEY, every=timedelta(hours=1))
def chase_scorers(*, actor: Actor) -> int:
    """Ask others in place of evaluators whose last day is over, and remind those whose last day is near.

    How many scorings lapsed. Where nobody else is free the call waits in the officers' list until they appoint some.
    """
    rules.check_system(actor)
    over = queries.scorings_over(limit=LAPSED_AT_ONCE)
    for scoring in over:
        transition(scoring, SCORING, "lapse", actor=actor)
    db.flush()
    for call_id in sorted({scoring.application.call_id for scoring in over}, key=str):
        ask_scorers(programmes.get_call(call_id), actor=actor)
    for call, evaluator_id, last_day, count in queries.scorers_to_remind():
        key = f"{call.id}:{evaluator_id}:{last_day}"
        told = {"call": call.title, "last_day": last_day, "count": count, "path": "/scorings"}
        notify_person(evaluator_id, "vouchers/scoring_reminder", key=key, **told)
    return len(over)


def ask_more_scorers(call: Call, *, actor: Actor) -> int:
    """Ask again, by an officer, once evaluators were appointed; how many places were filled.

    DomainError where no evaluator is missing and when nobody could be asked.
    """
    rules.check_officer(actor)
    rules.check_scorers_missing(queries.shortage(call.id).places)
    asked = ask_scorers(call, actor=actor)
    rules.check_somebody_asked(asked)
    return asked
