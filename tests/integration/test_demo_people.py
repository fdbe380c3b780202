"""Playing people in the demo: one click signs in, other firms bid by themselves, and nothing lapses meanwhile."""

from datetime import date, timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session, scoped_session

from marketplace.accounts.models import Organisation
from marketplace.core import clock as business_clock
from marketplace.core import db, task_queue
from marketplace.core.actors import Role
from marketplace.demo import service
from marketplace.jobs import queries as jobs
from marketplace.providers import queries as providers
from tests import business_time
from tests.conftest import MovableClock
from tests.factories.accounts import make_officer, make_person, make_sme
from tests.factories.jobs import make_published_job
from tests.factories.providers import make_ready_provider

Database = scoped_session[Session]


def open_sessions(person_id: UUID | None) -> int:
    """How many sessions of a person are open."""
    query = text("SELECT count(*) FROM sessions WHERE person_id = :id AND ended_at IS NULL")
    return int(db.session.scalar(query, {"id": person_id}))


def test_one_click_makes_somebody_made_up(client: FlaskClient, database: Database) -> None:
    first, second = (
        make_officer(role, person=make_person(email=f"{role}@agency.example"))
        for role in (Role.AUDITOR, Role.EVALUATOR)
    )
    stranger = make_sme()
    assert client.get("/demo").text.count("/demo/sign-in/") == 2
    devices = set()
    client.set_cookie("lang", "ko")
    for officer in (first, second):
        assert client.post(f"/demo/sign-in/{officer.person_id}").location == "/"
        assert officer.name in client.get("/account").text
        assert client.get_cookie("lang").value == "ko", "of the visitor, not of the person"
        devices.add(client.get_cookie("device").value)
    assert len(devices) == 2, "the ethics checks ask about one device of two sides"
    assert client.post(f"/demo/sign-in/{stranger.person_id}").status_code == 404
    assert [open_sessions(actor.person_id) for actor in (first, second, stranger)] == [0, 1, 0]


def test_no_other_site_signs_anybody_in(app: Flask, client: FlaskClient, database: Database) -> None:
    officer = make_officer(Role.AUDITOR, person=make_person(email="auditor1@agency.example"))
    app.config["WTF_CSRF_ENABLED"] = True
    try:
        client.post(f"/demo/sign-in/{officer.person_id}")
    finally:
        app.config["WTF_CSRF_ENABLED"] = False
    assert not open_sessions(officer.person_id)


def test_two_other_firms_bid_for_a_visitors_job(client: FlaskClient, database: Database) -> None:
    firms = [make_ready_provider() for _ in range(4)]
    db.get(Organisation, firms[0].organisation_id).email = "office@firm.example"
    job_id = make_published_job(make_sme()).id
    assert str(job_id) in client.get("/demo/firms").text
    client.post(f"/demo/firms/{job_id}")
    assert len(jobs.live_bids(job_id)) == 2
    client.post(f"/demo/firms/{job_id}")
    bidders = {bid.provider_id for bid in jobs.live_bids(job_id)}
    assert bidders == {firm.organisation_id for firm in firms[1:]}, "the visitor bids for the firm of the tour"


def test_a_new_year_stops_no_firm(client: FlaskClient, database: Database, clock: MovableClock) -> None:
    make_officer(Role.PROGRAMME_OFFICER, person=make_person(email="programme2@agency.example"))
    firm = make_ready_provider()
    year = business_clock.today().year
    days = (date(year, 12, 31) - business_clock.today()).days
    try:
        client.post("/demo/clock", data={"span": f"{days + 1}d"})
        assert business_clock.today().year == year + 1
        standings = providers.standings_of(firm.organisation_id, business_clock.today())
        assert [obstacle for _id, _name, obstacle in standings] == [None] * len(standings)
        assert standings
    finally:
        business_time.come_back()


@pytest.mark.parametrize("off", [timedelta(days=20), timedelta(0)])
def test_time_stands_still_while_the_demo_is_off(database: Database, off: timedelta) -> None:
    task_queue.beat("worker")
    database.execute(text("UPDATE heartbeats SET beat_at = beat_at - :off"), {"off": off})
    before = business_clock.now()
    try:
        service.resume()
        assert abs(before - business_clock.now() - off) < timedelta(minutes=2)
        assert business_clock.now() >= before - off, "time never goes back"
    finally:
        business_time.come_back()
