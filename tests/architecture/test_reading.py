"""Looking at pages changes nothing."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from marketplace.core import db
from marketplace.core.actors import AGENCY, Actor, Role
from tests.factories.accounts import make_member, make_officer, make_provider, make_sme, sign_in_as

WRITTEN_BY_LOOKING = ("access_log", "sessions")
ACTORS = [Role.SIGNATORY, Role.PREPARER, Role.MANAGER, Role.CONSULTANT, *sorted(AGENCY)]


def actor_in(role: Role) -> Actor:
    """Somebody in this role."""
    if role in AGENCY:
        return make_officer(role)
    own = make_sme() if role in (Role.SIGNATORY, Role.PREPARER, Role.HELPER) else make_provider()
    return own if own.role is role else make_member(own, role)


def rows_changed() -> dict[str, int]:
    """Rows inserted, updated and deleted so far in this transaction, by table."""
    rows = db.session.execute(
        text("SELECT relname, n_tup_ins + n_tup_upd + n_tup_del AS changes FROM pg_stat_xact_user_tables")
    )
    return {row.relname: row.changes for row in rows if row.relname not in WRITTEN_BY_LOOKING}


def addresses(app: Flask) -> list[str]:
    """Every page that can be opened without knowing an id."""
    return sorted(
        rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and not rule.arguments
    )


@pytest.mark.parametrize("role", ACTORS)
def test_looking_at_every_page_changes_no_row(app: Flask, client: FlaskClient, role: Role) -> None:
    sign_in_as(client, actor_in(role))
    db.session.commit()
    before = rows_changed()
    broken = {address: status for address in addresses(app) if (status := client.get(address).status_code) == 500}
    assert rows_changed() == before
    assert not broken


def test_the_signed_out_see_pages_or_the_way_in(app: Flask, client: FlaskClient) -> None:
    statuses = {address: client.get(address).status_code for address in addresses(app)}
    assert not {address: status for address, status in statuses.items() if status not in (200, 302, 303, 404, 503)}
