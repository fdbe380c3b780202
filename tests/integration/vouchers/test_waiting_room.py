"""The waiting room: one place per company, an order nobody could choose, and tickets before all who come later."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError

from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, NotFound
from marketplace.programmes import queries as programmes
from marketplace.programmes.models import Call
from marketplace.vouchers import queries, service
from marketplace.vouchers.allocation import seed_hash
from marketplace.vouchers.waiting_room import draw, list_hash
from tests import business_time
from tests.factories.accounts import make_member, make_person, make_sme, sign_in_as
from tests.factories.programmes import earlier, make_call
from tests.factories.vouchers import make_application, make_draft

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def call() -> Call:
    """A call that opens in half an hour, so that its waiting room is open."""
    return make_call(opens_in=timedelta(minutes=30))


def enter(call: Call, companies: int) -> list[Actor]:
    waiting = [make_sme() for _number in range(companies)]
    for sme in waiting:
        service.enter_waiting_room(call.id, actor=sme)
    return waiting


def place_of(call: Call, sme: Actor) -> Any:
    assert sme.organisation_id is not None
    place = queries.find_place(call.id, sme.organisation_id)
    assert place is not None
    return place


def test_who_waits_gets_a_ticket_in_the_order_drawn_and_before_all_who_come_later(call: Call, clock: Any) -> None:
    waiting, late = enter(call, 5), make_sme()
    clock.advance(minutes=31)
    # The first submission draws, if the task at the opening was slower.
    later = make_application(call, late)
    room = programmes.find_waiting_room(call.id)
    assert room is not None
    places = [place_of(call, sme) for sme in waiting]
    seed = programmes.find_seed(call.id)
    assert seed is not None
    assert seed_hash(seed) == room.seed_hash
    ids = [place.id for place in places]
    assert room.list_hash == list_hash(ids)
    drawn = sorted(places, key=lambda place: place.ticket)
    assert [place.id for place in drawn] == draw(seed, ids)
    assert [place.position for place in drawn] == [1, 2, 3, 4, 5]
    assert later.ticket is not None
    assert later.ticket > drawn[-1].ticket


def test_a_room_in_which_nobody_waited_is_drawn_too(call: Call, clock: Any) -> None:
    clock.advance(minutes=31)
    assert make_application(call).ticket is not None
    room = programmes.find_waiting_room(call.id)
    assert room is not None
    assert room.list_hash == list_hash([])


def test_the_draw_happens_once(call: Call, clock: Any) -> None:
    (sme,) = enter(call, 1)
    clock.advance(minutes=31)
    service.draw_waiting_room(call.id, actor=SYSTEM)
    ticket = place_of(call, sme).ticket
    service.draw_waiting_room(call.id, actor=SYSTEM)
    assert place_of(call, sme).ticket == ticket


def test_the_companys_application_uses_its_ticket_once(call: Call, clock: Any) -> None:
    waiting = enter(call, 2)
    clock.advance(minutes=31)
    make_application(call)
    for sme in waiting:
        assert make_application(call, sme).ticket == place_of(call, sme).ticket
    sme = waiting[0]
    assert sme.organisation_id is not None
    first = queries.find_live_application(call.id, sme.organisation_id)
    assert first is not None
    with pytest.raises(IntegrityError, match="used once"), db.session.begin_nested():
        statement = text("UPDATE waiting_places SET application_id = NULL WHERE application_id = :id")
        db.session.execute(statement, {"id": first.id})
    service.withdraw(first.id, actor=sme)
    again = make_application(call, sme)
    assert (again.ticket or 0) > max(place_of(call, one).ticket for one in waiting)


def test_nobody_enters_twice_nor_early_nor_late(call: Call, clock: Any) -> None:
    (sme,) = enter(call, 1)
    with pytest.raises(IntegrityError, match="uq_waiting_places"), db.session.begin_nested():
        service.enter_waiting_room(call.id, actor=sme)
    with earlier(minutes=31), pytest.raises(DomainError, match="not open yet"):
        service.enter_waiting_room(call.id, actor=make_sme())
    clock.advance(minutes=31)
    late = make_sme()
    with pytest.raises(DomainError, match="call is open"):
        service.enter_waiting_room(call.id, actor=late)
    statement = text(
        "INSERT INTO waiting_places (call_id, organisation_id, entered_by, entered_at)"
        " VALUES (:call, :company, :person, app_now())"
    )
    values = {"call": call.id, "company": late.organisation_id, "person": late.person_id}
    with pytest.raises(IntegrityError, match="waiting room is closed"), db.session.begin_nested():
        db.session.execute(statement, values)


def test_only_a_signatory_with_a_confirmed_address_enters(call: Call) -> None:
    sme = make_sme()
    with pytest.raises(Forbidden):
        service.enter_waiting_room(call.id, actor=make_member(sme, Role.PREPARER))
    person, disabled = make_person(), make_sme()
    person.status, person.disabled_at = "disabled", business_clock.now()
    with pytest.raises(Forbidden, match="Confirm"):
        service.enter_waiting_room(call.id, actor=replace(disabled, person_id=person.id))
    with pytest.raises(NotFound):
        service.enter_waiting_room(make_call().id, actor=sme)


def test_the_seed_is_sealed_until_the_opening(call: Call, clock: Any) -> None:
    # Business time of the process alone does not open it: the database looks at its own.
    ahead: Callable[[], None] = lambda: business_time.ahead(timedelta(minutes=31))  # noqa: E731
    enter(call, 1)
    assert db.session.scalar(text("SELECT count(*) FROM waiting_room_seeds")) == 0
    ahead()
    with pytest.raises(DomainError, match="in a moment"):
        service.draw_waiting_room(call.id, actor=SYSTEM)
    clock.advance(minutes=31)
    assert programmes.find_seed(call.id) is not None
    assert db.session.execute(text("UPDATE waiting_room_seeds SET seed = repeat('0', 64)")).rowcount == 0  # type: ignore[attr-defined]
    assert db.session.execute(text("DELETE FROM waiting_room_seeds")).rowcount == 0  # type: ignore[attr-defined]
    with pytest.raises(ProgrammingError, match="row-level security"), db.session.begin_nested():
        db.session.execute(
            text("INSERT INTO waiting_room_seeds (call_id, seed) VALUES (:id, repeat('0', 64))"), {"id": call.id}
        )


def test_a_place_keeps_its_ticket_and_a_room_its_draw(call: Call, clock: Any) -> None:
    enter(call, 1)
    clock.advance(minutes=31)
    service.draw_waiting_room(call.id, actor=SYSTEM)
    for statement in (
        "UPDATE waiting_places SET ticket = ticket + 1",
        "UPDATE waiting_places SET position = position + 1",
        "UPDATE waiting_places SET ticket = NULL, position = NULL",
        "UPDATE waiting_places SET organisation_id = gen_random_uuid()",
        "UPDATE waiting_rooms SET list_hash = 'other'",
        "DELETE FROM waiting_rooms",
    ):
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(text(statement))
    with pytest.raises(ProgrammingError, match="permission denied"), db.session.begin_nested():
        db.session.execute(text("DELETE FROM waiting_places"))


def test_nobody_submits_before_the_opening(call: Call) -> None:
    (sme,) = enter(call, 1)
    with pytest.raises(DomainError, match="does not take applications"):
        make_draft(call, sme)


def test_after_the_call_has_closed_the_waiting_room_says_so(client: FlaskClient, call: Call, clock: Any) -> None:
    waiting, other = enter(call, 1)[0], make_sme()
    clock.advance(minutes=31)
    make_application(call, other)  # the order is drawn
    address = f"/calls/{call.id}/waiting-room?lang=en"
    assert "You can still apply" in client.get(address).text
    assert ">Apply</a>" in sign_in_as(client, waiting).get(address).text
    clock.advance(days=400)
    sign_in_as(client, waiting)
    assert ">Apply</a>" not in client.get(address).text
    for page in (client.get(address).text, sign_in_as(client, make_sme()).get(address).text):
        assert "You can still apply" not in page
    assert "This call takes no more applications." in page
