"""Pages that ask once more who is there. ASVS 7.2.4, 7.5.1, 7.5.3."""

import re
from collections.abc import Iterator
from types import CodeType

import pytest
from flask import Flask
from flask.testing import FlaskClient

from marketplace.accounts import invitations, queries
from marketplace.accounts.models import AGENCY_ID
from marketplace.core import auth
from marketplace.core.actors import Role
from tests.factories.accounts import PASSWORD, let_proof_age, make_officer, make_sme, sign_in_as
from tests.factories.pages import OpenForm

pytestmark = pytest.mark.usefixtures("valkey")

# How verbs and forms are called that change credentials, roles of the agency, bank details or payment batches.
GRAVE = re.compile(
    r"password|new_email|change_email|factor|passkey|recovery_code|(propose|bank|refund|confirm|agency)_account|Account(Form)?$"
    r"|batch|(approve|propose|refuse|end|change)_role|invit|(disable|restore)_person"
)
# Routes that use such a word and need no proof.
HARMLESS = {
    "accounts.change_role": "of one's own company",
    "accounts.invite_person": "to one's own company",
    "accounts.withdraw_invitation": "only takes back",
    "accounts.prove": "is the proof",
    "claims.assign_payments": "looks for the batch of a bank movement",
    "matching.invite": "invites a firm to bid",
    "providers.review": "the first account, looked at with the whole registration",
}


def names(code: CodeType) -> Iterator[str]:
    """Everything that a function names."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from names(constant)


def test_no_page_that_could_do_grave_harm_forgets_to_ask(app: Flask) -> None:
    asking, forgetful = set(), set()
    for rule in app.url_map.iter_rules():
        view, access = app.view_functions[rule.endpoint], auth.access_of(app, rule.endpoint)
        if "POST" in (rule.methods or ()) and access is not None and Role.VISITOR not in access:
            grave = any(map(GRAVE.search, [rule.endpoint, *names(view.__code__)]))
            (asking if auth.needs_proof(app, rule.endpoint) else forgetful if grave else set()).add(rule.endpoint)
    assert forgetful == set(HARMLESS)
    assert len(asking) > 15


@pytest.fixture
def tokens_asked(app: Flask) -> Iterator[None]:
    """Forms bear the tokens that they bear in use."""
    app.config.update(WTF_CSRF_ENABLED=True, SEEN_REQUIRED=True)
    yield
    app.config.update(WTF_CSRF_ENABLED=False, SEEN_REQUIRED=False)


def test_an_old_proof_is_asked_for_anew_and_leads_back(client: FlaskClient) -> None:
    sme = make_sme()
    sign_in_as(client, sme)
    assert client.get("/account/email").status_code == 200, "who has just signed in isn't asked again"
    let_proof_age(sme)
    assert client.get("/account").status_code == 200
    asked = client.get("/account/email?lang=en")
    assert asked.location == "/account/prove?next=/account/email?lang%3Den"
    before = client.get_cookie("session")
    wrong = client.post(asked.location, data={"password": "four red lanterns hang"})
    assert (wrong.status_code, 'id="password-error"' in wrong.text) == (422, True)
    assert client.get("/account/email").status_code == 302
    right = client.post(asked.location, data={"password": PASSWORD})
    assert (right.status_code, right.location) == (303, "/account/email?lang=en")
    assert client.get("/account/email").status_code == 200
    assert client.get_cookie("session") != before
    assert len(queries.open_sessions(sme.person_id)) == 1, "the cookie from before has ended"


def test_the_page_that_asks_leads_nobody_away(client: FlaskClient) -> None:
    sign_in_as(client, make_sme())
    answer = client.post("/account/prove?next=//evil.example", data={"password": PASSWORD})
    assert answer.location == "/account"


def test_who_may_not_see_a_page_is_not_asked_for_a_proof_first(client: FlaskClient) -> None:
    sme = make_sme()
    sign_in_as(client, sme)
    let_proof_age(sme)
    assert client.get("/people/invite").status_code == 403


def test_guessing_a_password_at_the_proof_is_limited(client: FlaskClient) -> None:
    sme = make_sme()
    sign_in_as(client, sme)
    let_proof_age(sme)
    for _try in range(5):
        client.post("/account/prove", data={"password": "four red lanterns hang"})
    assert client.post("/account/prove", data={"password": PASSWORD}).status_code in (422, 429)
    assert client.get("/account/email").status_code == 302


@pytest.mark.usefixtures("tokens_asked")
def test_what_was_typed_comes_back_after_the_proof(client: FlaskClient) -> None:
    administrator = make_officer(Role.ADMINISTRATOR)
    client.set_cookie("lang", "en")
    sign_in_as(client, administrator)
    form = OpenForm(client, "/people/invite")
    let_proof_age(administrator)
    asked = form.send(email="yuna@example.com", role="auditor", locale="en")
    assert asked.status_code == 303
    assert not invitations.open_in(AGENCY_ID)
    proof = OpenForm(client, asked.location)
    assert "the form then comes back as you filled it in" in proof.page.text
    back = proof.send(password=PASSWORD)
    again = OpenForm(client, back.location)
    assert "yuna@example.com" in again.page.text
    assert again.send().status_code == 303
    (invitation,) = invitations.open_in(AGENCY_ID)
    assert invitation.data["email"] == "yuna@example.com"
