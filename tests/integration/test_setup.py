"""A new installation: one command, then pages. What is left stands on one list, and no mail is promised in vain."""

import re

import pytest
from click.testing import Result
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from config.settings import Settings
from marketplace.accounts import service as accounts
from marketplace.accounts.models import Membership, Person
from marketplace.accounts.queries import people_with_role
from marketplace.agency import queries as agency
from marketplace.core import db
from marketplace.core.actors import Role
from marketplace.core.errors import DomainError
from marketplace.core.i18n import force_locale
from marketplace.notifications import post
from marketplace.reports import checklist
from marketplace.reports.checklist import Stand
from tests.factories.accounts import PASSWORD, make_officer, sign_in_as
from tests.factories.programmes import make_call
from tests.mail_server import MailServer

pytestmark = pytest.mark.usefixtures("database")
SAID = {
    "--name-ko": "바우처 진흥원",
    "--name-en": "Voucher Institute",
    "--address-ko": "부산",
    "--address-en": "Busan",
    "--help-email": "help@voucher.example",
}
FIRST, SECOND = "kim@voucher.example", "lee@voucher.example"


def setup(app: Flask, *more: str, typed: str | None = None) -> Result:
    """Run `marketplace setup`."""
    return app.test_cli_runner().invoke(args=["setup", *more], input=typed)


def stands(*, mail_is_shown: bool = False) -> dict[str, Stand]:
    """How far each line of the checklist is."""
    with force_locale("en"):
        return {str(step.text): step.stand for step in checklist.steps(mail_is_shown=mail_is_shown)}


def links(result: Result) -> list[str]:
    return re.findall(r"/account/invitation/\S+", result.output)


def test_setup_makes_two_administrators_and_can_be_run_again(app: Flask, client: FlaskClient) -> None:
    said = [part for pair in SAID.items() for part in pair]
    begun = setup(app, *said, "--administrator", FIRST, "--administrator", SECOND, "--locale", "en")
    assert (begun.exit_code, len(links(begun))) == (0, 2), begun.output
    assert "- Funders: none. Two budget officers." in begun.output
    assert "- Name and address" not in begun.output
    mistyped = setup(app, "--administrator", "typo@voucher.example", "--administrator", SECOND)
    again = setup(app, "--administrator", FIRST, "--administrator", SECOND)
    assert "The agency is 바우처 진흥원" in again.output, "what was said stays"
    for link in links(begun) + links(mistyped):
        assert "no longer valid" in app.test_client().get(f"{link}?lang=en").text, "earlier invitations end"
    for link, name in zip(links(again), ("Kim", "Lee"), strict=True):
        answer = app.test_client().post(link, data={"name": name, "password": PASSWORD, "locale": "ko"})
        assert answer.status_code in (302, 303), answer.text
    roles = select(Person.email).join(Membership, Membership.person_id == Person.id).where(
        Membership.role == Role.ADMINISTRATOR, Membership.status == "active", Membership.granted_by.is_(None)
    )  # fmt: skip
    assert set(db.session.scalars(roles)) == {FIRST, SECOND}
    done = setup(app)
    assert (done.exit_code, links(done)) == (0, [])
    assert "2 administrators have joined" in done.output
    with pytest.raises(DomainError):
        accounts.invite_first_administrators(["third@voucher.example"], locale="ko")


def test_of_three_who_are_invited_first_two_join(app: Flask) -> None:
    emails = [f"{name}@voucher.example" for name in ("kim", "lee", "park")]
    for email, secret in accounts.invite_first_administrators(emails, locale="ko").items():
        joins = {"name": email, "password": PASSWORD, "locale": "ko"}
        app.test_client().post(f"/account/invitation/{secret}", data=joins)
    assert {person.email for person in people_with_role(Role.ADMINISTRATOR)} == set(emails[:2])


def test_setup_asks_for_what_is_left_out(app: Flask) -> None:
    typed = list(SAID.values())
    typed[0:0], typed[-1:-1], again = ["  "], ["help"], ["kim@voucher", FIRST, FIRST.upper(), SECOND]
    asked = setup(app, typed="\n".join([*typed, *again]) + "\n")
    assert (asked.exit_code, len(links(asked))) == (0, 2), asked.output
    assert asked.output.count("Error: ") == 3, "what can't be meant is asked for again"
    face = agency.face()
    assert face is not None
    assert (face.name["en"], face.help_email) == ("Voucher Institute", "help@voucher.example")


def test_the_checklist_says_what_is_left_and_links_to_it(client: FlaskClient) -> None:
    administrator = make_officer(Role.ADMINISTRATOR)
    sign_in_as(client, administrator)
    begun = stands()
    assert begun["Funders"] == begun["First call"] == begun["E-mail"] == Stand.OPEN
    page = client.get("/checklist?lang=en").text
    assert 'href="/funders"' in page
    assert "110-000-000000, a made-up one" in page
    before = checklist.left()
    assert "steps are left before the service goes live" in client.get("/?lang=en").text
    make_officer(Role.ADMINISTRATOR)
    make_officer(Role.BUDGET_OFFICER)
    make_call()
    now = stands(mail_is_shown=True)
    assert now["Funders"] == now["First programme"] == now["First call"] == now["E-mail"] == Stand.DONE
    assert checklist.left() < before


def test_a_test_mail_settles_the_line_about_mail(
    client: FlaskClient, mail_server: MailServer, monkeypatch: pytest.MonkeyPatch, run_tasks
) -> None:
    monkeypatch.setattr(post, "_post", post.Post(mail_server.url, "agency@example.com", "https://x.example"))
    sign_in_as(client, make_officer(Role.ADMINISTRATOR))
    assert client.post("/checklist/test-mail").status_code == 303
    assert stands()["E-mail"] == Stand.OPEN, "nothing has left yet"
    run_tasks()
    assert (stands()["E-mail"], len(mail_server.messages)) == (Stand.DONE, 1)


def test_no_mail_is_promised_where_none_is_sent(
    app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in_as(client, make_officer(Role.ADMINISTRATOR))
    invited = {"email": "new@voucher.example", "role": "evaluator", "locale": "en"}
    assert "is on its way" in client.post("/people/invite?lang=en", data=invited, follow_redirects=True).text
    monkeypatch.setattr(Settings, "clock_may_move", False)
    page = client.post("/people/invite?lang=en", data=invited, follow_redirects=True).text
    assert "nobody receives it" in page
    assert "is on its way" not in page
    waits = client.get("/account/check-your-mail?lang=en").text
    assert ("E-mail is not set up here" in waits, "arrives within" in waits) == (True, False)
    printed = app.test_cli_runner().invoke(args=["outbox", "show", "new@voucher.example"])
    assert len(re.findall(r"/account/invitation/\S+", printed.output)) == 1
