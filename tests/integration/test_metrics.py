"""What Prometheus is told, and whom nobody tells."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update

from config.settings import Settings
from marketplace.core import clock, db, metrics
from marketplace.core.task_queue import BackgroundTask
from marketplace.notifications import service as notifications
from marketplace.notifications.models import Message
from marketplace.notifications.service import Recipient
from marketplace.reports.metrics import State
from tests.conftest import unbind

TOKEN = "a-token-for-prometheus"
Read = Callable[[], dict[tuple[str, ...], float]]


def parsed(content: str) -> dict[tuple[str, ...], float]:
    """Figures by name and the values of their labels, in the order of the labels' names."""
    families = text_string_to_metric_families(content)
    return {
        (
            sample.name.removeprefix("marketplace_"),
            *(value for _label, value in sorted(sample.labels.items())),
        ): sample.value
        for family in families
        for sample in family.samples
    }


@pytest.fixture
def read(app: Flask, client: FlaskClient) -> Iterator[Read]:
    """What the page says, to who knows the token."""
    settings: Settings = app.config["SETTINGS"]
    app.config["SETTINGS"] = settings.model_copy(update={"metrics_token": TOKEN})

    def answer() -> dict[tuple[str, ...], float]:
        page = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
        assert page.status_code == 200
        return parsed(page.text)

    yield answer
    app.config["SETTINGS"] = settings


@pytest.mark.parametrize("given", [None, "", "Bearer", "Bearer ", "Bearer x", "Bearer \xe9", "Basic eDp4", TOKEN])
def test_without_the_token_there_is_no_such_page(read: Read, client: FlaskClient, given: str | None) -> None:
    assert client.get("/metrics", headers={} if given is None else {"Authorization": given}).status_code == 404


def test_answers_are_counted_by_page_and_never_by_address(read: Read, client: FlaskClient) -> None:
    before = read()
    for path in ("/healthz", "/healthz", "/nowhere/a", "/nowhere/b", "/account/confirm/some-token"):
        client.get(path)
    client.open("/healthz", method="BREW")
    after = read()
    grown = {key: value - before.get(key, 0) for key, value in after.items() if key[0] == "requests_total"}
    assert grown["requests_total", "GET", "/healthz", "200"] == 2
    assert grown["requests_total", "GET", "none", "404"] == 2
    assert grown["requests_total", "other", "none", "405"] == 1
    assert grown["requests_total", "GET", "/account/confirm/<token>", "200"] == 1
    assert not [key for key in after if "some-token" in str(key) or "nowhere" in str(key)]
    assert after["request_seconds_count", "/healthz"] - before.get(("request_seconds_count", "/healthz"), 0) == 2


def test_what_waits_and_what_failed_is_told(read: Read) -> None:
    for number in range(3):
        notifications.queue(
            "accounts/confirm_email", to=Recipient(f"a{number}@example.com", "en"), key=str(number), token="x",
            expires_at=clock.now(),
        )  # fmt: skip
    db.session.execute(update(BackgroundTask).values(run_after=clock.now() - timedelta(minutes=5)))
    failed = Message.address == "a0@example.com"
    db.session.execute(update(Message).where(failed).values(status="failed", failed_at=clock.now()))
    told = read()
    assert (told["mails_waiting",], told["mails_failed",]) == (2, 1)
    assert told["queue_tasks", "mail"] == 3
    assert 299 < told["queue_oldest_seconds", "mail"] < 330
    assert (told["queue_tasks", "money"], told["queue_oldest_seconds", "money"]) == (0, 0)
    assert (told["tasks_dead",], told["bank_entries_unmatched",], told["database_up",]) == (0, 0, 1)
    assert 0 < told["database_connections",] <= told["database_connections_limit",]
    assert told["disk_free_bytes",] > 0
    db.session.execute(update(BackgroundTask).where(BackgroundTask.status == "pending").values(status="dead"))
    assert read()["tasks_dead",] == 3


@pytest.mark.usefixtures("app")
def test_a_database_that_does_not_answer_is_told_of(tmp_path: Path, settings: Settings) -> None:
    engine = db.connect(f"postgresql+psycopg://app@/none?host={tmp_path}")
    told = parsed(metrics.page(State(tmp_path)).decode())
    unbind()
    engine.dispose()
    assert told["database_up",] == 0
    assert told["disk_free_bytes",] > 0
