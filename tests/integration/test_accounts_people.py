"""Sign-up, mailed links, passwords and profile. ASVS 6.2.1-6.2.9, 6.3.8, 6.4.1, 7.4.3, 7.5.1, 9.2.2."""

import re
from unicodedata import normalize

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from marketplace.accounts import queries, rules, service
from marketplace.accounts.models import Person, Token
from marketplace.core import clock, db
from marketplace.core.actors import Role
from marketplace.core.errors import DomainError
from marketplace.notifications.models import Message
from marketplace.notifications.rendering import render
from tests.conftest import MovableClock
from tests.factories.accounts import PASSWORD, make_officer, make_person, make_sme, sign_in_as

pytestmark = pytest.mark.usefixtures("valkey")

NEW = {"name": "Kim Jiyoon", "email": "Jiyoon@Example.com", "password": "seven boats at dawn", "locale": "en"}
OTHER_PASSWORD = "nine kites over water"


def mails(template: str) -> list[Message]:
    query = select(Message).where(Message.template == f"accounts/{template}").order_by(Message.queued_at, Message.id)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def newest_token(template: str) -> str:
    return str(mails(template)[-1].data["token"])


def test_sign_up_confirm_and_go_in(client: FlaskClient) -> None:
    assert client.post("/account/sign-up", data=NEW).location == "/account/check-your-mail"
    person = queries.find_person_by_email("jiyoon@example.com")
    assert person is not None
    assert person.status == "registered"
    token = newest_token("confirm_email")
    assert client.get(f"/account/confirm/{token}").status_code == 200  # mail scanners open links; only POST counts
    response = client.post(f"/account/confirm/{token}", data={"password": NEW["password"]})
    assert response.status_code == 303
    assert client.get("/account").status_code == 200
    again = client.post(f"/account/confirm/{token}", data={"password": NEW["password"]})
    assert again.status_code in (409, 422)


def test_a_known_address_gets_the_same_answer_and_its_account_stays(client: FlaskClient) -> None:
    known = make_person(email="jiyoon@example.com")
    fresh = client.post("/account/sign-up", data={**NEW, "email": "new@example.com"})
    taken = client.post("/account/sign-up", data=NEW)
    assert (taken.status_code, taken.location, taken.data) == (fresh.status_code, fresh.location, fresh.data)
    assert queries.get_person(known.id).name == known.name
    assert len(mails("already_registered")) == 1
    assert len(mails("confirm_email")) == 1


def test_the_link_alone_does_not_open_an_account_made_by_somebody_else(client: FlaskClient) -> None:
    client.post("/account/sign-up", data=NEW)
    link = f"/account/confirm/{newest_token('confirm_email')}"
    assert client.post(link, data={"password": OTHER_PASSWORD}).status_code == 422
    person = queries.find_person_by_email("jiyoon@example.com")
    assert person is not None
    assert person.status == "registered"
    assert client.post(link, data={"password": NEW["password"]}).status_code == 303  # the refused try did not spend it


def test_unconfirmed_people_get_a_new_link_instead_of_a_session(client: FlaskClient) -> None:
    client.post("/account/sign-up", data=NEW)
    response = client.post("/account/sign-in", data={"email": NEW["email"], "password": NEW["password"]})
    assert response.location == "/account/check-your-mail"
    assert client.get("/account").status_code == 302
    links = [f"/account/confirm/{message.data['token']}" for message in mails("confirm_email")]
    answers = [client.post(link, data={"password": NEW["password"]}).status_code for link in links]
    assert len(answers) == 2
    assert answers.count(303) == 1  # the older link ended


@pytest.mark.parametrize(
    "password",
    ["short", "elevenchars", "password1234", "Jiyoon@@2026", "x" * 129, "", "nul\x00 in the middle of it"],
)
def test_weak_passwords_are_refused_at_the_field(client: FlaskClient, password: str) -> None:
    response = client.post("/account/sign-up", data={**NEW, "password": password})
    assert response.status_code == 422
    assert 'id="password-error"' in response.text
    assert queries.find_person_by_email("jiyoon@example.com") is None


def test_every_way_to_a_password_knows_the_same_rule(client: FlaskClient) -> None:
    sme = make_sme("Hanbit Precision")
    person = queries.get_person(sme.person_id)
    invited = service.invite("new@example.com", actor=sme, role=Role.PREPARER, locale="en")
    asked = service.ask_for_new_password(person.email)
    for path, more in (
        ("/account/sign-up", NEW),
        (f"/account/invitation/{invited}", {"name": "New", "locale": "en"}),
        (f"/account/new-password/{asked}", {}),
    ):
        answer = client.post(f"{path}?lang=en", data={**more, "password": "voucher12345"})
        assert (path, answer.status_code, "Choose words that have nothing" in answer.text) == (path, 422, True)
    for link in (f"/account/invitation/{invited}", f"/account/new-password/{asked}"):
        answer = client.post(f"{link}?lang=en", data={"name": "New", "locale": "en", "password": "Hanbit!Hanbit!"})
        assert (answer.status_code, "your company" in answer.text) == (422, True), link
    sign_in_as(client, sme)
    answer = client.post("/account/password?lang=en", data={"current": PASSWORD, "password": "dkssudgktpdy"})
    assert (answer.status_code, "Korean keyboard" in answer.text) == (422, True)
    assert client.post("/account/password", data={"current": PASSWORD, "password": OTHER_PASSWORD}).status_code == 303


@pytest.mark.parametrize("password", ["세 마리 토끼가 달린다", "lower case letters only", "k7#vQ2pLw9zR"])
def test_long_plain_passwords_are_taken(client: FlaskClient, password: str) -> None:
    assert client.post("/account/sign-up", data={**NEW, "password": password}).status_code == 303


@pytest.mark.parametrize(
    "email",
    [
        "",
        "no-at-sign",
        "a@b",
        "a b@example.com",
        "x@example.com\nBcc: all@example.com",
        "é@example.com",
        "a@example.com\x00",
    ],
)
def test_addresses_that_mail_cannot_reach_are_refused(client: FlaskClient, email: str) -> None:
    response = client.post("/account/sign-up", data={**NEW, "email": email})
    assert response.status_code == 422
    assert db.session.scalar(select(func.count()).select_from(Person)) == 0
    assert mails("confirm_email") == []


def test_too_many_mails_to_one_account_are_refused(client: FlaskClient) -> None:
    make_person(email="jiyoon@example.com")
    answers = [client.post("/account/forgotten-password", data={"email": NEW["email"]}) for _try in range(4)]
    assert [answer.status_code for answer in answers[:3]] == [303, 303, 303]
    assert answers[3].status_code in (422, 429)
    assert len(mails("reset_password")) == 3


def test_reset_sets_the_password_once_and_ends_every_session(client: FlaskClient) -> None:
    sme = make_sme()
    email = queries.get_person(sme.person_id).email
    sign_in_as(client, sme)
    assert client.post("/account/forgotten-password", data={"email": email}).status_code == 303
    link = f"/account/new-password/{newest_token('reset_password')}"
    assert client.post(link, data={"password": OTHER_PASSWORD}).status_code == 303
    assert client.get("/account").status_code == 302
    assert client.post(link, data={"password": PASSWORD + " again"}).status_code in (409, 422)
    assert client.post("/account/sign-in", data={"email": email, "password": PASSWORD}).status_code == 422
    assert client.post("/account/sign-in", data={"email": email, "password": OTHER_PASSWORD}).status_code == 303
    assert len(mails("password_changed")) == 1


def test_reset_for_an_unknown_address_answers_the_same_and_mails_nobody(client: FlaskClient) -> None:
    known = client.post("/account/forgotten-password", data={"email": make_person().email})
    unknown = client.post("/account/forgotten-password", data={"email": "nobody@example.com"})
    assert (known.status_code, known.location, known.data) == (unknown.status_code, unknown.location, unknown.data)
    assert len(mails("reset_password")) == 1


@pytest.mark.parametrize("path", ["/account/sign-up", "/account/forgotten-password"])
def test_a_disabled_account_answers_a_stranger_the_same_and_its_owner_in_a_mail(client: FlaskClient, path: str) -> None:
    person = make_person(email="jiyoon@example.com", disabled_at=clock.now(), status="disabled")
    unknown = client.post(path, data={**NEW, "email": "nobody@example.com"})
    for _time in range(2):
        known = client.post(path, data={**NEW, "email": person.email})
        assert (known.status_code, known.location, known.data) == (unknown.status_code, unknown.location, unknown.data)
    assert [mail.address for mail in mails("disabled")] == ["jiyoon@example.com"], "once a day"
    assert mails("already_registered") == mails("reset_password") == []
    for locale, words in (("en", "ask the agency to open it again"), ("ko", "기관에 사용 재개를 요청")):
        assert words in render("accounts/disabled", locale=locale, base_url="", data=mails("disabled")[0].data).body


def test_a_link_from_before_an_account_was_disabled_says_so(client: FlaskClient) -> None:
    person = make_person()
    secret = service.ask_for_new_password(person.email)
    service.disable_person(person.id, actor=make_officer(Role.ADMINISTRATOR), reason="left")
    answer = client.post(f"/account/new-password/{secret}?lang=en", data={"password": OTHER_PASSWORD})
    assert answer.status_code in (409, 422)
    assert "This account is disabled. Ask the agency to open it again" in answer.text


def test_an_invitation_to_a_disabled_account_says_whom_to_ask_and_works_once_it_is_open(client: FlaskClient) -> None:
    administrator, person = make_officer(Role.ADMINISTRATOR), make_person(email="jiyoon@example.com")
    secret = service.invite(person.email, actor=make_sme(), role=Role.PREPARER, locale="en")
    service.disable_person(person.id, actor=administrator, reason="left")
    link = f"/account/invitation/{secret}?lang=en"
    assert "Ask the agency to open it again" in client.get(link).text
    refused = client.post(link, data={"name": "New", "password": OTHER_PASSWORD, "locale": "en"})
    assert "Ask the agency to open it again" in refused.text
    with pytest.raises(DomainError, match=str(rules.DISABLED)), db.session.begin_nested():
        service.accept_invitation_as_new(secret, name="New", password=OTHER_PASSWORD, locale="en")
    service.restore_person(person.id, actor=administrator, reason="back")
    assert "Sign in to join" in client.get(link).text


@pytest.mark.parametrize("name", ["\u3164", "\u2800 \u200b", "\u00ad"])
def test_a_name_that_shows_nothing_is_not_taken(client: FlaskClient, name: str) -> None:
    answer = client.post("/account/sign-up?lang=en", data={**NEW, "name": name})
    assert (answer.status_code, "Enter “Your name”." in answer.text) == (422, True)


def test_an_address_and_a_name_are_kept_in_one_form(client: FlaskClient) -> None:
    typed = {"email": "ｊｉｙｏｏｎ＠Example\u200b.com", "name": normalize("NFD", "김지윤")}
    assert client.post("/account/sign-up", data={**NEW, **typed}).status_code == 303
    person = queries.find_person_by_email("jiyoon@example.com")
    assert person is not None
    assert person.name == "김지윤"


@pytest.mark.parametrize(
    ("phone", "status"),
    [
        *((phone, 303) for phone in ("02-123-4567", "０２\u2011１２３\u2013４５６７", "+1 650 253 0000", "")),
        *((phone, 422) for phone in ("call me", "12", "02-123-4567 / 031-123-4567")),
    ],
)
def test_a_telephone_number_can_be_dialled(client: FlaskClient, phone: str, status: int) -> None:
    sign_in_as(client, make_sme())
    facts = {"name": "Kim", "phone": phone, "locale": "en"}
    assert client.post("/account/profile", data=facts).status_code == status


def test_links_end_after_their_time(clock: MovableClock) -> None:
    secret = service.ask_for_new_password(make_person().email)
    assert secret is not None
    clock.advance(minutes=61)
    with pytest.raises(DomainError):
        service.reset_password(secret, password=OTHER_PASSWORD)


def test_a_link_for_one_purpose_serves_no_other(database: object) -> None:
    person = make_person()
    secret = service.ask_for_new_password(person.email)
    assert secret is not None
    with pytest.raises(DomainError):
        service.confirm_email(secret, password=PASSWORD)
    service.reset_password(secret, password=OTHER_PASSWORD)


def test_only_hashes_of_secrets_are_kept(database: object) -> None:
    secret = service.ask_for_new_password(make_person().email)
    kept = db.session.scalars(select(Token)).one()
    assert secret is not None
    assert len(secret) >= 32  # 192 bits
    assert secret not in (kept.hash, str(kept.data))


def test_unknown_used_and_expired_links_get_the_same_words(client: FlaskClient, clock: MovableClock) -> None:
    email = make_person().email
    used, expired = service.ask_for_new_password(email), None
    assert used is not None
    service.reset_password(used, password=OTHER_PASSWORD)
    expired = service.ask_for_new_password(email)
    clock.advance(hours=2)
    answers = {
        re.sub(r"<input[^>]*csrf[^>]*>|/account/new-password/[^\"?]*", "", response.text)
        for response in (
            client.post(f"/account/new-password/{secret}", data={"password": "four red lanterns hang"})
            for secret in (used, expired, "unknown")
        )
    }
    assert len(answers) == 1


def test_changing_the_password_needs_the_current_one_and_ends_other_sessions(client: FlaskClient) -> None:
    sme = make_sme()
    elsewhere = sign_in_as(client.application.test_client(), sme)
    sign_in_as(client, sme)
    wrong = client.post("/account/password", data={"current": OTHER_PASSWORD, "password": OTHER_PASSWORD})
    assert wrong.status_code == 422
    assert 'id="current-error"' in wrong.text
    right = client.post("/account/password", data={"current": PASSWORD, "password": OTHER_PASSWORD})
    assert right.status_code == 303
    assert client.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302


def test_guessing_the_current_password_inside_a_session_is_limited(client: FlaskClient) -> None:
    sign_in_as(client, make_sme())
    for _try in range(5):
        client.post("/account/password", data={"current": OTHER_PASSWORD, "password": OTHER_PASSWORD})
    answer = client.post("/account/password", data={"current": PASSWORD, "password": OTHER_PASSWORD})
    assert answer.status_code in (422, 429)


def test_a_new_address_counts_once_its_link_was_opened(client: FlaskClient) -> None:
    sme = make_sme()
    old = queries.get_person(sme.person_id).email
    sign_in_as(client, sme)
    answer = client.post("/account/email", data={"email": "new@example.com"})
    assert answer.status_code == 303
    assert queries.get_person(sme.person_id).email == old
    (mail,) = mails("change_email")
    assert mail.address == "new@example.com"
    client.post(f"/account/email/{mail.data['token']}", data={})
    assert queries.get_person(sme.person_id).email == "new@example.com"
    (told,) = mails("email_changed")
    assert told.address == old


def test_a_link_for_a_new_address_serves_its_owner_only(client: FlaskClient) -> None:
    sme, thief = make_sme(), make_sme()
    secret = service.ask_for_new_email(actor=sme, email="new@example.com")
    sign_in_as(client, thief)
    assert client.post(f"/account/email/{secret}", data={}).status_code in (409, 422)
    assert queries.find_person_by_email("new@example.com") is None


def test_profile_is_changed_and_the_language_follows(client: FlaskClient) -> None:
    sme = make_sme()
    sign_in_as(client, sme)
    answer = client.post("/account/profile", data={"name": "New Name", "phone": "02-123-4567", "locale": "ko"})
    assert answer.status_code == 303
    assert "lang=ko" in answer.headers["Set-Cookie"]
    person = queries.get_person(sme.person_id)
    assert (person.name, person.phone, person.locale) == ("New Name", "02-123-4567", "ko")


def test_fields_that_are_not_on_the_form_change_nothing(client: FlaskClient) -> None:
    sme = make_sme()
    sign_in_as(client, sme)
    before = queries.get_person(sme.person_id).password_hash
    more = {"status": "disabled", "email": "x@example.com", "password_hash": "x", "id": "x"}
    client.post("/account/profile", data={"name": "New Name", "phone": "", "locale": "en", **more})
    person = queries.get_person(sme.person_id)
    assert (person.status, person.password_hash) == ("confirmed", before)
    assert person.email != "x@example.com"


def test_administrators_disable_others_but_not_themselves(database: object) -> None:
    administrator, sme = make_officer(Role.ADMINISTRATOR), make_sme()
    with pytest.raises(DomainError):
        service.disable_person(administrator.person_id, actor=administrator, reason="x")
    service.disable_person(sme.person_id, actor=administrator, reason="left")
    assert queries.find_actor(sme.person_id, sme.membership_id) is None
    service.restore_person(sme.person_id, actor=administrator, reason="back")
    assert queries.find_actor(sme.person_id, sme.membership_id) == sme
