"""What a change of credentials ends, whom it tells, and how it is taken back. ASVS 6.3.7, 7.4.3."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from marketplace.accounts import passwords, queries, service
from marketplace.accounts.models import Person, Token
from marketplace.accounts.states import TokenPurpose
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import DomainError
from marketplace.notifications.models import Message
from marketplace.notifications.rendering import render
from tests.conftest import MovableClock
from tests.factories.accounts import PASSWORD, make_person, make_sme, sign_in_as

pytestmark = pytest.mark.usefixtures("valkey")

NEW_PASSWORD = "nine kites over water"
THIRD_PASSWORD = "four red lanterns hang"


def mails(template: str, address: str) -> list[Message]:
    """The mails of this kind to an address, the oldest first."""
    query = select(Message).where(Message.template == f"accounts/{template}", Message.address == address)
    return list(db.session.scalars(query.order_by(Message.queued_at, Message.id)))


def secret_of(template: str, address: str) -> str:
    """The secret in the newest of them."""
    return str(mails(template, address)[-1].data["token"])


def person_of(actor: Actor) -> Person:
    assert actor.person_id is not None
    return db.session.get_one(Person, actor.person_id, populate_existing=True)


def move_to(client: FlaskClient, actor: Actor, email: str) -> None:
    """Change the address as its owner does, or whoever sits in the owner's session."""
    sign_in_as(client, actor)
    client.post("/account/email", data={"email": email})
    link = f"/account/email/{secret_of('change_email', email)}"
    assert client.post(link, data={}).status_code == 303


@pytest.fixture
def sme(database: object) -> Actor:
    return make_sme(person=make_person("Kim Jiyoon", email="old@example.com"))


@pytest.mark.parametrize("changed", ["email", "password"])
def test_a_change_ends_every_link_and_every_other_session(
    client: FlaskClient, sme: Actor, changed: str, clock: MovableClock
) -> None:
    elsewhere = sign_in_as(client.application.test_client(), sme)
    assert elsewhere.get("/account").status_code == 200
    sign_in_as(client, sme)
    reset, confirm = service.ask_for_new_password("old@example.com"), service.send_confirmation(person_of(sme))
    other_address = service.ask_for_new_email(actor=sme, email="other@example.com")
    if changed == "email":
        move_to(client, sme, "new@example.com")
    else:
        answer = client.post("/account/password", data={"current": PASSWORD, "password": NEW_PASSWORD})
        assert answer.status_code == 303
    assert client.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    for link in (f"new-password/{reset}", f"confirm/{confirm}", f"email/{other_address}"):
        assert client.post(f"/account/{link}", data={"password": THIRD_PASSWORD}).status_code in (409, 422), link
    assert not passwords.matches(person_of(sme).password_hash, THIRD_PASSWORD)


def test_the_database_ends_them_whoever_changes_the_password(client: FlaskClient, sme: Actor) -> None:
    sign_in_as(client, sme)
    service.ask_for_new_password("old@example.com")
    person_of(sme).password_hash = passwords.hashed(NEW_PASSWORD)
    assert client.get("/account").status_code == 302
    assert not db.session.scalars(select(Token).where(Token.used_at.is_(None))).all()


def test_the_old_and_the_new_address_are_told(client: FlaskClient, sme: Actor) -> None:
    move_to(client, sme, "new@example.com")
    (told,) = mails("email_changed", "old@example.com")
    assert len(mails("email_in_use", "new@example.com")) == 1
    assert not mails("email_changed", "new@example.com"), "a thief's mailbox gets no link"
    for locale in ("ko", "en"):
        for template in ("email_changed", "password_changed", "email_in_use", "taken_back", "address_reserved"):
            assert render(f"accounts/{template}", locale=locale, base_url="", data=told.data).body


def test_the_owner_takes_back_what_a_thief_changed_step_by_step(client: FlaskClient, sme: Actor) -> None:
    """Who got into a session and knows the password changes first that, then the address, twice."""
    sign_in_as(client, sme)
    client.post("/account/password", data={"current": PASSWORD, "password": NEW_PASSWORD})
    move_to(client, sme, "thief@example.com")
    move_to(client, sme, "thief2@example.com")
    link = f"/account/take-back/{secret_of('email_changed', 'old@example.com')}"
    assert client.get(link).status_code == 200
    assert person_of(sme).email == "thief2@example.com", "looking changes nothing"
    assert client.post(link, data={"password": NEW_PASSWORD}).status_code == 422, "the thief's own password"
    assert person_of(sme).email == "thief2@example.com"
    back = client.post(link, data={"password": PASSWORD})
    assert back.status_code == 303
    assert person_of(sme).email == "old@example.com"
    assert client.get("/account").status_code == 302, "the thief is out"
    signing_in = {"email": "old@example.com", "password": NEW_PASSWORD}
    assert client.post("/account/sign-in", data=signing_in).status_code == 422
    assert client.post(back.location, data={"password": THIRD_PASSWORD}).status_code == 303
    assert client.post("/account/sign-in", data=signing_in | {"password": THIRD_PASSWORD}).status_code == 303
    later = f"/account/take-back/{secret_of('email_changed', 'thief@example.com')}"
    assert client.post(later, data={"password": PASSWORD}).status_code in (409, 422), "the thief can't answer in kind"
    assert len(mails("taken_back", "thief2@example.com")) == len(mails("taken_back", "old@example.com")) == 1


def test_an_old_mailbox_alone_takes_nothing_over(client: FlaskClient, sme: Actor) -> None:
    """Its owner moved away from it because somebody else reads it."""
    link = f"/account/new-password/{service.ask_for_new_password('old@example.com')}"
    move_to(client, sme, "new@example.com")
    assert client.post(link, data={"password": NEW_PASSWORD}).status_code in (409, 422)
    assert service.ask_for_new_password("old@example.com") is None
    back = f"/account/take-back/{secret_of('email_changed', 'old@example.com')}"
    for guess in (NEW_PASSWORD, "", "old@example.com"):
        assert client.post(back, data={"password": guess}).status_code == 422
    assert person_of(sme).email == "new@example.com"
    assert passwords.matches(person_of(sme).password_hash, PASSWORD)


def test_guessing_the_password_of_a_link_is_limited(client: FlaskClient, sme: Actor) -> None:
    move_to(client, sme, "new@example.com")
    back = f"/account/take-back/{secret_of('email_changed', 'old@example.com')}"
    for _try in range(5):
        client.post(back, data={"password": THIRD_PASSWORD})
    assert client.post(back, data={"password": PASSWORD}).status_code in (422, 429)
    assert person_of(sme).email == "new@example.com"


def test_a_change_can_be_taken_back_for_a_week(client: FlaskClient, sme: Actor, clock: MovableClock) -> None:
    move_to(client, sme, "new@example.com")
    secret = secret_of("email_changed", "old@example.com")
    clock.advance(days=7, minutes=1)
    with pytest.raises(DomainError):
        service.take_back(secret, password=PASSWORD)


def test_nobody_else_gets_the_old_address_while_it_can_be_taken_back(
    client: FlaskClient, sme: Actor, clock: MovableClock
) -> None:
    move_to(client, sme, "new@example.com")
    form = {"name": "Thief", "email": "old@example.com", "password": NEW_PASSWORD, "locale": "en"}
    assert client.post("/account/sign-up", data=form).location == "/account/check-your-mail"
    assert queries.find_person_by_email("old@example.com") is None
    assert len(mails("address_reserved", "old@example.com")) == 1
    invited = service.invite("old@example.com", actor=make_sme(), role=Role.PREPARER, locale="en")
    with pytest.raises(DomainError), db.session.begin_nested():
        service.accept_invitation_as_new(invited, name="Thief", password=NEW_PASSWORD, locale="en")
    assert service.ask_for_new_email(actor=make_sme(), email="old@example.com") is None
    assert service.ask_for_new_email(actor=sme, email="old@example.com"), "its owner may return"
    clock.advance(days=7, minutes=1)
    client.post("/account/sign-up", data=form)
    assert queries.find_person_by_email("old@example.com") is not None


def test_a_second_change_within_the_week_still_counts_from_before_the_first(sme: Actor, clock: MovableClock) -> None:
    for new in (NEW_PASSWORD, THIRD_PASSWORD):
        secret = service.ask_for_new_password("old@example.com")
        assert secret is not None
        service.reset_password(secret, password=new)
        clock.advance(days=2)
    taking = select(Token.data["password_hash"].astext).where(Token.purpose == TokenPurpose.TAKE_BACK)
    assert all(passwords.matches(kept, PASSWORD) for kept in db.session.scalars(taking))
    clock.advance(days=8)
    secret = service.ask_for_new_password("old@example.com")
    assert secret is not None
    service.reset_password(secret, password=PASSWORD + " now")
    newest = db.session.scalars(taking.order_by(Token.created_at.desc()).limit(1)).one()
    assert passwords.matches(newest, THIRD_PASSWORD)
