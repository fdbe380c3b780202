"""Every route × every role × own or other tenant, against `tests/access_matrix.csv`. ASVS 8.1.1, 8.2.1, 8.2.2, 8.4.1.

A cell is `yes` (the page or verb answers this actor; it may still say "not now"), `302` (signed out, to sign-in), `403`
(wrong role) or `404` (not theirs). A new route has no row and fails: write its row by hand from what the role may do.
"""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import Connection
from werkzeug.exceptions import Forbidden
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from marketplace.accounts import queries as accounts
from marketplace.core import auth, db
from marketplace.core.actors import AGENCY, Actor, Role
from tests import business_time
from tests.conftest import Browser, one_transaction
from tests.factories.accounts import sign_in_as
from tests.factories.world import World, make_world
from tests.milestones import Milestones

MATRIX = Path(__file__).parents[1] / "access_matrix.csv"
ROWS = {(row.pop("route"), row.pop("method")): row for row in csv.DictReader(MATRIX.read_text().splitlines())}

# Where a route wants another thing of the world than its parameter's name says.
INSTEAD: dict[str, dict[str, str]] = {
    "accounts.approve_role": {"membership_id": "proposed_id"},
    "accounts.refuse_role": {"membership_id": "proposed_id"},
    "accounts.end_role": {"membership_id": "auditing_id"},
    "certificates.certificate_answer": {"certificate_id": "refused_certificate_id"},
    "certificates.certificate_revoke": {"certificate_id": "verified_certificate_id"},
    "claims.confirm_account": {"line_id": "payment_line_id"},
    "claims.remove_line": {"line_id": "payment_line_id"},
    "demo.let_firms_bid": {"job_id": "open_job_id"},
    "engagements.countersign_session": {"session_id": "consulting_session_id"},
    "engagements.draft_agreement": {"award_id": "spare_award_id"},
    "engagements.reject_session": {"session_id": "consulting_session_id"},
    "engagements.withdraw_session": {"session_id": "consulting_session_id"},
    "jobs.answer": {"job_id": "open_job_id"},
    "jobs.ask": {"job_id": "open_job_id"},
    "jobs.place_bid": {"job_id": "open_job_id"},
    "jobs.public_job": {"job_id": "open_job_id"},
    "jobs.withdraw_job": {"job_id": "open_job_id"},
    "matching.invite": {"job_id": "open_job_id"},
    "matching.matches": {"job_id": "open_job_id"},
    "jobs.edit_job": {"job_id": "draft_job_id"},
    "jobs.publish_job": {"job_id": "draft_job_id"},
    "programmes.budget_line_new": {"call_id": "draft_call_id"},
    "programmes.call_file": {"file_id": "call_file_id"},
    "programmes.call_file_remove": {"file_id": "draft_call_file_id"},
    "programmes.call_files": {"call_id": "draft_call_id"},
    "programmes.call_edit": {"call_id": "draft_call_id"},
    "programmes.call_quotas": {"call_id": "draft_call_id"},
    "programmes.call_publish": {"call_id": "draft_call_id"},
    "programmes.programme_cost_shares": {"programme_id": "draft_programme_id"},
    "programmes.programme_edit": {"programme_id": "draft_programme_id"},
    "programmes.programme_publish": {"programme_id": "draft_programme_id"},
    "providers.enter_consultant": {"person_id": "consultant_person_id"},
    "providers.document": {"provider_id": "applicant_id"},
    "providers.review": {"provider_id": "applicant_id"},
    "reports.ledger_account": {"account_id": "ledger_account_id"},
    "surveys.answer": {"token": "survey_token"},
    "surveys.no_reminders": {"token": "survey_token"},
    "verification.end": {"verification_id": "confirmed_verification_id"},
    "vouchers.call_allocation": {"call_id": "decided_call_id"},
    "vouchers.sealed_list": {"call_id": "decided_call_id"},
    "vouchers.application_certificates": {"application_id": "draft_application_id"},
    "vouchers.application_check": {"application_id": "draft_application_id"},
    "vouchers.application_evidence": {"application_id": "draft_application_id"},
    "vouchers.application_facts": {"application_id": "draft_application_id"},
    "vouchers.waiting_room": {"call_id": "waiting_call_id"},
    "vouchers.waiting_room_enter": {"call_id": "waiting_call_id"},
    "vouchers.application_need": {"application_id": "draft_application_id"},
    "vouchers.evidence_remove": {"evidence_id": "draft_evidence_id"},
    "vouchers.application_tasks": {"application_id": "draft_application_id"},
}
# Parameters that are no row of one tenant.
FIXED = {
    "token": "not-a-token",
    "filename": "css/site.css",
    "kind": "sme",
    "event": "suspend",
    "session_id": "no-session",
}


@pytest.fixture(scope="module")
def connection(app: Flask, milestones: Milestones) -> Iterator[Connection]:
    """One transaction in the world for the module: each request is undone."""
    app.test_client_class = Browser
    with one_transaction(milestones.engine(make_world)) as made:
        db.load_clock()
        yield made
    business_time.come_back()


@pytest.fixture(scope="module")
def world(connection: Connection, milestones: Milestones) -> World:
    return milestones.read(make_world)


@pytest.fixture(scope="module")
def cookies(app: Flask, world: World) -> dict[str, str]:
    """Everybody's session cookie, by column."""
    with app.app_context():
        return {name: _signed_in(app.test_client(), actor) for name, actor in world.actors.items()}


def _signed_in(client: FlaskClient, actor: Actor) -> str:
    if actor.person_id is None:
        return ""
    cookie = sign_in_as(client, actor).get_cookie("session")
    assert cookie is not None
    return cookie.value


def routes(app: Flask) -> list[tuple[str, str]]:
    """Every (endpoint, method) that the application answers."""
    known = {
        (rule.endpoint, method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    return sorted(known)


def addresses(app: Flask, world: World, endpoint: str) -> dict[str, str]:
    """The route's address for what belongs to the first company and firm, by column of who asks."""
    rule = next(rule for rule in app.url_map.iter_rules(endpoint))
    with app.test_request_context():
        return {column: app.url_for(endpoint, **_values(world, rule, column)) for column in world.actors}


def address(app: Flask, world: World, endpoint: str, column: str) -> str:
    """The route's address for one of them."""
    return addresses(app, world, endpoint)[column]


def _values(world: World, rule: Rule, column: str) -> dict[str, Any]:
    values = {}
    for name in rule.arguments:
        argument = INSTEAD.get(rule.endpoint, {}).get(name, name)
        values[name] = world.things.get(argument) or _personal(world, rule.endpoint, argument, column)
    return values


def _personal(world: World, endpoint: str, name: str, column: str) -> Any:
    """Things that differ by who asks: memberships, and what needs no row."""
    if name == "membership_id" and endpoint == "accounts.switch_role":
        return world.actors["signatory"].membership_id
    if name == "membership_id":
        return world.things["firm_member_id" if column in ("manager", "other_manager") else "own_member_id"]
    if endpoint == "accounts.end_session":
        return accounts.open_sessions(world.actors["signatory"].person_id)[0].id
    return FIXED[name]


def outcome(response: TestResponse) -> str:
    assert response.status_code != 500, response.text
    if response.status_code in (403, 404):
        return str(response.status_code)
    if response.status_code == 302 and response.location.startswith("/account/sign-in"):
        return "302"
    return "yes"


def ask(connection: Connection, app: Flask, cookie: str, method: str, path: str) -> str:
    """What the application answers to this session; nothing of it is kept."""
    client = app.test_client()
    client.set_cookie("session", cookie)
    savepoint = connection.begin_nested()
    try:
        with client.open(path, method=method) as response:
            return outcome(response)
    finally:
        db.session.remove()
        savepoint.rollback()


def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    known = set(routes(app))
    assert not known - set(ROWS), "no row in tests/access_matrix.csv"
    assert not set(ROWS) - known, "no such route"


@pytest.mark.parametrize(("endpoint", "method"), sorted(ROWS), ids=lambda part: part)
def test_access(
    app: Flask, connection: Connection, world: World, cookies: dict[str, str], endpoint: str, method: str
) -> None:
    """The route's declaration refuses whom it should; of each kind of answer and of people one is really asked for."""
    expected, paths = ROWS[endpoint, method], addresses(app, world, endpoint)
    declared = {column: decision(app, world.actors[column], method, paths[column]) for column in expected}
    refused = {column: cell for column, cell in declared.items() if cell != "yes"}
    assert refused == {column: expected[column] for column in refused}
    asked = spokespeople(expected, declared)
    assert {column: ask(connection, app, cookies[column], method, paths[column]) for column in asked} == {
        column: expected[column] for column in asked
    }


@pytest.mark.slow
@pytest.mark.parametrize(("endpoint", "method"), sorted(ROWS), ids=lambda part: part)
def test_access_of_everybody(
    app: Flask, connection: Connection, world: World, cookies: dict[str, str], endpoint: str, method: str
) -> None:
    expected, paths = ROWS[endpoint, method], addresses(app, world, endpoint)
    answers = {column: ask(connection, app, cookies[column], method, paths[column]) for column in expected}
    assert answers == expected


def decision(app: Flask, actor: Actor, method: str, path: str) -> str:
    """What the route's declaration alone decides of this actor; `yes` where the view is called."""
    with app.test_request_context(path, method=method):
        g._login_user = auth.SignedIn(actor, "") if actor.person_id else auth.login_manager.anonymous_user()
        try:
            return "302" if auth.check_access() else "yes"
        except auth.SignedOut:
            return "302"
        except Forbidden:
            return "403"


# Who may stand for each other where the view answers: of each line one is asked in the short run.
KINDS = [
    {"signatory", "preparer", "helper", "manager", "consultant"},
    {"signed_out", "no_role", "other_signatory", "other_preparer", "other_helper", "other_manager", "other_consultant"},
    {role.value for role in AGENCY},
]


def spokespeople(expected: dict[str, str], declared: dict[str, str]) -> list[str]:
    """One for each refusal by the declaration, everybody whom the view must refuse, and one of each kind let in."""
    asked: dict[object, str] = {}
    for column, cell in expected.items():
        if declared[column] != "yes":
            asked.setdefault(cell, column)
        elif cell != "yes":
            asked[column] = column
        else:
            asked.setdefault(next(place for place, kind in enumerate(KINDS) if column in kind), column)
    return list(asked.values())


def test_signed_out_people_never_get_past_sign_in(app: Flask) -> None:
    """The file itself is checked against the routes' declarations, so that a wrong `yes` in it is noticed."""
    for (endpoint, method), row in ROWS.items():
        allowed = auth.access_of(app, endpoint) or frozenset()
        public = Role.VISITOR in allowed
        assert (row["signed_out"] == "302") == (not public), (endpoint, method)
        for column, cell in row.items():
            role = column.removeprefix("other_")
            if role in set(Role) and cell == "yes":
                assert role in allowed, (endpoint, method, column)


def test_auditors_change_nothing() -> None:
    """Auditors read everything; the only verbs they have are about their own account, or a company of their own."""
    changes = {endpoint for (endpoint, method), row in ROWS.items() if method == "POST" and row["auditor"] == "yes"}
    others = {endpoint for endpoint in changes if not endpoint.startswith("accounts.") and not _public(endpoint)}
    assert others == {"verification.open_dispute"}


def _public(endpoint: str) -> bool:
    return any(row["signed_out"] == "yes" for (name, _method), row in ROWS.items() if name == endpoint)
