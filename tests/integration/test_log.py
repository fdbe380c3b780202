"""The log: JSON lines that hold no values of variables and nothing that a link is believed by, and say who was refused.

ASVS 14.2.1, 16.2.1, 16.2.5, 16.3.1, 16.3.2, 16.4.1.
"""

import json
import logging
import secrets
from typing import Any
from uuid import uuid4

import pytest
import structlog
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.routing import UnicodeConverter
from werkzeug.test import Client

from marketplace.core import db, server
from marketplace.core import logging as log
from marketplace.core.actors import Role
from marketplace.core.task_queue import BackgroundTask
from marketplace.notifications import post
from marketplace.notifications.models import Message
from tests.factories.accounts import PASSWORD, make_officer, make_person, sign_in_as
from tests.mail_server import MailServer

OPENS_NOTHING = {"code"}
"""What stands in addresses and is no secret: a voucher's code, which is printed for everybody to check."""


class Log:
    """What was written since it was last read."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def read(self) -> str:
        return self.capsys.readouterr().out

    def entries(self, event: str) -> list[dict[str, Any]]:
        return [entry for line in self.read().splitlines() if (entry := json.loads(line))["event"] == event]


@pytest.fixture
def written(capsys: pytest.CaptureFixture[str]) -> Log:
    return Log(capsys)


def test_a_traceback_shows_no_values(app: Flask, capsys: pytest.CaptureFixture[str]) -> None:
    sealed_price = 123_454_321
    try:
        raise ValueError(f"{sealed_price - sealed_price}")
    except ValueError:
        structlog.get_logger().exception("failed\nforged line", task="x")
    (line,) = capsys.readouterr().out.splitlines()
    entry = json.loads(line)
    assert entry["event"] == "failed\nforged line"
    assert "test_log.py" in entry["exception"]
    assert str(sealed_price) not in line


def test_no_address_of_a_link_is_written_down(app: Flask, written: Log, database: object) -> None:
    """Whole, cut off, twice, or with something before or behind it: of every route that takes a text in its address."""
    served = Client(server.logged(app.wsgi_app))
    asked = 0
    for rule in app.url_map.iter_rules():
        texts = {name for name, kind in rule._converters.items() if isinstance(kind, UnicodeConverter)}
        if not texts - OPENS_NOTHING:
            continue
        for secret in (secrets.token_urlsafe(16), secrets.token_urlsafe(24), secrets.token_hex(16)):
            path = rule.rule.replace("<token>", secret)
            for address in (path, f"{path}?token={secret}", f"{path}/{secret}", f"/x{path}", path[:-3], f"{path}."):
                served.get(address)
                served.post(address, data={"password": f"Pass{secret}", "token": secret})
                told = written.read()
                assert secret[:-3] not in told, address
                asked += told.count('"event": "request"')
    assert asked > 200


def test_what_looks_like_a_secret_is_hidden_wherever_it_stands(written: Log) -> None:
    secret = secrets.token_urlsafe(24) + "aA1"
    known = uuid4()
    try:
        raise ValueError(f"https://x.example/account/confirm/{secret}")
    except ValueError:
        structlog.get_logger().exception("failed", error=secret, id=str(known))
    told = written.read()
    assert secret not in told
    assert str(known) in told
    assert "test_what_looks_like_a_secret_is_hidden_wherever_it_stands" in told


@pytest.mark.parametrize(
    "path",
    ["/static/vendor/pretendard-gov/ttf/PretendardGOV-Bold.ttf", "/account/forgotten-password", "/verify/한국",
     "/applications/5d1f9b0e-3a7c-4f0e-9f1e-0d6c58a0a001/evidence", "/calls/APP-2026-000123"],
)  # fmt: skip
def test_other_addresses_are_written_as_they_are(path: str) -> None:
    assert log.shown(path) == path


def test_whoever_is_refused_is_written_down(client: FlaskClient, written: Log) -> None:
    person = make_person(email="kim@example.com")
    client.post("/account/sign-in", data={"email": "kim@example.com", "password": "wrong password"})
    client.post("/account/sign-in", data={"email": "lee@example.com", "password": PASSWORD})
    (known, unknown) = written.entries("denied")
    assert (known["what"], known["person_id"], known["address"]) == ("sign-in", str(person.id), "127.0.0.1")
    assert (unknown["person_id"], unknown["level"]) == ("None", "warning")
    assert known["request_id"] != unknown["request_id"]
    assert known["timestamp"] < unknown["timestamp"]

    client.post(f"/account/new-password/{secrets.token_urlsafe(24)}", data={"password": "long enough for it"})
    (link,) = written.entries("denied")
    assert (link["what"], link["purpose"]) == ("link", "reset_password")

    officer = make_officer(Role.BUDGET_OFFICER)
    sign_in_as(client, officer)
    assert client.get("/people/invite").status_code == 403
    (refusal,) = written.entries("denied")
    assert (refusal["what"], refusal["person_id"]) == ("permission", str(officer.person_id))
    assert refusal["path"] == "/people/invite"


def test_a_request_is_followed_from_the_page_to_the_mail(
    app: Flask, client: FlaskClient, run_tasks: Any, mail_server: MailServer, written: Log, monkeypatch: Any
) -> None:
    monkeypatch.setattr(post, "_post", post.Post(mail_server.url, "agency@example.com", "https://x.example"))
    browser = Client(server.logged(app.wsgi_app))
    answer = browser.post(
        "/account/sign-up",
        data={"name": "Kim", "email": "kim@example.com", "password": "a long password here", "locale": "en"},
    )
    asked = answer.headers["X-Request-Id"]
    (line,) = written.entries("request")
    assert (line["request_id"], line["method"], line["path"], line["status"]) == (
        asked,
        "POST",
        "/account/sign-up",
        303,
    )
    assert set(db.session.scalars(select(BackgroundTask.request_id))) == {asked}

    run_tasks()
    lines = [json.loads(line) for line in written.read().splitlines()]
    (sent,) = [entry for entry in lines if entry["event"] == "mail sent"]
    (done,) = [entry for entry in lines if entry["event"] == "task done" and entry["task"] == "send_mail"]
    assert sent["request_id"] == done["request_id"] == asked
    assert sent["message_id"] == db.session.scalar(select(Message.message_id))
    assert sent["message_id"] in mail_server.messages[0]["Message-ID"]
    assert log.request_id() is None


def test_what_libraries_report_is_json_too(written: Log) -> None:
    root = logging.getLogger()
    before, level = root.handlers, root.level
    try:
        log.take_over()
        logging.getLogger("some.library").warning("it %s", "rains")
        logging.getLogger("celery.app.trace").info("every step")
    finally:
        root.handlers = before
        root.setLevel(level)
        logging.captureWarnings(False)
    (line,) = written.read().splitlines()
    entry = json.loads(line)
    assert (entry["event"], entry["logger"], entry["level"]) == ("it rains", "some.library", "warning")
