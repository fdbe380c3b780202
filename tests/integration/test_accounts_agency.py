"""The administrators' pages: people, export, access log, background tasks, audit trail. ASVS 14.2.4, 16.3, 7.4.5."""

import html
import re
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from marketplace.accounts import queries, service
from marketplace.accounts.models import AccessEntry
from marketplace.claims import service as claims
from marketplace.core import db
from marketplace.core.actors import Role
from marketplace.core.audit import AuditEntry, record
from marketplace.core.errors import DomainError
from marketplace.core.task_queue import BackgroundTask
from marketplace.core.tasks import schedule
from tests.factories.accounts import make_officer, make_person, make_sme, sign_in_as


@pytest.fixture
def administrator(client: FlaskClient) -> FlaskClient:
    return sign_in_as(client, make_officer(Role.ADMINISTRATOR))


def test_people_are_found_by_name_role_and_status(administrator: FlaskClient) -> None:
    make_person("Findable Kim", email="kim@example.com")
    make_officer(Role.EVALUATOR, person=make_person("Evaluating Lee"))
    listed = administrator.get("/people?search=findable").text
    assert "kim@example.com" in listed
    assert "Evaluating Lee" not in listed
    assert "Evaluating Lee" in administrator.get("/people?role=evaluator").text
    assert "Findable Kim" not in administrator.get("/people?status=disabled").text


@pytest.mark.parametrize("query", ["?after=garbage", "?sort=nonsense", "?role=x&status=y", "?search=%25_'", "?page=-1"])
def test_strange_filters_are_harmless(administrator: FlaskClient, query: str) -> None:
    assert administrator.get(f"/people{query}").status_code == 200
    assert administrator.get(f"/audit{query}&person_id=x").status_code == 200
    assert administrator.get(f"/background-tasks{query}").status_code == 200


def test_people_are_paged(administrator: FlaskClient) -> None:
    for number in range(60):
        make_person(f"Paged {number:02d}")
    first = administrator.get("/people?search=paged&sort=name").text
    assert "Paged 49" in first
    assert "Paged 50" not in first
    following = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    second = administrator.get(following).text
    assert "Paged 50" in second
    assert "Paged 49" not in second


def test_the_list_leaves_the_house_only_with_a_reason_that_is_kept(administrator: FlaskClient) -> None:
    make_person("=HYPERLINK(1)", email="formula@example.com")
    refused = administrator.post("/people/export", data={"reason": "", "format": "csv"})
    assert refused.status_code == 422
    answer = administrator.post("/people/export", data={"reason": "monthly check", "format": "csv"})
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert "'=HYPERLINK(1)" in answer.text
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "people.export")).one()
    assert entry.body["reason"] == "monthly check"
    assert "example.com" not in str(entry.body)


@pytest.mark.usefixtures("real_database")
def test_a_look_at_a_persons_data_is_kept(app: Flask) -> None:
    client = app.test_client()
    with app.app_context():
        sme, officer = make_sme(), make_officer(Role.AUDITOR)
        sign_in_as(client, officer)
    assert client.get(f"/people/{sme.person_id}").status_code == 200
    entry = db.session.scalars(select(AccessEntry).where(AccessEntry.subject_id == sme.person_id)).one()
    assert (entry.person_id, entry.role, entry.page) == (officer.person_id, "auditor", "person")
    assert entry.address


@pytest.mark.parametrize("statement", ["UPDATE access_log SET page = 'x'", "DELETE FROM access_log"])
def test_the_program_cannot_rewrite_the_access_log(database: object, statement: str) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        db.session.execute(text(statement))


def dead_task() -> BackgroundTask:
    schedule(claims.escalate_claim, claim_id=uuid4(), step="check", level=1, requests=0)
    task = db.session.scalars(select(BackgroundTask).where(BackgroundTask.name == "escalate_claim")).one()
    task.status, task.failures, task.last_error = "dead", 5, "ValueError: <b>broken</b>"
    db.flush()
    return task


def test_a_dead_task_is_shown_and_tried_again(administrator: FlaskClient) -> None:
    task = dead_task()
    task_id = task.id
    shown = administrator.get("/background-tasks?lang=en").text
    for words in (
        "escalate_claim",
        task.key,
        "Say that a step of a claim is overdue",
        "Step: check",
        "Requests before: 0",
    ):
        assert words in shown
    assert "청구의 단계가 지연되었음을 알림" in administrator.get("/background-tasks?lang=ko").text
    assert "&lt;b&gt;broken" in shown
    assert administrator.post(f"/background-tasks/{task_id}/retry").status_code == 303
    task = db.session.get(BackgroundTask, task_id)
    assert task is not None
    assert (task.status, task.failures) == ("pending", 0)


def test_an_auditor_sees_tasks_and_changes_none(client: FlaskClient) -> None:
    task_id = dead_task().id
    sign_in_as(client, make_officer(Role.AUDITOR))
    assert client.get("/background-tasks").status_code == 200
    assert client.post(f"/background-tasks/{task_id}/retry").status_code == 403


def test_the_audit_trail_is_read_by_action_person_and_thing(client: FlaskClient) -> None:
    sme, subject = make_sme(), uuid4()
    record(sme, "thing.done", ("things", subject), after={"amount": 5})
    sign_in_as(client, make_officer(Role.AUDITOR))
    assert "thing.done" in client.get(f"/audit?subject_id={subject}").text
    assert "thing.done" in client.get(f"/audit?person_id={sme.person_id}&action=thing").text
    assert "thing.done" not in client.get(f"/audit?subject_id={uuid4()}").text
    export = client.get(f"/audit?subject_id={subject}&format=csv")
    assert export.mimetype == "text/csv"
    assert "thing.done" in export.text


def test_every_look_at_a_person_can_be_paged_to(client: FlaskClient) -> None:
    officer, person = make_officer(Role.AUDITOR), make_person()
    for number in range(55):
        service.log_access(officer, person.id, page=f"look {number:02d}", address="")
    client.set_cookie("lang", "en")
    sign_in_as(client, officer)
    first = client.get(f"/people/{person.id}").text
    assert "1–50 of 56" in first, "this look too"
    (further,) = re.findall(r'href="([^"]+)" rel="next"', first)
    second = client.get(html.unescape(further)).text
    seen = re.findall(r"look \d\d", first) + re.findall(r"look \d\d", second)
    assert sorted(seen) == [f"look {number:02d}" for number in range(55)]


@pytest.mark.parametrize("path", ["/people", "/people/invite", "/people/export", "/background-tasks", "/audit"])
@pytest.mark.parametrize("role", [Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER, Role.ETHICS_OFFICER])
def test_other_officers_see_none_of_it(client: FlaskClient, path: str, role: Role) -> None:
    sign_in_as(client, make_officer(role))
    assert client.get(path).status_code == 403


def test_disable_from_the_page_needs_a_reason(administrator: FlaskClient) -> None:
    sme = make_sme()
    assert administrator.post(f"/people/{sme.person_id}/disable", data={"reason": ""}).status_code == 422
    assert administrator.post(f"/people/{sme.person_id}/disable", data={"reason": "fraud"}).status_code == 303
    assert queries.get_person(sme.person_id).status == "disabled"


def test_every_page_of_accounts_renders_in_both_languages(administrator: FlaskClient) -> None:
    sme = make_sme()
    paths = ["/people", f"/people/{sme.person_id}", f"/people/{sme.person_id}/roles/new", "/people/invite", "/account"]
    paths += ["/people/export", "/background-tasks?status=all", "/audit", "/account/roles", "/account/sessions"]
    paths += [
        "/account/profile",
        "/account/password",
        "/account/email",
        "/companies/new/sme",
        "/companies/new/provider",
    ]
    for path in paths:
        for language in ("ko", "en"):
            separator = "&" if "?" in path else "?"
            response = administrator.get(f"{path}{separator}lang={language}")
            assert response.status_code == 200, path
            assert f'lang="{language}"' in response.text


def test_two_administrators_always_stay(database: object) -> None:
    first, second, third = (make_officer(Role.ADMINISTRATOR) for _ in range(3))
    service.end_membership(third.membership_id, actor=first)
    with pytest.raises(DomainError):
        service.end_membership(second.membership_id, actor=first)
