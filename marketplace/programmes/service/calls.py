"""The verbs of a call: write it down, publish it, close it."""

from __future__ import annotations

import secrets
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import insert

from marketplace.core import clock, db, tasks
from marketplace.core.actors import Actor
from marketplace.core.audit import record, transition
from marketplace.core.db import session
from marketplace.core.errors import Invalid
from marketplace.core.i18n import Text, _
from marketplace.programmes import queries, rules, scoring
from marketplace.programmes.models import Call, CallSeed
from marketplace.programmes.states import CALL


def create_call(programme_id: UUID, *, actor: Actor, title: Text, opens_at: datetime, closes_at: datetime) -> Call:
    """Write a dated opening of a programme down as a draft."""
    rules.check_officer(actor)
    programme = queries.get_programme(programme_id)
    rules.check_not_retired(programme)
    _check_dates(opens_at, closes_at)
    call = Call(
        number=db.next_number("CALL"),
        programme=programme,
        title=dict(title),
        opens_at=opens_at,
        closes_at=closes_at,
        created_by=actor.person_id,
    )
    session.add(call)
    db.flush()
    record(actor, "call.create", call, after=_call_facts(call))
    return call


def change_call(call_id: UUID, *, actor: Actor, title: Text, opens_at: datetime, closes_at: datetime) -> Call:
    """Write a draft call's title and dates anew; a published call is frozen."""
    rules.check_officer(actor)
    _check_dates(opens_at, closes_at)
    call = queries.get_call(call_id, lock=True)
    rules.check_draft(call)
    before = _call_facts(call)
    call.title, call.opens_at, call.closes_at = dict(title), opens_at, closes_at
    db.flush()
    record(actor, "call.change", call, before=before, after=_call_facts(call))
    return call


def publish_call(call_id: UUID, *, actor: Actor) -> Call:
    """Publish a complete call; its rules and money are frozen, and its closing is scheduled."""
    rules.check_officer(actor)
    call = queries.get_call(call_id, lock=True)
    rules.check_draft(call)
    shares = queries.cost_shares(call.programme_id)
    rules.check_complete(rules.missing_in_call(call, queries.budget_lines(call.id), shares, clock.now()))
    call.published_by = actor.person_id
    _freeze_method(call, actor)
    tasks.schedule(tasks.Task.CLOSE_CALL, call.id, run_after=call.closes_at)
    return call


def _freeze_method(call: Call, actor: Actor) -> None:
    """Publish with what the method needs: criteria as they stand today, and a seed of which only the hash is shown."""
    seed = secrets.token_hex(32) if call.allocation_method != "first_come" else None
    if seed:
        call.seed_hash = sha256(seed.encode("ascii")).hexdigest()
    if call.allocation_method == "scored":
        call.scoring = scoring.on(clock.today())
    transition(call, CALL, "publish", actor=actor, seed_hash=call.seed_hash)
    db.flush()
    if seed:
        session.execute(insert(CallSeed).values(call_id=call.id, seed=seed))


def close_call(call_id: UUID, *, actor: Actor) -> Call:
    """Seal the list of applications once the closing time has passed; a closed call stays as it is."""
    call = queries.get_call(call_id, lock=True)
    if call.status == "published" and call.closes_at <= clock.now():
        transition(call, CALL, "close", actor=actor)
        db.flush()
    return call


def _call_facts(call: Call) -> dict[str, object]:
    return {"title": call.title, "opens_at": call.opens_at, "closes_at": call.closes_at}


def _check_dates(opens_at: datetime, closes_at: datetime) -> None:
    if opens_at >= closes_at:
        raise Invalid(_("The call must close after it opens."), field="closes_at")
