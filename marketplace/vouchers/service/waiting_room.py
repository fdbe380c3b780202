"""The verbs of a waiting room: a company enters once, the draw gives all who wait their tickets, each is used once."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select, text

from marketplace.accounts import queries as accounts
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor
from marketplace.core.audit import record
from marketplace.core.errors import NotFound
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, Subscription, task
from marketplace.programmes import events as programme_events
from marketplace.programmes import queries as programmes
from marketplace.vouchers import queries, rules
from marketplace.vouchers.models import Application, WaitingPlace
from marketplace.vouchers.waiting_room import draw, list_hash

# Every place gets its ticket in one statement, in the order drawn.
GIVE_TICKETS = text(
    """
    WITH tickets AS (SELECT nextval('application_tickets') AS ticket
                       FROM generate_series(1, cardinality(CAST(:places AS uuid[])))),
         numbered AS (SELECT ticket, row_number() OVER (ORDER BY ticket) AS position FROM tickets)
    UPDATE waiting_places SET ticket = numbered.ticket, position = numbered.position
      FROM unnest(CAST(:places AS uuid[])) WITH ORDINALITY AS drawn (id, position)
      JOIN numbered USING (position)
     WHERE waiting_places.id = drawn.id
    """
)


def enter_waiting_room(call_id: UUID, *, actor: Actor) -> WaitingPlace:
    """Take the company's one place before the call opens; the draw at the opening does not ask who came first."""
    rules.check_signatory(actor)
    assert actor.organisation_id is not None
    assert actor.person_id is not None
    call = programmes.get_call(call_id, actor=actor)
    room = programmes.find_waiting_room(call.id, hold=True)
    if room is None:
        raise NotFound()
    rules.check_waiting_room_open(call, room, clock.now())
    company, person = accounts.get_organisation(actor.organisation_id), accounts.get_person(actor.person_id)
    rules.check_verified(confirmed=person.may_sign_in, business_number=company.business_number)
    place = WaitingPlace(
        call_id=call.id,
        organisation_id=actor.organisation_id,
        entered_by=actor.person_id,
        entered_at=clock.now(),
    )
    db.session.add(place)
    db.flush()
    record(actor, "waiting_room.enter", place, after={"call": str(call.id)})
    return place


@task(
    "draw_waiting_room",
    _("Draw the order of a waiting room"),
    Queue.MONEY,
    on=[Subscription(programme_events.WAITING_ROOM_PREPARED, run_after="opens_at")],
)
def draw_waiting_room(call_id: UUID, *, actor: Actor) -> None:
    """Give everybody who waits a ticket, in an order drawn once; nobody gets one of this call before.

    By a task at the opening, or by the first submission, whichever comes first; the other finds it done.
    """
    rules.check_system(actor)
    room = programmes.find_waiting_room(call_id, lock=True)
    if room is None or room.drawn_at is not None:
        return
    seed = programmes.find_seed(call_id)
    rules.check_seed_open(seed)
    places = queries.place_ids(call_id)
    room.list_hash, room.drawn_at = list_hash(places), clock.now()
    db.session.execute(GIVE_TICKETS, {"places": draw(str(seed), places)})
    db.flush()
    record(actor, "waiting_room.draw", ("calls", call_id), after={"places": len(places), "list_hash": room.list_hash})


def take_ticket(application: Application) -> int:
    """The ticket that the company's place drew, once; otherwise the next one."""
    room = programmes.find_waiting_room(application.call_id)
    if room is not None:
        if room.drawn_at is None:
            draw_waiting_room(application.call_id, actor=SYSTEM)
        place = queries.find_place(application.call_id, application.organisation_id)
        if place is not None and place.ticket is not None and place.application_id is None:
            place.application_id = application.id
            return place.ticket
    return db.session.scalar(select(func.nextval("application_tickets"))) or 0
