"""What was typed survives the end of its session: the form comes back filled in, to whoever opened it alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, text, update
from werkzeug.test import TestResponse
from wtforms.fields.core import UnboundField

from marketplace.accounts import queries as accounts
from marketplace.accounts.forms import PasswordField
from marketplace.accounts.models import SignInSession
from marketplace.core import db, kept
from marketplace.core.actors import Actor, Role
from marketplace.core.forms import Form
from marketplace.core.kept import KeptForm
from marketplace.jobs import service as jobs
from marketplace.vouchers import rules, service
from tests.factories.accounts import PASSWORD, make_member, make_sme
from tests.factories.jobs import make_text
from tests.factories.pages import OpenForm
from tests.factories.programmes import make_call
from tests.factories.vouchers import make_draft

LONG = ("Orders wait for weeks.\nWe want to know why, and what <others> do. " * 40).strip()
DECLARED = dict.fromkeys(rules.DECLARATIONS, "y")


@pytest.fixture(autouse=True)
def as_in_use(app: Flask, valkey: object) -> Iterator[None]:
    """With the tokens that forms bear in use."""
    app.config.update(WTF_CSRF_ENABLED=True, SEEN_REQUIRED=True)
    yield
    app.config.update(WTF_CSRF_ENABLED=False, SEEN_REQUIRED=False)


@pytest.fixture
def sme() -> Actor:
    return make_sme("Han River Tools")


@pytest.fixture
def need(sme: Actor) -> str:
    """The address of a draft's need."""
    return f"/applications/{make_draft(make_call(), sme).id}/need"


def email_of(actor: Actor) -> str:
    assert actor.person_id is not None
    return accounts.get_person(actor.person_id).email


def sign_in(client: FlaskClient, actor: Actor, page: str = "/account/sign-in") -> TestResponse:
    client.set_cookie("lang", "en")
    answer = OpenForm(client, page).send(email=email_of(actor), password=PASSWORD)
    assert answer.status_code == 303, answer.text
    return answer


def end_sessions(actor: Actor, how: str) -> None:
    past = func.now() - timedelta(days=1)
    db.session.execute(update(SignInSession).where(SignInSession.person_id == actor.person_id).values({how: past}))


def kept_forms() -> int:
    return db.session.scalar(select(func.count()).select_from(KeptForm)) or 0


@pytest.mark.parametrize("how", ["ended_at", "expires_at", "last_seen_at"])
def test_a_form_comes_back_filled_in_after_signing_in_again(client, sme, need, how) -> None:
    sign_in(client, sme)
    form = OpenForm(client, need)
    end_sessions(sme, how)
    answer = form.send(need=LONG)
    assert (answer.status_code, urlsplit(answer.location).path) == (303, "/account/sign-in")
    assert "the form comes back as you filled it in" in client.get(answer.location).text
    back = sign_in(client, sme, answer.location)
    again = OpenForm(client, back.location)
    assert again.fields["need"] == [LONG]
    assert "Nothing was sent yet" in again.page.text
    assert stored_need(need) == "Shorter delivery times."
    assert again.send().status_code == 303
    assert stored_need(need) == LONG
    assert kept_forms() == 0


def stored_need(address: str) -> str:
    number = address.split("/")[2]
    return db.session.scalar(text("SELECT need FROM applications WHERE id = :id"), {"id": number})


def test_signed_out_in_another_tab(client, sme, need) -> None:
    sign_in(client, sme)
    form = OpenForm(client, need)
    out = OpenForm(client, "/account")
    assert client.post("/account/sign-out", data=out.fields).status_code == 303
    answer = form.send(need=LONG)
    assert urlsplit(answer.location).path == "/account/sign-in"
    back = sign_in(client, sme, answer.location)
    assert "Orders wait for weeks." in client.get(back.location).text


def test_a_form_of_an_older_session_of_the_same_person(client, sme, need) -> None:
    sign_in(client, sme)
    form = OpenForm(client, need)
    end_sessions(sme, "ended_at")
    sign_in(client, sme)
    answer = form.send(need=LONG)
    assert answer.status_code == 303
    assert "Orders wait for weeks." in client.get(answer.location).text
    assert stored_need(need) == "Shorter delivery times."


def test_nobody_else_sees_it(client, sme, need) -> None:
    sign_in(client, sme)
    form = OpenForm(client, need)
    end_sessions(sme, "ended_at")
    answer = form.send(need=LONG)
    colleague = make_member(sme, Role.PREPARER)
    back = sign_in(client, colleague, answer.location)
    shown = client.get(back.location)
    assert shown.status_code == 200  # the page is theirs too, what was typed isn't
    assert "Orders wait" not in shown.text
    assert "Nothing was sent yet" not in shown.text


def test_what_somebody_else_sends_from_an_open_page_is_kept_for_nobody(client, sme, need) -> None:
    sign_in(client, sme)
    form = OpenForm(client, need)
    end_sessions(sme, "ended_at")
    sign_in(client, make_member(sme, Role.PREPARER))
    answer = form.send(need=LONG)
    assert (answer.status_code, kept_forms()) == (409, 0)
    assert "Somebody else opened this page" in answer.text


@pytest.mark.parametrize("token", ["", "forged", "ImFiYyI.Z0sXDA.ZmFrZQ"])
def test_without_a_session_that_was_valid_nothing_is_kept(client, sme, need, token) -> None:
    sign_in(client, sme)
    form = OpenForm(client, need)
    end_sessions(sme, "ended_at")
    assert form.send(need=LONG, csrf_token=token).status_code == 400
    assert kept_forms() == 0


def test_a_living_session_lends_its_name_to_nobody(client, sme, need, app) -> None:
    """Whoever comes by the token of a page can't write into that person's forms while they are at work."""
    sign_in(client, sme)
    form = OpenForm(client, need)
    assert app.test_client().post(need, data=form.fields | {"need": "Planted."}).status_code == 400
    assert kept_forms() == 0


def test_a_tick_that_binds_is_not_ticked_again(client, sme) -> None:
    sign_in(client, sme)
    draft = make_draft(make_call(), sme)
    form = OpenForm(client, f"/applications/{draft.id}/check")
    end_sessions(sme, "ended_at")
    back = sign_in(client, sme, form.send(**DECLARED).location)
    again = OpenForm(client, back.location)
    assert not set(DECLARED) & set(again.fields)
    assert again.send(**DECLARED).status_code == 303, (
        "what is ticked now counts, though its address still names the rest"
    )


def test_what_a_colleague_saved_in_between_is_not_overwritten(client, sme) -> None:
    sign_in(client, sme)
    job = jobs.draft_job(actor=sme, text=make_text(title="Old title"))
    form = OpenForm(client, f"/jobs/{job.id}/edit")
    end_sessions(sme, "ended_at")
    back = sign_in(client, sme, form.send(title="My title").location)
    weights = {"approach": 40, "experience": 20, "schedule": 20, "price": 20}
    jobs.edit_job(job.id, actor=sme, text=make_text(title="Their title"), weights=weights)
    answer = OpenForm(client, back.location).send()
    assert answer.status_code == 409
    assert "Their title" in answer.text
    assert "My title" in answer.text


def test_a_changed_role_is_named_and_the_way_back_keeps_the_text(client, sme, need) -> None:
    person = accounts.get_person(sme.person_id)
    other = make_sme("Mountain Foods", person=person)
    sign_in(client, sme)
    switch(client, sme.membership_id)
    form = OpenForm(client, need)
    switch(client, other.membership_id)
    answer = form.send(need=LONG)
    assert answer.status_code == 409
    for told in ("Han River Tools", "Mountain Foods", "Nothing was saved"):
        assert told in answer.text
    back = OpenForm(client, need, answer).send()
    again = OpenForm(client, back.location)
    assert "Orders wait for weeks." in again.page.text
    assert again.send().status_code == 303
    assert stored_need(need) == LONG


def switch(client: FlaskClient, membership_id: object) -> None:
    form = OpenForm(client, "/account/roles")
    assert client.post(f"/account/roles/{membership_id}", data=form.fields).status_code == 303


def test_signing_in_again_leads_into_the_role_of_the_form(client, sme, need) -> None:
    make_sme("Mountain Foods", person=accounts.get_person(sme.person_id))
    sign_in(client, sme)
    switch(client, sme.membership_id)
    form = OpenForm(client, need)
    end_sessions(sme, "ended_at")
    back = sign_in(client, sme, form.send(need=LONG).location)
    assert back.location.startswith(need)
    assert "Orders wait for weeks." in client.get(back.location).text


def test_passwords_and_tokens_are_not_kept(client, sme) -> None:
    sign_in(client, sme)
    form = OpenForm(client, "/account/email")
    end_sessions(sme, "ended_at")
    back = sign_in(client, sme, form.send(email="new@example.com", password="my other secret").location)
    page = client.get(back.location).text
    assert "new@example.com" in page
    assert "my other secret" not in page
    row = db.session.scalars(select(KeptForm)).one()
    opened = kept._cipher().decrypt(row.fields).decode()
    assert "new@example.com" in opened
    assert not any(secret in opened for secret in ("my other secret", "csrf_token"))
    assert b"example" not in row.fields


def test_every_field_of_a_password_is_known_as_a_secret() -> None:
    kinds = [Form]
    for kind in kinds:
        kinds += kind.__subclasses__()
    fields = [(name, field) for kind in kinds for name, field in vars(kind).items() if isinstance(field, UnboundField)]
    assert len(fields) > 100
    assert {name for name, field in fields if issubclass(field.field_class, PasswordField)} <= kept.SECRETS


def test_a_person_keeps_ten_forms_for_a_day_and_none_that_is_too_large(client, sme, clock) -> None:
    colleague = make_member(sme, Role.PREPARER)
    sign_in(client, colleague)
    theirs = OpenForm(client, f"/applications/{make_draft(make_call(), sme).id}/need")
    end_sessions(colleague, "ended_at")
    theirs.send(need=LONG)
    clock.advance(minutes=1)
    sign_in(client, sme)
    pages = [f"/applications/{make_draft(make_call(), sme).id}/need" for _number in range(kept.MOST + 1)]
    forms = [OpenForm(client, page) for page in pages]
    end_sessions(sme, "ended_at")
    answers = []
    for form in forms:
        answers.append(form.send(need=LONG))
        clock.advance(minutes=1)
    paths = set(db.session.scalars(select(KeptForm.path)))
    assert paths == {theirs.path, *pages[1:]}, "one's own oldest made way"
    too_large = forms[0].send(need="x" * kept.LARGEST)
    assert "next" not in parse_qs(urlsplit(too_large.location).query)
    assert kept_forms() == kept.MOST + 1
    address = parse_qs(urlsplit(answers[-1].location).query)["next"][0]
    kept.delete_old()
    assert kept_forms() == kept.MOST + 1
    clock.advance(hours=25)
    sign_in(client, sme)
    assert "Orders wait" not in client.get(address).text
    kept.delete_old()
    assert kept_forms() == 0


def test_of_one_form_the_newest_text_is_kept_beside_what_others_typed(client, sme, need) -> None:
    other = make_member(sme, Role.PREPARER)
    for person, texts in ((other, ["Theirs " * 20]), (sme, ["Older " * 20, LONG])):
        sign_in(client, person)
        form = OpenForm(client, need)
        end_sessions(person, "ended_at")
        answers = [form.send(need=text) for text in texts]
    assert kept_forms() == 2
    back = sign_in(client, sme, answers[-1].location)
    assert OpenForm(client, back.location).fields["need"] == [LONG]


@pytest.mark.parametrize("key", ["no-key", "of another page"])
def test_what_was_kept_for_another_page_is_not_shown(client, sme, need, key) -> None:
    sign_in(client, sme)
    form = OpenForm(client, need)
    end_sessions(sme, "ended_at")
    address = parse_qs(urlsplit(form.send(need=LONG).location).query)["next"][0]
    sign_in(client, sme)
    kept_key = key if key == "no-key" else parse_qs(urlsplit(address).query)["kept"][0]
    elsewhere = f"/applications/{make_draft(make_call(), sme).id}/need"
    shown = client.get(f"{elsewhere}?kept={kept_key}")
    assert (shown.status_code, "Orders wait" in shown.text) == (200, False)


def test_a_button_without_a_page_of_its_own_is_not_kept(client, sme) -> None:
    sign_in(client, sme)
    form = OpenForm(client, "/account/sessions")
    end_sessions(sme, "ended_at")
    answer = client.post("/account/sessions/end-others", data=form.fields)
    assert "kept" not in answer.location
    assert kept_forms() == 0


def test_a_page_that_refuses_shows_the_longer_texts_to_be_copied(client, sme, need) -> None:
    sign_in(client, sme)
    form = OpenForm(client, need)
    service.submit(UUID(need.split("/")[2]), actor=sme, declarations=set(rules.DECLARATIONS))
    answer = form.send(need=LONG, service_line="a-short-one")
    assert answer.status_code == 409
    assert "Orders wait for weeks." in answer.text
    assert form.fields["seen"][0] not in answer.text
    assert "a-short-one" not in answer.text, "it is quickly typed again"
