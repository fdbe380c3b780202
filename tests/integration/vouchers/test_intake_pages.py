"""Intake through its pages: the waiting room, the meter and its forecast, the pause, winding down, an offer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

from flask.testing import FlaskClient

from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Role
from marketplace.core.i18n import day as in_words
from marketplace.programmes import queries as programmes
from marketplace.programmes.models import Call
from marketplace.vouchers import service
from marketplace.vouchers.models import Application
from tests.factories.accounts import make_officer, make_sme, sign_in_as
from tests.factories.programmes import earlier, make_call
from tests.factories.vouchers import allocate_all, make_application
from tests.integration.vouchers.test_voucher_pages import post, read


def test_a_company_waits_and_sees_the_place_it_drew(client: FlaskClient, clock: Any) -> None:
    call, other = make_call(opens_in=timedelta(hours=2)), make_sme()
    room = f"/calls/{call.id}/waiting-room"
    assert "The waiting room opens on" in read(client, room)
    clock.advance(minutes=90)
    service.enter_waiting_room(call.id, actor=other)
    sign_in_as(client, make_sme())
    assert "Waiting room" in read(client, f"/calls/{call.id}")
    read(client, f"{room}/enter")
    assert post(client, f"{room}/enter") == room
    assert "You need to do nothing until" in read(client, room)
    again = client.post(f"{room}/enter", data={"key": str(uuid4())})
    assert (again.status_code, "already in the waiting room" in again.text) == (409, True)
    clock.advance(minutes=31)
    service.draw_waiting_room(call.id, actor=SYSTEM)
    html = read(client, room)
    assert "of 2" in html
    waiting_room = programmes.find_waiting_room(call.id)
    assert waiting_room is not None
    assert waiting_room.seed_hash in html
    assert str(programmes.find_seed(call.id)) in html
    listed = client.get(f"{room}?format=csv").text
    assert len(listed.strip().splitlines()) == 3


def test_the_meter_answers_in_figures_and_says_when_nothing_changed(client: FlaskClient) -> None:
    call = make_call(vouchers=2)
    path = f"/calls/{call.id}/meter?lang=en"
    first = client.get(path)
    assert first.json["percent"] == 100  # type: ignore[index]
    assert "24,000,000" in first.json["texts"]["meter"]  # type: ignore[index]
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    assert client.get(f"/calls/{make_call(published=False).id}/meter").status_code == 404


def test_the_forecast_follows_the_applications(client: FlaskClient) -> None:
    with earlier(days=3):
        call = make_call(vouchers=10, closes_in=timedelta(days=30))
    for day in (2, 1, 0):
        with earlier(days=day):
            make_application(call)
    # Three of ten in four days: what is left lasts ten days more.
    last = business_clock.today() + timedelta(days=10)
    assert f"until about {in_words(last)}" in read(client, f"/calls/{call.id}/outlook")


def test_an_officer_lets_a_paused_call_go_on(client: FlaskClient) -> None:
    call = make_call(vouchers=1, ceiling=100)
    make_application(call)
    service.watch_ceiling(call.id, actor=SYSTEM)
    assert "Intake is paused" in read(client, f"/calls/{call.id}")
    sign_in_as(client, make_sme())
    assert "Intake is paused" in read(client, f"/apply/{call.id}")
    sign_in_as(client, make_officer(Role.PROGRAMME_OFFICER))
    read(client, f"/calls/{call.id}/resume")
    post(client, f"/calls/{call.id}/resume", reason="More money comes.")
    assert db.session.query(Call).filter_by(id=call.id).one().status == "published"


def test_a_call_is_wound_down_and_its_money_returned(client: FlaskClient) -> None:
    call = make_call(vouchers=2)
    make_application(call)
    sign_in_as(client, make_officer(Role.PROGRAMME_OFFICER))
    assert "What becomes of those in flight" in read(client, f"/calls/{call.id}/wind-down")
    assert client.post(f"/calls/{call.id}/wind-down", data={"key": str(uuid4())}).status_code == 422
    post(client, f"/calls/{call.id}/wind-down", reason="The budget was cut.")
    service.end_applications(call.id, 1, actor=SYSTEM)
    html = read(client, f"/calls/{call.id}")
    assert "The budget was cut." in html
    assert "Vouchers stay valid until they expire." in html
    sign_in_as(client, make_officer(Role.BUDGET_OFFICER))
    assert "Unspent money of calls that are ending" in read(client, "/budget-lines")
    for line in programmes.budget_lines(call.id):
        read(client, f"/budget-lines/{line.id}/return")
        post(client, f"/budget-lines/{line.id}/return")
    assert programmes.unspent(call) == {}
    assert "Unspent money" not in read(client, "/budget-lines")


def test_a_signatory_answers_an_offer(client: FlaskClient) -> None:
    giver, sme, second = make_sme(), make_sme(), make_sme()
    with earlier(days=2):
        call = make_call(vouchers=1, closes_in=timedelta(days=1))
        given, first = make_application(call, giver), make_application(call, sme)
        last = make_application(call, second)
    allocate_all(call)
    assert given.voucher is not None
    service.surrender(given.voucher.id, actor=giver, key="back")
    service.offer_from_waitlist(call.id, actor=SYSTEM)
    sign_in_as(client, sme)
    assert "Offered vouchers to accept or decline" in read(client, "/")
    assert "is reserved for it" in read(client, f"/applications/{first.id}")
    read(client, f"/applications/{first.id}/offer/decline")
    post(client, f"/applications/{first.id}/offer/decline")
    read(client, f"/applications/{first.id}")
    assert client.get(f"/applications/{first.id}/offer/accept").status_code == 409
    service.offer_from_waitlist(call.id, actor=SYSTEM)
    sign_in_as(client, second)
    read(client, f"/applications/{last.id}/offer/accept")
    where = post(client, f"/applications/{last.id}/offer/accept")
    assert where.startswith("/vouchers/")
    read(client, where)
    assert db.session.query(Application).filter_by(id=last.id).one().status == "allocated"
