"""The verbs of a call: write it down, publish it, pause, close and end it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from sqlalchemy import insert

from config.intake import terms
from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import record, transition
from marketplace.core.errors import Invalid
from marketplace.core.i18n import Text, _
from marketplace.core.reasons import check_reason
from marketplace.core.tasks import announce
from marketplace.programmes import events, queries, rules, scoring
from marketplace.programmes.models import Call, CallSeed, WaitingRoom, WaitingRoomSeed
from marketplace.programmes.states import CALL, AllocationMethod, CallStatus
from marketplace.programmes.terms import Method

FIRST_COME = Method()
EMPTY: Text = {"ko": "", "en": ""}


def create_call(
    programme_id: UUID,
    *,
    actor: Actor,
    title: Text,
    opens_at: datetime,
    closes_at: datetime,
    description: Text = EMPTY,
    conditions: Text = EMPTY,
    intake_ceiling_percent: int | None = None,
    method: Method = FIRST_COME,
) -> Call:
    """Write a dated opening of a programme down as a draft; intake pauses at the ceiling, in per cent of the budget."""
    rules.check_officer(actor)
    programme = queries.get_programme(programme_id)
    rules.check_not_retired(programme)
    _check_dates(opens_at, closes_at)
    rules.check_method(method)
    call = Call(
        number=db.next_number("CALL"),
        programme=programme,
        title=dict(title),
        description=dict(description),
        conditions=dict(conditions),
        opens_at=opens_at,
        closes_at=closes_at,
        intake_ceiling_percent=intake_ceiling_percent,
        allocation_method=method.code,
        quota_by=method.quota_by,
        created_by=actor.person_id,
    )
    db.session.add(call)
    db.flush()
    record(actor, "call.create", call, after=_call_facts(call))
    return call


def change_call(
    call_id: UUID,
    *,
    actor: Actor,
    title: Text,
    opens_at: datetime,
    closes_at: datetime,
    description: Text = EMPTY,
    conditions: Text = EMPTY,
    intake_ceiling_percent: int | None = None,
    method: Method = FIRST_COME,
) -> Call:
    """Write a draft call's texts, dates, ceiling and method anew; a published call is frozen."""
    rules.check_officer(actor)
    _check_dates(opens_at, closes_at)
    rules.check_method(method)
    call = queries.get_call(call_id, lock=True)
    rules.check_draft(call)
    before = _call_facts(call)
    call.title, call.opens_at, call.closes_at = dict(title), opens_at, closes_at
    call.description, call.conditions = dict(description), dict(conditions)
    call.intake_ceiling_percent = intake_ceiling_percent
    if (method.code, method.quota_by) != (call.allocation_method, call.quota_by):
        call.allocation_method, call.quota_by, call.quotas = method.code, method.quota_by, {}
    db.flush()
    record(actor, "call.change", call, before=before, after=_call_facts(call))
    return call


def set_quotas(call_id: UUID, quotas: Mapping[str, int], *, actor: Actor) -> Call:
    """Say how many vouchers each stratum of a draft call has for itself; a quota of 0 is left out."""
    rules.check_officer(actor)
    call = queries.get_call(call_id, lock=True)
    rules.check_draft(call)
    rules.check_quotas(call, quotas)
    before = dict(call.quotas)
    call.quotas = {stratum: vouchers for stratum, vouchers in quotas.items() if vouchers}
    db.flush()
    record(actor, "call.set_quotas", call, before={"quotas": before}, after={"quotas": call.quotas})
    return call


def publish_call(call_id: UUID, *, actor: Actor) -> Call:
    """Publish a complete call; its rules and money are frozen, and its waiting room is prepared."""
    rules.check_officer(actor)
    call = queries.get_call(call_id, lock=True)
    rules.check_draft(call)
    shares = queries.cost_shares(call.programme_id)
    rules.check_complete(rules.missing_in_call(call, queries.budget_lines(call.id), shares, clock.now()))
    call.published_by = actor.person_id
    _freeze_method(call, actor)
    announce(events.CALL_PUBLISHED, call_id=call.id, closes_at=call.closes_at)
    if call.opens_at > clock.now():
        _prepare_waiting_room(call)
    return call


def _freeze_method(call: Call, actor: Actor) -> None:
    """Publish with what the method needs: criteria as they stand today, and a seed of which only the hash is shown."""
    seed = secrets.token_hex(32) if call.allocation_method != AllocationMethod.FIRST_COME else None
    if seed:
        call.seed_hash = sha256(seed.encode("ascii")).hexdigest()
    if call.allocation_method == AllocationMethod.SCORED:
        call.scoring = scoring.on(clock.today())
    transition(call, CALL, "publish", actor=actor, seed_hash=call.seed_hash)
    db.flush()
    if seed:
        db.session.execute(insert(CallSeed).values(call_id=call.id, seed=seed))


def _prepare_waiting_room(call: Call) -> None:
    """Seal the seed of the draw under its published hash; the draw itself follows at the opening."""
    seed = secrets.token_hex(32)
    before = timedelta(minutes=terms(clock.today()).waiting_room_minutes)
    seed_hash = sha256(seed.encode("ascii")).hexdigest()
    db.session.add(WaitingRoom(call_id=call.id, enter_from=call.opens_at - before, seed_hash=seed_hash))
    db.flush()
    db.session.execute(insert(WaitingRoomSeed).values(call_id=call.id, seed=seed))
    announce(events.WAITING_ROOM_PREPARED, call_id=call.id, opens_at=call.opens_at)


def close_call(call_id: UUID, *, actor: Actor) -> Call:
    """Seal the list of applications once the closing time has passed; a closed call stays as it is."""
    rules.check_officer_or_system(actor)
    call = queries.get_call(call_id, lock=True)
    if call.status in (CallStatus.PUBLISHED, CallStatus.PAUSED) and call.closes_at <= clock.now():
        transition(call, CALL, "close", actor=actor)
        db.flush()
    return call


def pause_call(call_id: UUID, *, actor: Actor, asked: int, ceiling: int) -> None:
    """Take no more applications: they ask for `asked` minor units, and the ceiling is `ceiling`."""
    rules.check_system(actor)
    call = queries.get_call(call_id, lock=True)
    transition(call, CALL, "pause", actor=actor, asked=asked, ceiling=ceiling)
    db.flush()


def resume_call(call_id: UUID, *, actor: Actor, asked: int, ceiling: int) -> None:
    """Take applications again: what they ask for fell below the ceiling."""
    rules.check_system(actor)
    call = queries.get_call(call_id, lock=True)
    transition(call, CALL, "resume", actor=actor, asked=asked, ceiling=ceiling)
    db.flush()


def lift_ceiling(call_id: UUID, *, actor: Actor, reason: str) -> Call:
    """Let a paused call take applications again by an officer's decision; its ceiling counts no more."""
    rules.check_officer(actor)
    check_reason(reason)
    call = queries.get_call(call_id, lock=True)
    transition(call, CALL, "resume", actor=actor, reason=reason)
    call.ceiling_lifted_at = clock.now()
    db.flush()
    return call


def wind_down(call_id: UUID, *, actor: Actor, reason: str) -> Call:
    """Begin the end of a call: nothing new from now on, while the rights of those in flight stand.

    Whoever is concerned above (applicants, holders of vouchers, firms at work) is answered and told in the background.
    """
    rules.check_officer(actor)
    check_reason(reason)
    call = queries.get_call(call_id, lock=True)
    call.winding_down_reason = reason.strip()
    transition(call, CALL, "wind_down", actor=actor, reason=reason)
    db.flush()
    announce(events.CALL_WINDING_DOWN, call_id=call.id)
    return call


def wind_up(call_id: UUID, *, actor: Actor) -> None:
    """End a call that is winding down and has no money in flight any more."""
    rules.check_system(actor)
    call = queries.get_call(call_id, lock=True)
    rules.check_nothing_in_flight(queries.meter(call).in_flight)
    transition(call, CALL, "wind_up", actor=actor)
    db.flush()


def _call_facts(call: Call) -> dict[str, object]:
    return {
        "title": call.title,
        "description": call.description,
        "conditions": call.conditions,
        "opens_at": call.opens_at,
        "closes_at": call.closes_at,
        "intake_ceiling_percent": call.intake_ceiling_percent,
        "method": call.allocation_method,
        "quota_by": call.quota_by,
    }


def _check_dates(opens_at: datetime, closes_at: datetime) -> None:
    if opens_at >= closes_at:
        raise Invalid(_("The call must close after it opens."), field="closes_at")
