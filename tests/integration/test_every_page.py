"""Every page that each role reaches by links, in both languages: it answers, is sound, asks little of the database."""

import re
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from itertools import product
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from config.settings import Settings
from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Membership
from marketplace.core import db, files, sealing
from marketplace.core.actors import EVERYONE, Role
from marketplace.notifications.models import Message
from marketplace.notifications.post import Post, compose
from marketplace.notifications.rendering import render
from tests import business_time
from tests.conftest import unbind
from tests.factories.accounts import sign_in_as
from tests.installation import Installation

# Of pages that differ in their row or filter alone, so many are looked at.
EACH, EACH_IN_SHORT = 2, 1
MOST_QUERIES = 40
# A read stores nothing but its own trace.
WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE)(?! INTO access_log| sessions)")


class Walk:
    """One reader's walk over all links from the start page."""

    def __init__(self, app: Flask, client: FlaskClient, language: str, each: int) -> None:
        self.app, self.client, self.language, self.each = app, client, language, each
        self.router = app.url_map.bind("localhost")
        self.faults: list[str] = []
        self.seen: Counter[str] = Counter()
        self.forms: set[str] = set()

    def start(self, *addresses: str) -> None:
        waiting = deque(addresses)
        known = set(waiting)
        while waiting:
            address = waiting.popleft()
            with counted() as statements:
                answer = self.client.get(address)
            links = list(self.look(address, answer, statements))
            answer.close()
            for link in links:
                if link not in known:
                    known.add(link)
                    if self.worth_a_visit(link):
                        waiting.append(link)

    def worth_a_visit(self, address: str) -> bool:
        parts = urlsplit(address)
        if parts.path.startswith("/static/") or "lang=" in parts.query or "after=" in parts.query:
            return False
        try:
            endpoint, _arguments = self.router.match(parts.path, method="GET")
        except Exception:
            self.faults.append(f"dead link {address}")
            return False
        kind = f"{endpoint} {'format' if 'format=' in parts.query else ''}"
        self.seen[kind] += 1
        return self.seen[kind] <= self.each

    def look(self, address: str, answer: TestResponse, statements: list[str]) -> Iterator[str]:
        if answer.status_code in (302, 303):
            yield urljoin(address, answer.location)
            return
        if answer.status_code != 200:
            self.faults.append(f"{address}: {answer.status_code}")
            return
        if len(statements) > MOST_QUERIES:
            self.faults.append(f"{address}: {len(statements)} queries")
        self.faults += [f"{address} writes: {statement}" for statement in statements if WRITES.match(statement)]
        if answer.mimetype != "text/html":
            return
        document = html.document_fromstring(answer.text)
        self.faults += [f"{address}: {fault}" for fault in faults_of(document)]
        self.faults += [f"{address}: {fault}" for form in document.forms for fault in self.try_unseen(address, form)]
        for link in document.xpath("//a/@href"):
            if not link.startswith(("#", "mailto:", "tel:", "http")):
                yield urlsplit(urljoin(address, link))._replace(fragment="").geturl()

    def try_unseen(self, address: str, form: html.FormElement) -> Iterator[str]:
        """A form about an existing row says what it shows, and is refused when that no longer stands."""
        action = urljoin(address, form.get("action") or "")
        if form.method != "POST":
            return
        endpoint, _arguments = self.router.match(urlsplit(action).path, method="POST")
        if endpoint not in self.app.extensions["seen"] or endpoint in self.forms:
            return
        self.forms.add(endpoint)
        fields = {name: form.fields[name] for name in ("csrf_token", "key") if name in form.fields}
        if not form.fields.get("seen"):
            yield f"the form to {endpoint} doesn't carry what it shows"
        answer = self.client.post(action, data=fields | {"seen": "something else"})
        answer.close()
        if answer.status_code != 409:
            yield f"the form to {endpoint} answers {answer.status_code} when what it showed has changed"


def faults_of(document: html.HtmlElement) -> Iterator[str]:
    """What is wrong with a page whatever it says."""
    ids = Counter(document.xpath("//@id"))
    yield from (f"id {name} stands {count} times" for name, count in ids.items() if count > 1)
    if len(document.xpath("//h1")) != 1:
        yield "not one h1"
    if not document.xpath("string(//title)").strip():
        yield "no title"
    for target in document.xpath("//label/@for | //@aria-describedby"):
        yield from (f"nothing has the id {name}" for name in target.split() if name not in ids)
    for form in document.xpath("//form[translate(@method, 'POST', 'post') = 'post']"):
        if not form.xpath(".//input[@name='csrf_token']"):
            yield f"a form to {form.get('action')} without a token"
    if re.search(r"%\(\w+\)s|\{\{|LazyString|&lt;(p|a|span|strong)\b", html.tostring(document, encoding="unicode")):
        yield "raw markup or placeholders"


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements sent to the database inside the block."""
    statements: list[str] = []
    engine = db.session.get_bind()

    def note(connection, cursor, statement, *rest):
        statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.fixture
def shown(app: Flask, settings: Settings, demo: Installation) -> Iterator[Flask]:
    """The application on the demo's database and files, with CSRF tokens in the forms."""
    engine, usual = db.connect(demo.database_url), app.extensions["test_engine"]
    files.configure(demo.files)
    sealing.configure((demo.folder / "var" / "sealing_key").read_text())
    app.extensions["test_engine"] = engine
    app.config.update(WTF_CSRF_ENABLED=True, SEEN_REQUIRED=True)
    with app.app_context(), db.unit_of_work():
        db.load_clock()
    yield app
    app.config.update(WTF_CSRF_ENABLED=False, SEEN_REQUIRED=False)
    app.extensions["test_engine"] = usual
    files.configure(settings.files_dir)
    sealing.configure(settings.sealing_key)
    unbind()
    engine.dispose()
    business_time.come_back()


def test_every_mail_of_the_demo_is_read_as_it_was_written(shown: Flask) -> None:
    """One mail of each template, in both languages, by Python's strict parser."""
    post = Post(None, "no-reply@example.org", "https://example.org")
    with shown.app_context():
        messages = {message.template: message for message in db.session.scalars(select(Message))}
        assert len(messages) > 20
        for message, language in product(messages.values(), ("ko", "en")):
            letter = render(message.template, locale=language, base_url=post.base_url, data=message.data)
            mail = compose(letter, to=message.address, message_id=message.message_id, post=post)
            read = message_from_bytes(mail.as_bytes(), policy=policy.strict)
            assert (read["Subject"], read["From"].addresses[0].display_name) == (letter.subject, letter.sender)
            assert read.get_content().replace("\r\n", "\n") == letter.body


def people_in(role: Role) -> list[Membership]:
    return list(
        db.session.scalars(
            select(Membership)
            .where(Membership.role == role.value, Membership.status == "active")
            .order_by(Membership.valid_from, Membership.id)
            .limit(1)
        )
    )


def readers() -> list[Any]:
    """Every role in both languages; in the short run each in one, the roles in turn."""
    return [
        pytest.param(role, language, id=f"{role}-{language}", marks=[] if place % 2 == number else pytest.mark.slow)
        for place, role in enumerate((Role.VISITOR, *sorted(EVERYONE)))
        for number, language in enumerate(("ko", "en"))
    ]


@pytest.mark.costly("walks over all pages of a role")
@pytest.mark.parametrize(("role", "language"), readers())
def test_every_page_of_every_role_is_sound(shown: Flask, role: Role, language: str, short: bool) -> None:
    for membership in people_in(role) or [None]:
        client = shown.test_client()
        if membership is not None:
            with shown.app_context(), db.unit_of_work():
                sign_in_as(client, accounts.find_actor(membership.person_id, membership.id))
        client.set_cookie("lang", language)
        walk = Walk(shown, client, language, EACH_IN_SHORT if short else EACH)
        walk.start("/")
        assert not walk.faults
