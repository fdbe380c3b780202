"""Long lists are made into files in the background: by whom, for whom and for how long."""

import csv
import io
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from openpyxl import load_workbook
from sqlalchemy import func, select, text

from config.settings import Settings
from marketplace.accounts import queries, service
from marketplace.accounts.models import AccessEntry, Download
from marketplace.accounts.service.downloads import GIVEN_UP_AFTER, KEPT, MOST_OPEN
from marketplace.core import db, files
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record
from marketplace.core.errors import Forbidden
from marketplace.core.task_queue import BackgroundTask
from tests.conftest import MovableClock
from tests.factories.accounts import make_officer, make_person, make_sme, sign_in_as
from tests.integration.test_every_page import faults_of

AT_ONCE = 5
ENTRIES = 12
LIST = "/audit?action=noted&format={kind}"
RunTasks = Callable[[], int]


@pytest.fixture(autouse=True)
def _few_at_once(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lists of six rows are long."""
    monkeypatch.setitem(app.config, "SETTINGS", settings.model_copy(update={"rows_at_once": AT_ONCE}))


@pytest.fixture
def auditor(database: object) -> Actor:
    return make_officer(Role.AUDITOR)


@pytest.fixture
def reader(client: FlaskClient, auditor: Actor) -> FlaskClient:
    """An auditor, before a list that is long."""
    note(auditor, ENTRIES)
    client.set_cookie("lang", "en")
    return sign_in_as(client, auditor)


def note(actor: Actor, count: int) -> None:
    for number in range(count):
        record(actor, "noted", ("people", uuid4()), after={"number": number})
    db.commit()


def ask(reader: FlaskClient, address: str) -> str:
    """Press the button to which the list leads; the address of the download's page."""
    led = reader.get(address)
    assert led.status_code == 302, led.text
    answer = reader.post(led.location, data={"key": str(uuid4())})
    assert answer.status_code == 303, answer.text
    return str(answer.location)


def only_download() -> Download:
    db.session.expire_all()
    return db.session.scalars(select(Download)).one()


def files_of(download_id: UUID) -> list[Path]:
    return list(files.place(download_id).parent.glob(f"{download_id.hex}*"))


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_long_list_is_made_in_the_background_and_fetched(
    reader: FlaskClient, auditor: Actor, run_tasks: RunTasks, kind: str
) -> None:
    page = ask(reader, LIST.format(kind=kind))
    assert "waits for its turn" in reader.get(page).text
    assert reader.get(f"{page}/file").status_code == 404
    run_tasks()
    made = reader.get(page).text
    assert f"It has {ENTRIES} rows" in made
    assert list(faults_of(html.document_fromstring(made))) == []
    with reader.get(f"{page}/file") as answer:
        assert answer.headers["Content-Disposition"].endswith(f".{kind}")
        content = answer.data
    if kind == "csv":
        assert answer.mimetype == "text/csv"
        rows = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    else:
        rows = list(load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True))
    assert [row[3] for row in rows] == ["What was done", *["noted"] * ENTRIES]
    looks = db.session.scalars(select(AccessEntry.page).where(AccessEntry.person_id == auditor.person_id)).all()
    assert sorted(look for look in looks if look.startswith("download")) == [
        "download fetched: /audit",
        "download made: /audit",
    ]


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_file_and_its_pages_speak_the_readers_language(
    reader: FlaskClient, run_tasks: RunTasks, language: str
) -> None:
    reader.set_cookie("lang", language)
    page = ask(reader, LIST.format(kind="csv"))
    run_tasks()
    heading = {"ko": "내 내려받기", "en": "My downloads"}[language]
    document = reader.get("/downloads").text
    assert heading in document
    assert page in document
    assert list(faults_of(html.document_fromstring(document))) == []
    with reader.get(f"{page}/file") as answer:
        assert ("Action" in answer.data.decode("utf-8-sig").splitlines()[0]) == (language == "en")


def test_a_short_list_comes_at_once_and_looking_at_the_question_stores_nothing(
    client: FlaskClient, auditor: Actor
) -> None:
    note(auditor, AT_ONCE)
    sign_in_as(client, auditor)
    assert client.get(LIST.format(kind="csv")).mimetype == "text/csv"
    note(auditor, 1)
    client.set_cookie("lang", "en")
    question = client.get(LIST.format(kind="csv"), follow_redirects=True)
    assert "more than 5 rows" in question.text
    assert list(faults_of(html.document_fromstring(question.text))) == [
        "a form to None without a token"
    ]  # off in tests
    assert db.session.scalars(select(Download)).all() == []


def test_a_cell_that_a_spreadsheet_would_run_is_guarded(
    reader: FlaskClient, auditor: Actor, run_tasks: RunTasks
) -> None:
    record(auditor, "=noted+1", ("people", uuid4()))
    page = ask(reader, "/audit?format=csv")
    run_tasks()
    with reader.get(f"{page}/file") as answer:
        actions = [row[3] for row in csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))]
    assert "'=noted+1" in actions
    assert "=noted+1" not in actions


def test_a_list_for_a_stated_reason_comes_at_once(client: FlaskClient) -> None:
    for _person in range(AT_ONCE + 1):
        make_person()
    sign_in_as(client, make_officer(Role.ADMINISTRATOR))
    answer = client.post("/people/export", data={"reason": "A check.", "format": "csv"})
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")


def test_two_clicks_make_one_file(reader: FlaskClient) -> None:
    first, again = ask(reader, LIST.format(kind="csv")), ask(reader, LIST.format(kind="csv"))
    assert first == again
    asked = select(func.count()).where(BackgroundTask.name == "make_download")
    assert db.session.scalar(asked) == 1
    assert ask(reader, LIST.format(kind="xlsx")) != first


def test_a_list_that_was_made_can_be_made_again(reader: FlaskClient, run_tasks: RunTasks) -> None:
    first = ask(reader, LIST.format(kind="csv"))
    run_tasks()
    second = ask(reader, LIST.format(kind="csv"))
    assert second != first
    assert ask(reader, LIST.format(kind="csv")) == second


def test_what_is_made_stays_as_it_is(reader: FlaskClient, run_tasks: RunTasks, clock: MovableClock) -> None:
    page = ask(reader, LIST.format(kind="csv"))
    run_tasks()
    made, made_at = only_download().id, only_download().made_at
    clock.advance(hours=2)
    service.make_download(made)
    service.make_download(uuid4())
    assert only_download().made_at == made_at
    ask(reader, LIST.format(kind="xlsx"))  # which gives up what is older than an hour and not made
    with reader.get(f"{page}/file") as answer:
        assert answer.status_code == 200


def test_an_old_try_is_given_up_by_its_owner_alone(reader: FlaskClient, auditor: Actor, clock: MovableClock) -> None:
    ask(reader, LIST.format(kind="csv"))
    tried = only_download().id
    clock.advance(hours=2)
    service.ask_for_download("/audit?format=csv", name="audit", locale="en", actor=make_officer(Role.AUDITOR))
    assert db.get(Download, tried).failed_at is None
    service.ask_for_download("/audit?format=xlsx", name="audit", locale="en", actor=auditor)
    db.session.expire_all()
    assert db.get(Download, tried).failed_at is not None


def test_a_file_is_fetched_once_it_is_made_and_while_it_is_there(reader: FlaskClient, run_tasks: RunTasks) -> None:
    page = ask(reader, LIST.format(kind="csv"))
    download_id = only_download().id
    with files.draft(download_id) as file:
        file.write(b"Whole, but whoever wrote it was killed before that was noted")
    assert reader.get(f"{page}/file").status_code == 404
    run_tasks()
    files.remove(download_id)
    answer = reader.get(f"{page}/file")
    assert (answer.status_code, "Ask for the list again." in answer.text) == (404, True)


def test_nobody_fills_the_queue(reader: FlaskClient) -> None:
    for number in range(MOST_OPEN):
        ask(reader, f"{LIST.format(kind='csv')}&number={number}")
    led = reader.get(f"{LIST.format(kind='csv')}&number=more").location
    refused = reader.post(led, data={"key": str(uuid4())})
    assert refused.status_code == 422
    assert "still being made" in refused.text
    assert len(db.session.scalars(select(Download)).all()) == MOST_OPEN


def test_a_download_is_its_owners_alone(app: Flask, reader: FlaskClient, run_tasks: RunTasks) -> None:
    page = ask(reader, LIST.format(kind="csv"))
    run_tasks()
    stranger = sign_in_as(app.test_client(), make_officer(Role.AUDITOR))
    assert stranger.get(page).status_code == 404
    assert stranger.get(f"{page}/file").status_code == 404
    assert page not in stranger.get("/downloads").text


def test_in_another_role_the_owner_has_nothing(reader: FlaskClient, auditor: Actor, run_tasks: RunTasks) -> None:
    page = ask(reader, LIST.format(kind="csv"))
    run_tasks()
    person = queries.get_person(auditor.person_id)
    sign_in_as(reader, make_officer(Role.ADMINISTRATOR, person=person))
    assert reader.get(f"{page}/file").status_code == 403
    assert page not in reader.get("/downloads").text


def end_role(actor: Actor) -> None:
    membership = queries.get_membership(actor.membership_id)
    service.end_membership(membership.id, actor=make_officer(Role.ADMINISTRATOR), reason="left the office")
    db.commit()


def test_who_lost_the_role_gets_no_file_made(reader: FlaskClient, auditor: Actor, run_tasks: RunTasks) -> None:
    ask(reader, LIST.format(kind="csv"))
    end_role(auditor)
    run_tasks()
    download = only_download()
    assert download.failed_at is not None
    assert files_of(download.id) == []


def test_who_is_shut_out_or_has_no_role_gets_no_file_made(
    reader: FlaskClient, auditor: Actor, run_tasks: RunTasks
) -> None:
    with pytest.raises(Forbidden):
        visitor = Actor(auditor.person_id, Role.VISITOR)
        service.ask_for_download("/audit?format=csv", name="audit", locale="en", actor=visitor)
    ask(reader, LIST.format(kind="csv"))
    service.disable_person(auditor.person_id, actor=make_officer(Role.ADMINISTRATOR), reason="left the office")
    db.commit()
    run_tasks()
    assert only_download().failed_at is not None


def test_who_lost_the_role_fetches_nothing(reader: FlaskClient, auditor: Actor, run_tasks: RunTasks) -> None:
    page = ask(reader, LIST.format(kind="csv"))
    run_tasks()
    end_role(auditor)
    assert reader.get(f"{page}/file").status_code == 403


def test_a_list_that_the_role_may_not_see_is_not_made(client: FlaskClient, run_tasks: RunTasks) -> None:
    """Whoever writes an address of their own is refused as on the page itself."""
    note(make_officer(Role.AUDITOR), ENTRIES)
    client.set_cookie("lang", "en")
    sign_in_as(client, make_sme())
    query = urlencode({"address": LIST.format(kind="csv"), "name": "audit"})
    page = client.post(f"/downloads/new?{query}", data={"key": str(uuid4())}).location
    run_tasks()
    assert "could not be made" in client.get(page).text
    assert files_of(only_download().id) == []


@pytest.mark.parametrize("address", ["/account?format=csv", "/nowhere?format=csv"])
def test_what_is_no_list_is_not_made(reader: FlaskClient, run_tasks: RunTasks, address: str) -> None:
    page = reader.post(f"/downloads/new?{urlencode({'address': address})}", data={"key": str(uuid4())}).location
    run_tasks()
    assert "could not be made" in reader.get(page).text


@pytest.mark.parametrize(
    "address",
    [
        "",
        "//elsewhere.example?format=csv",
        "https://elsewhere.example/?format=csv",
        "/audit",
        f"/audit?format=csv&{'x' * 3_000}",
    ],
)
def test_another_address_leads_to_ones_downloads(reader: FlaskClient, address: str) -> None:
    for send in (reader.get, reader.post):
        answer = send(f"/downloads/new?{urlencode({'address': address})}", data={"key": str(uuid4())})
        assert answer.location == "/downloads"


def test_a_download_expires_and_is_deleted(reader: FlaskClient, run_tasks: RunTasks, clock: MovableClock) -> None:
    page = ask(reader, LIST.format(kind="csv"))
    run_tasks()
    download_id = only_download().id
    service.delete_downloads()
    assert files_of(download_id) != []
    clock.advance(days=KEPT.days, minutes=5)
    assert reader.get(page).status_code in (302, 404)
    service.delete_downloads()
    assert files_of(download_id) == []
    assert db.session.scalars(select(Download)).all() == []


def test_an_expired_download_is_not_handed_out(reader: FlaskClient, auditor: Actor, run_tasks: RunTasks) -> None:
    page = ask(reader, LIST.format(kind="csv"))
    run_tasks()
    db.session.execute(text("UPDATE downloads SET expires_at = app_now()"))
    db.commit()
    assert reader.get(f"{page}/file").status_code == 404
    assert page not in reader.get("/downloads").text


def test_what_nobody_made_in_an_hour_can_be_asked_for_again(reader: FlaskClient, clock: MovableClock) -> None:
    first = ask(reader, LIST.format(kind="csv"))
    db.session.execute(text("UPDATE downloads SET created_at = created_at - :by"), {"by": GIVEN_UP_AFTER})
    db.session.execute(text("UPDATE downloads SET created_at = created_at - interval '1 minute'"))
    db.commit()
    second = ask(reader, LIST.format(kind="csv"))
    assert second != first
    assert ask(reader, LIST.format(kind="csv")) == second
    assert "could not be made" in reader.get(first).text


def test_a_file_that_ends_before_its_list_says_so(reader: FlaskClient, run_tasks: RunTasks) -> None:
    page = ask(reader, LIST.format(kind="csv"))
    run_tasks()
    assert "the rest is missing" not in reader.get(page).text
    db.session.execute(text("UPDATE downloads SET total = 600000"))
    db.commit()
    assert "The list has 600,000 rows" in reader.get(page).text
