"""Every route × every role × own or another tenant, as a table that people review: access.csv.

A cell says what somebody gets who asks for a thing of the story's own SME and firm (own) or as a member of another
SME or firm (other): `yes`, `sign in`, `403`, `404`. A new route without a row fails, and so does a changed answer.
ASVS 5.0: 8.2.1, 8.2.2, 8.3.1, 8.4.1.
"""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session, scoped_session
from werkzeug.routing import Rule

from marketplace.core import clock, db
from marketplace.core.actors import AGENCY, VISITOR, Actor, Role
from tests.factories.accounts import make_member, make_officer, make_provider, make_sme, sign_in_as
from tests.factories.engagements import Story
from tests.factories.integrity import make_finished

TABLE = Path(__file__).with_name("access.csv")
TENANT_ROLES = (Role.SIGNATORY, Role.PREPARER, Role.HELPER, Role.MANAGER, Role.CONSULTANT)
COLUMNS = [
    "visitor",
    *(f"{role} {side}" for role in TENANT_ROLES for side in ("own", "other")),
    *sorted(role.value for role in AGENCY),
]
UNGUARDED = {"static", "healthz", "readyz"}

# Where an argument of an address finds the story's own row; `:sme` and `:firm` are its two organisations.
OF_SME, OF_FIRM = "organisation_id = :sme", "provider_id = :firm"
ENGAGEMENT = "engagement_id IN (SELECT id FROM engagements WHERE organisation_id = :sme)"
AGREEMENT = "agreement_id IN (SELECT id FROM agreements WHERE organisation_id = :sme)"
ROWS = {
    "account_id": "bank_accounts WHERE organisation_id = :firm",
    "agreement_id": f"agreements WHERE {OF_SME}",
    "application_id": f"applications WHERE {OF_SME}",
    "assignment_id": f"agreement_consultants WHERE {AGREEMENT}",
    "award_id": "awards WHERE job_id IN (SELECT id FROM jobs WHERE organisation_id = :sme)",
    "bid_id": f"bids WHERE {OF_FIRM}",
    "budget_line_id": "budget_lines",
    "call_id": "calls",
    "consultant_id": f"consultants WHERE {OF_FIRM}",
    "deliverable_id": f"deliverables WHERE {ENGAGEMENT}",
    "engagement_id": f"engagements WHERE {OF_SME}",
    "evidence_id": "evidence WHERE application_id IN (SELECT id FROM applications WHERE organisation_id = :sme)",
    "job_id": f"jobs WHERE {OF_SME}",
    "line_id": "budget_lines",
    "membership_id": "memberships WHERE organisation_id = :firm AND role = 'consultant'",
    "organisation_id": "organisations WHERE id = :sme",
    "person_id": "people WHERE id IN (SELECT person_id FROM memberships WHERE organisation_id = :firm)",
    "programme_id": "programmes",
    "provider_id": "providers WHERE id = :firm",
    "stage_id": f"stages WHERE {ENGAGEMENT}",
    "voucher_id": f"vouchers WHERE {OF_SME}",
}
WORDS = {"kind": "sme", "event": "suspend", "token": "unknown", "code": "unknown", "filename": "app.css"}


def some_id(story: Story, argument: str) -> str:
    """The id of the story's own row for this argument; an unknown one where the story has none."""
    if argument in WORDS:
        return WORDS[argument]
    found = None
    if argument in ROWS:
        organisations = {"sme": story.sme.organisation_id, "firm": story.manager.organisation_id}
        statement = text(f"SELECT id FROM {ROWS[argument]} ORDER BY id LIMIT 1")
        found = db.session.scalar(statement, {k: v for k, v in organisations.items() if f":{k}" in str(statement)})
    return str(found or uuid4())


def actors_of(story: Story) -> dict[str, Actor]:
    """Somebody for each column."""
    own, other = {Role.SIGNATORY: story.sme, Role.MANAGER: story.manager}, {}
    other[Role.SIGNATORY], other[Role.MANAGER] = make_sme(), make_provider()
    for side in (own, other):
        mandate = {"mandate": "Prepares applications", "valid_until": clock.today() + timedelta(days=30)}
        side[Role.PREPARER] = make_member(side[Role.SIGNATORY], Role.PREPARER)
        side[Role.HELPER] = make_member(side[Role.SIGNATORY], Role.HELPER, **mandate)
        side[Role.CONSULTANT] = make_member(side[Role.MANAGER], Role.CONSULTANT)
    own[Role.CONSULTANT] = story.consultant_actors[0]
    actors = {"visitor": VISITOR}
    for role in TENANT_ROLES:
        actors |= {f"{role} own": own[role], f"{role} other": other[role]}
    return actors | {role.value: make_officer(role) for role in AGENCY}


class Asker:
    """Asks for addresses as one actor; nothing that an answer changes stays."""

    def __init__(self, app: Flask, actor: Actor) -> None:
        self.app, self.cookie = app, None
        if actor is not VISITOR:
            client = sign_in_as(app.test_client(), actor)
            found = client.get_cookie("session")
            assert found
            self.cookie = found.value

    def ask(self, address: str, method: str) -> str:
        client = self.app.test_client()
        if self.cookie:
            client.set_cookie("session", self.cookie)
        connection = db.session.get_bind()
        db.session.remove()
        savepoint = connection.begin_nested()
        answer = client.open(address, method=method)
        db.session.remove()
        savepoint.rollback()
        if answer.status_code == 302 and "/sign-in" in answer.location:
            return "sign in"
        return str(answer.status_code) if answer.status_code in (403, 404, 500) else "yes"


def rules(app: Flask) -> Iterator[Rule]:
    """One rule per endpoint, by name."""
    found = {rule.endpoint: rule for rule in app.url_map.iter_rules() if rule.endpoint not in UNGUARDED}
    yield from (found[endpoint] for endpoint in sorted(found))


def measure(app: Flask, story: Story) -> str:
    """The table as it is now."""
    askers = {column: Asker(app, actor) for column, actor in actors_of(story).items()}
    db.session.commit()
    output = io.StringIO()
    table = csv.writer(output, lineterminator="\n")
    table.writerow(["endpoint", *COLUMNS])
    for rule in rules(app):
        with app.test_request_context():
            address = app.url_for(rule.endpoint, **{name: some_id(story, name) for name in rule.arguments})
        method = "GET" if "GET" in (rule.methods or ()) else "POST"
        table.writerow([rule.endpoint, *(askers[column].ask(address, method) for column in COLUMNS)])
    return output.getvalue()


@pytest.fixture
def story(database: scoped_session[Session]) -> Story:
    """An engagement that is finished, so that a thing of each kind is there."""
    return make_finished()[0]


def test_every_route_answers_each_role_as_the_table_says(
    app: Flask, client: FlaskClient, story: Story, tmp_path: Path
) -> None:
    found = measure(app, story)
    (tmp_path / "access.csv").write_text(found)
    known = set(TABLE.read_text().splitlines())
    changed = [line for line in found.splitlines() if line not in known]
    gone = known - set(found.splitlines())
    assert not changed, f"If each change is meant: cp {tmp_path / 'access.csv'} {TABLE}"
    assert not gone
