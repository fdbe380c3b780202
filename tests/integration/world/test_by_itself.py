"""What clocks and background tasks change of a row disturbs nobody who has a form about it open; all else does."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, update

from marketplace.core import db
from marketplace.programmes.models import Call
from marketplace.programmes.states import CallStatus
from marketplace.providers.models import Provider
from marketplace.receivables.models import Instalment
from marketplace.receivables.states import InstalmentStatus
from marketplace.vouchers.models import Application, Voucher
from tests.factories.pages import OpenForm
from tests.factories.world import World
from tests.integration.test_access_matrix import address

NOW = func.app_now()
# A form, who has it open, the thing of the world that it shows, what changes of that by itself, and what doesn't.
FORMS: list[tuple[str, str, type[db.Model], str, dict[str, Any], dict[str, Any]]] = [
    (
        "vouchers.call_wind_down",
        "programme_officer",
        Call,
        "call_id",
        {"status": CallStatus.CLOSED, "closed_at": NOW},
        {"ceiling_lifted_at": NOW},
    ),
    (
        "vouchers.voucher_surrender",
        "signatory",
        Voucher,
        "voucher_id",
        {"reminded_percent": 50},
        {"suspended_at": NOW},
    ),
    (
        "vouchers.application_withdraw",
        "signatory",
        Application,
        "application_id",
        {"end_told_at": NOW},
        {"reason": "Another one"},
    ),
    (
        "providers.review",
        "programme_officer",
        Provider,
        "applicant_id",
        {
            "load": 2,
            "last_worked_at": NOW,
            "grade_value": 80,
            "grade_count": 3,
            "grade_published_at": NOW,
            "grade_provisional": False,
        },
        {"capacity": 9},
    ),
    (
        "receivables.propose_write_off",
        "budget_officer",
        Instalment,
        "instalment_id",
        {"status": InstalmentStatus.NOTIFIED, "notified_at": NOW},
        {"interest_until": func.current_date()},
    ),
]


@pytest.mark.parametrize(("endpoint", "reader", "model", "thing", "by_itself", "decided"), FORMS)
def test_what_changes_by_itself_refuses_no_form(
    app: Flask,
    world: World,
    clients: dict[str, FlaskClient],
    endpoint: str,
    reader: str,
    model: Any,
    thing: str,
    by_itself: dict[str, Any],
    decided: dict[str, Any],
) -> None:
    def is_told_after(change: dict[str, Any]) -> bool:
        form = OpenForm(clients[reader], address(app, world, endpoint, reader))
        db.session.execute(update(model).where(model.id == world.things[thing]).values(change))
        return form.send(decision="none", confirmed="").status_code == 409

    assert not is_told_after(by_itself)
    assert is_told_after(decided)
