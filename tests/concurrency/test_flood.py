"""Very many companies submit at once through the real web server: each gets a ticket and a receipt, none a failure."""

from __future__ import annotations

import http.client
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta
from urllib.parse import urlencode
from uuid import UUID

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import select

from config.settings import Settings
from marketplace.core import db
from marketplace.core.actors import SYSTEM
from marketplace.notifications.models import Message
from marketplace.programmes import queries as programmes
from marketplace.programmes.models import Call
from marketplace.vouchers import queries, rules, service
from marketplace.vouchers.models import Application, Voucher
from tests import business_time
from tests.factories.applicants import make_drafts
from tests.factories.programmes import make_call
from tests.web_server import web_server

pytestmark = pytest.mark.costly("starts a whole web server and sends it a crowd")

CLIENTS = 12
HIDDEN = re.compile(r'name="(csrf_token|key|seen)"[^>]*value="([^"]+)"')


@pytest.fixture
def stored(app: Flask, real_database: Settings) -> Iterator[Flask]:
    """The application on a database of its own, with real commits."""
    yield app
    business_time.come_back()


class Company:
    """One signatory's browser: the session's cookie, and the pages from check to receipt."""

    def __init__(self, app: Flask, port: int, draft: tuple[UUID, str]) -> None:
        self.application_id, secret = draft
        signer = SecureCookieSessionInterface().get_signing_serializer(app)
        assert signer is not None
        self.cookies = {"session": signer.dumps({"_user_id": secret, "_fresh": True})}
        self.port = port

    def ask(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Send one request; status, where it leads, and the page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        with closing(connection):
            connection.request(method, path, body=urlencode(fields) if fields else None, headers=headers)
            answer = connection.getresponse()
            page = answer.read().decode()
            for cookie in answer.headers.get_all("Set-Cookie") or []:
                name, value = cookie.split(";")[0].split("=", 1)
                self.cookies[name] = value
            return answer.status, answer.headers.get("Location") or "", page

    def apply(self) -> tuple[int, int, int]:
        """Open the last page, submit, and read the receipt; the statuses."""
        path = f"/applications/{self.application_id}/check"
        seen, _location, page = self.ask("GET", path)
        form = dict.fromkeys(rules.DECLARATIONS, "y") | dict(HIDDEN.findall(page))
        sent, location, _page = self.ask("POST", path, form)
        read, _location, receipt = self.ask("GET", location or path)
        assert "APP-" in receipt, (seen, sent, read, receipt[:500])
        return seen, sent, read


@pytest.mark.parametrize(("companies", "vouchers"), [(40, 4), pytest.param(2000, 200, marks=pytest.mark.slow)])
def test_a_flood_of_submissions_gets_tickets_receipts_and_exactly_the_budget(
    stored: Flask, real_database: Settings, companies: int, vouchers: int
) -> None:
    with stored.app_context(), db.unit_of_work():
        call = make_call(vouchers=vouchers)
        call_id, drafts = call.id, make_drafts(call, companies)
    with web_server(real_database) as site, ThreadPoolExecutor(CLIENTS) as pool:
        crowd = [Company(stored, site.port, draft) for draft in drafts]
        answers = Counter(pool.map(Company.apply, crowd))
    assert answers == {(200, 303, 200): companies}
    with stored.app_context(), db.unit_of_work():
        tickets = db.session.scalars(select(Application.ticket).where(Application.call_id == call_id)).all()
        assert len(set(tickets) - {None}) == companies
        assert db.session.query(Message).filter_by(template="vouchers/receipt").count() == companies
        db.move_clock(timedelta(days=8))
    with stored.app_context(), db.unit_of_work():
        service.close_call(call_id, actor=SYSTEM)
    finish_allocation(stored, call_id)
    with stored.app_context(), db.unit_of_work():
        given = db.session.scalars(select(Voucher.application_id).where(Voucher.call_id == call_id)).all()
        winners = db.session.scalars(select(Application.ticket).where(Application.id.in_(given))).all()
        assert sorted(winners) == sorted(tickets)[:vouchers]  # type: ignore[type-var]
        assert queries.waiting(call_id) == companies - vouchers
        assert programmes.meter(db.get(Call, call_id)).available == 0


def finish_allocation(app: Flask, call_id: UUID) -> None:
    """Do the pieces of the allocation, as a worker does."""
    for piece in range(1, 100):
        with app.app_context(), db.unit_of_work():
            service.allocate_batch(call_id, piece, actor=SYSTEM)
            allocation = queries.find_allocation(call_id)
            if allocation is not None and allocation.finished_at is not None:
                return
    raise AssertionError("the allocation never ends")
