"""Sign-in, sessions and the limits on guessing. ASVS 6.3.1, 7.2.4, 7.3.1, 7.3.2, 7.4.1, 7.4.2, 7.5.2, 3.7.2, 16.5.3."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from werkzeug.test import TestResponse

from marketplace.accounts import queries, service
from marketplace.accounts.models import SignInSession
from marketplace.accounts.service.sessions import hashed
from marketplace.core import db
from marketplace.core.actors import Role
from tests.factories.accounts import PASSWORD, make_member, make_officer, make_person, make_sme, sign_in_as

pytestmark = pytest.mark.usefixtures("valkey")


def try_sign_in(client: FlaskClient, email: str, password: str = PASSWORD, **kwargs: str) -> TestResponse:
    return client.post("/account/sign-in", data={"email": email, "password": password}, **kwargs)


def cookie(client: FlaskClient) -> str:
    cookie = client.get_cookie("session")
    assert cookie is not None
    return cookie.value


def test_the_right_password_opens_a_session_in_the_only_role(client: FlaskClient) -> None:
    sme = make_sme()
    person = queries.get_person(sme.person_id)
    response = try_sign_in(client, person.email.upper())
    assert response.status_code == 303
    assert response.location == "/"
    (session,) = queries.open_sessions(person.id)
    assert session.membership_id == sme.membership_id
    assert client.get("/account").status_code == 200


def test_person_with_two_roles_chooses_one(client: FlaskClient) -> None:
    person = make_person()
    make_officer(Role.EVALUATOR, person=person)
    second = make_officer(Role.AUDITOR, person=person)
    response = try_sign_in(client, person.email)
    assert response.location == "/account/roles"
    assert client.get("/audit").status_code == 403
    before = cookie(client)
    response = client.post(f"/account/roles/{second.membership_id}")
    assert response.status_code == 303
    assert client.get("/audit").status_code == 200
    assert cookie(client) != before  # ASVS 7.2.4: another token with another role
    client.set_cookie("session", before)
    assert client.get("/account").status_code == 302


def test_nobody_acts_in_a_strangers_role(client: FlaskClient) -> None:
    stranger = make_officer(Role.ADMINISTRATOR)
    sign_in_as(client, make_sme())
    assert client.post(f"/account/roles/{stranger.membership_id}").status_code == 404


@pytest.mark.parametrize("wrong", ["address", "password"])
def test_wrong_address_and_wrong_password_get_the_same_answer(client: FlaskClient, wrong: str) -> None:
    person = make_person()
    email = "nobody@example.com" if wrong == "address" else person.email
    response = try_sign_in(client, email, PASSWORD if wrong == "address" else "three quiet rabbits walk")
    assert response.status_code == 422
    assert "The e-mail address or the password is wrong" in response.text or "비밀번호" in response.text
    assert not queries.open_sessions(person.id)


def test_five_failures_shut_the_account_for_everybody(client: FlaskClient) -> None:
    person = make_person()
    for _try in range(5):
        try_sign_in(client, person.email, "three quiet rabbits walk")
    response = try_sign_in(client, person.email)
    assert response.status_code in (422, 429)
    assert not queries.open_sessions(person.id)


def test_a_right_password_forgets_the_failures(client: FlaskClient) -> None:
    person = make_person()
    for _round in range(3):
        for _try in range(4):
            try_sign_in(client, person.email, "three quiet rabbits walk")
        assert try_sign_in(client, person.email).status_code == 303


def test_twenty_failures_shut_the_address(client: FlaskClient) -> None:
    for number in range(20):
        try_sign_in(client, f"guess{number}@example.com")
    person = make_person()
    assert try_sign_in(client, person.email).status_code in (422, 429)
    elsewhere = {"environ_base": {"REMOTE_ADDR": "192.0.2.7"}}
    assert try_sign_in(client, person.email, **elsewhere).status_code == 303


def test_the_count_ends_after_a_quarter_of_an_hour(client: FlaskClient, valkey: redis.Redis) -> None:
    try_sign_in(client, make_person().email, "three quiet rabbits walk")
    keys = valkey.keys("limit:*")
    assert len(keys) == 2
    assert all(0 < int(valkey.ttl(key)) <= 900 for key in keys)


@pytest.fixture
def dead_counters(app: Flask) -> Iterator[None]:
    app.extensions["sign_in_counters"] = redis.Redis(unix_socket_path="/nonexistent/valkey.sock")
    yield
    del app.extensions["sign_in_counters"]


@pytest.mark.usefixtures("dead_counters")
def test_sign_in_is_closed_while_tries_cannot_be_counted(client: FlaskClient) -> None:
    person = make_person()
    assert try_sign_in(client, person.email).status_code in (422, 503)
    assert not queries.open_sessions(person.id)


def test_sign_out_ends_the_session_in_the_database(client: FlaskClient) -> None:
    sme = make_sme()
    sign_in_as(client, sme)
    client.get("/account")
    stolen = cookie(client)
    assert client.post("/account/sign-out").status_code == 303
    client.set_cookie("session", stolen)
    assert client.get("/account").status_code == 302


def age(**columns: object) -> None:
    db.session.execute(update(SignInSession).values(**columns))


@pytest.mark.parametrize(("idle", "status"), [(29, 200), (31, 302)])
def test_a_session_ends_after_half_an_idle_hour(client: FlaskClient, idle: int, status: int) -> None:
    sign_in_as(client, make_sme())
    age(last_seen_at=func.now() - timedelta(minutes=idle))
    assert client.get("/account").status_code == status


def test_a_session_ends_after_twelve_hours_even_in_use(client: FlaskClient) -> None:
    sign_in_as(client, make_sme())
    (session,) = db.session.scalars(select(SignInSession).where(SignInSession.ended_at.is_(None)))
    assert session.expires_at - session.created_at == timedelta(hours=12)
    age(expires_at=func.now() - timedelta(seconds=1))
    assert client.get("/account").status_code == 302


def test_switching_roles_does_not_prolong_the_session(client: FlaskClient) -> None:
    person = make_person()
    first, second = make_officer(Role.EVALUATOR, person=person), make_officer(Role.AUDITOR, person=person)
    sign_in_as(client, first)
    ends = db.session.scalar(select(SignInSession.expires_at).where(SignInSession.ended_at.is_(None)))
    client.post(f"/account/roles/{second.membership_id}")
    assert db.session.scalar(select(SignInSession.expires_at).where(SignInSession.ended_at.is_(None))) == ends


@pytest.mark.usefixtures("real_database")
def test_using_a_session_keeps_it_alive(app: Flask) -> None:
    client = app.test_client()
    with app.app_context():
        sign_in_as(client, make_sme())
        age(last_seen_at=func.now() - timedelta(minutes=20))
        db.commit()
    assert client.get("/account").status_code == 200
    idle = select(func.now() - SignInSession.last_seen_at).where(SignInSession.ended_at.is_(None))
    assert db.session.scalar(idle) < timedelta(minutes=1)


def test_a_disabled_account_is_out_at_once(client: FlaskClient) -> None:
    sme = make_sme()
    sign_in_as(client, sme)
    service.disable_person(sme.person_id, actor=make_officer(Role.ADMINISTRATOR), reason="left")
    assert client.get("/account").status_code == 302
    assert try_sign_in(client, queries.get_person(sme.person_id).email).status_code in (409, 422)


def test_an_ended_role_gives_no_right_from_the_next_page_on(client: FlaskClient) -> None:
    signatory = make_sme()
    preparer = make_member(signatory, Role.PREPARER)
    sign_in_as(client, preparer)
    assert client.get("/companies/mine").status_code == 200
    service.end_membership(preparer.membership_id, actor=signatory)
    assert client.get("/companies/mine").status_code == 403
    assert client.get("/account").status_code == 200


def test_own_sessions_are_listed_and_ended_one_by_one(client: FlaskClient, app: Flask) -> None:
    sme = make_sme()
    elsewhere = sign_in_as(app.test_client(), sme)
    sign_in_as(client, sme)
    assert client.get("/account/sessions").status_code == 200
    assert elsewhere.get("/account").status_code == 200
    with client.session_transaction() as cookie_content:
        own = hashed(cookie_content["_user_id"])
    (other,) = (session for session in queries.open_sessions(sme.person_id) if session.token_hash != own)
    assert client.post(f"/account/sessions/{other.id}/end").status_code == 303
    assert [session.token_hash for session in queries.open_sessions(sme.person_id)] == [own]
    assert elsewhere.get("/account").status_code == 302


def test_a_strangers_session_cannot_be_ended(client: FlaskClient, app: Flask) -> None:
    stranger = make_sme()
    sign_in_as(app.test_client(), stranger)
    sign_in_as(client, make_sme())
    (session,) = queries.open_sessions(stranger.person_id)
    assert client.post(f"/account/sessions/{session.id}/end").status_code == 404
    assert queries.open_sessions(stranger.person_id)


def test_sign_out_everywhere_else(client: FlaskClient, app: Flask) -> None:
    sme = make_sme()
    elsewhere = sign_in_as(app.test_client(), sme)
    sign_in_as(client, sme)
    client.post("/account/sessions/end-others")
    assert client.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/account/sessions", "/account/sessions"),
        ("//evil.example", "/"),
        ("https://evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
    ],
)
def test_sign_in_leads_to_own_pages_only(client: FlaskClient, asked: str, led_to: str) -> None:
    sme = make_sme()
    email = queries.get_person(sme.person_id).email
    response = client.post(
        "/account/sign-in", query_string={"next": asked}, data={"email": email, "password": PASSWORD}
    )
    assert response.location == led_to


def test_a_second_factor_that_is_required_but_not_built_lets_nobody_in(
    client: FlaskClient, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = app.config["SETTINGS"].model_copy(update={"require_second_factor": True})
    monkeypatch.setitem(app.config, "SETTINGS", strict)
    person = make_person()
    assert try_sign_in(client, person.email).status_code in (409, 422)
    assert not queries.open_sessions(person.id)


def test_nothing_derived_from_a_password_is_kept_with_the_form(client: FlaskClient) -> None:
    from marketplace.core.web import UsedKey

    try_sign_in(client, make_person().email)
    assert db.session.scalars(select(UsedKey)).all() == []
    assert 'name="key"' not in client.get("/account/sign-in").text
