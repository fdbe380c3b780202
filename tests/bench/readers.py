"""Whose pages are measured: everybody whom the tour signs in as, and every page that they reach by links."""

from __future__ import annotations

import os
import subprocess
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from lxml import html

from config.local.__main__ import BIN
from config.settings import Settings
from marketplace.accounts import queries as accounts
from marketplace.core import db
from marketplace.core.actors import Role
from marketplace.demo import queries as demo
from marketplace.demo.queries import SignIn
from tests.factories.accounts import sign_in_as
from tests.factories.providers import make_ready_provider

# A page of the public list is full with so many firms.
FIRMS = 60


@dataclass(frozen=True)
class Reading:
    """One page and who reads it; `endpoint` names the view that makes it."""

    role: Role
    endpoint: str
    path: str
    client: FlaskClient


def make_data(settings: Settings, app: Flask) -> None:
    """The small demo, made by a process of its own, and as many firms as fill a page."""
    # That process ends with all that it had in memory, which would make this one's clean-up dear.
    subprocess.run(
        [BIN / "marketplace", "demo", "generate", "--small"], env=environment(settings), check=True, capture_output=True
    )
    with app.app_context(), db.unit_of_work():
        db.load_clock()
        for number in range(FIRMS):
            make_ready_provider(f"Firm {number:02}", regions=["seoul", "busan", "daegu", "incheon"][: 1 + number % 4])


def environment(settings: Settings) -> dict[str, str]:
    """What a process of its own is told, so that it is the same demo."""
    return {
        **os.environ,
        "TESTING": "1",
        "DEMO": "1",
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "OWNER_DATABASE_URL": settings.owner_database_url,
        "REDIS_URL": settings.redis_url,
    }


def readings(app: Flask) -> list[Reading]:
    """Each page that a role reaches by links, once for each role."""
    known: dict[tuple[Role, str], Reading] = {}
    for role, client in _readers(app):
        for endpoint, path in _walk(app, client):
            known.setdefault((role, endpoint), Reading(role, endpoint, path, client))
    return list(known.values())


def _readers(app: Flask) -> Iterator[tuple[Role, FlaskClient]]:
    """A browser of a visitor, of each role of the agency, and of the companies and firms of the tour."""
    visitor = app.test_client()
    visitor.set_cookie("lang", "ko")
    yield Role.VISITOR, visitor
    with app.app_context(), db.unit_of_work():
        cast = demo.cast()
        assert cast.company
        parts = [cast.company, cast.firm, cast.tour_company, cast.voucher_holder, cast.tour_firm]
        parts += [cast.offered_to, cast.ended_early, cast.in_arrears]
        people = demo.sign_ins([organisation_id for organisation_id in parts if organisation_id])
        staff = {sign_in.role: sign_in for sign_in in reversed(people[None])}
        sign_ins = list(staff.values())
        for organisation_id in parts:
            sign_ins += people.get(organisation_id, []) if organisation_id else []
        clients = [(sign_in.role, _client(app, sign_in)) for sign_in in sign_ins]
    yield from clients


def _client(app: Flask, sign_in: SignIn) -> FlaskClient:
    person = accounts.find_person_by_email(sign_in.email)
    assert person
    membership = next(known for known in accounts.memberships_of(person.id) if known.role == sign_in.role)
    actor = accounts.find_actor(person.id, membership.id)
    assert actor
    client = app.test_client()
    sign_in_as(client, actor)
    client.set_cookie("lang", "ko")
    return client


def _walk(app: Flask, client: FlaskClient) -> Iterator[tuple[str, str]]:
    """The view and address of each kind of page behind the links of the start page, the first of each."""
    router = app.url_map.bind("localhost")
    waiting, seen = deque(["/"]), {"reports.home"}
    while waiting:
        path = waiting.popleft()
        answer = client.get(path)
        if answer.status_code != 200 or answer.mimetype != "text/html":
            continue
        yield router.match(urlsplit(path).path, method="GET")[0], path
        for link in html.document_fromstring(answer.text).xpath("//a/@href"):
            parts = urlsplit(urljoin(path, link))
            if link.startswith(("#", "mailto:", "tel:", "http")) or "lang=" in parts.query or "format=" in parts.query:
                continue
            endpoint = router.match(parts.path, method="GET")[0]
            if endpoint not in seen and endpoint != "static":
                seen.add(endpoint)
                waiting.append(parts._replace(fragment="").geturl())
