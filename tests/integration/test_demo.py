"""The demo: its data come by the verbs and hold together; its pages move time, show mails and play the bank."""

import os
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Select, func, select, text

from config.settings import Settings
from marketplace.accounts.models import Person
from marketplace.claims.models import Claim, Deduction, PaymentBatch, Refund
from marketplace.claims.queries import unmatched_entries
from marketplace.core import clock, db
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import Invalid
from marketplace.core.task_queue import BackgroundTask
from marketplace.demo import queries, runner, service
from marketplace.demo.people import PASSWORD
from marketplace.engagements.models import Engagement
from marketplace.ethics.models import Flag
from marketplace.ledger import chart
from marketplace.ledger.queries import balance
from marketplace.notifications.models import Message
from marketplace.programmes.models import Call
from marketplace.receivables.models import Instalment, Receivable
from marketplace.vouchers.models import Allocation, Application, Scoring, Voucher
from tests import business_time


def statuses(model: type) -> Counter[str]:
    """How many rows stand at each status."""
    return Counter(dict(db.session.execute(select(model.status, func.count()).group_by(model.status)).all()))


def run(app: Flask, *words: str) -> str:
    """Run the demo's command line; it must succeed."""
    result = app.test_cli_runner().invoke(args=["demo", *words])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.slow
def test_the_generator_and_what_plays_on_its_data(app: Flask, real_database: Settings) -> None:
    assert "Done" in run(app, "generate", "--small")
    made = statuses(Engagement)
    assert {"finished", "active", "awaiting_co_payment"} <= set(made)
    everything_is_shown()
    assert set(statuses(BackgroundTask)) <= {"done", "cancelled", "pending"}
    assert db.session.scalar(text("SELECT shift FROM clock_offset")) == business_time.SHIFT
    oldest = db.session.scalar(select(func.min(AuditEntry.at)))
    assert clock.now() - oldest > timedelta(days=720)
    assert db.session.scalar(select(func.max(AuditEntry.at))) <= clock.now()
    db.session.remove()

    assert run(app, "generate", "--if-empty") == ""
    assert app.test_cli_runner().invoke(args=["demo", "generate"]).exit_code == 1
    assert app.test_cli_runner().invoke(args=["ledger", "verify"]).exit_code == 0

    printed = run(app, "sign-ins")
    for role in ("budget2@", "ethics3@", "evaluator2@", "admin2@", "signatory@", "manager@", PASSWORD):
        assert role in printed

    pay_a_debt(app)
    play_the_bank(app)
    db.session.remove()


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["2026-11-27T00:10", "2026-11-29T23:50", "2027-01-01T00:20", "2028-02-29T12:00"])
def test_the_demo_can_be_made_at_any_hour(app: Flask, real_database: Settings, moment: str) -> None:
    with app.app_context(), db.unit_of_work():
        db.move_clock(datetime.fromisoformat(moment).replace(tzinfo=clock.zone()) - clock.now())
    try:
        run(app, "generate", "--small")
        everything_is_shown()
        db.session.remove()
    finally:
        business_time.come_back()


def everything_is_shown() -> None:
    """What a newcomer looks for is there to be seen: each of these once at least."""
    today = clock.today()
    assert {"terminated"} <= set(statuses(Engagement))
    assert {"submitted", "checked", "batched", "paid"} <= set(statuses(Claim))
    assert {"paid", "awaiting"} <= set(statuses(Refund))
    assert statuses(Application)["offered"] == 1, "from the waitlist"
    assert statuses(Call)["winding_down"] == 1
    assert statuses(Scoring)["scored"]
    methods = db.session.scalars(select(Call.allocation_method).join(Allocation, Allocation.call_id == Call.id))
    assert "hybrid" in set(methods), "drawn"
    assert found(select(Voucher).where(Voucher.extended_by.is_not(None)))
    assert len(unmatched_entries(limit=10)) == 2, "a share without a reference, money of the firm for the company"
    assert found(select(Flag).where(Flag.rule_id == "E18"))
    assert found(select(Deduction).where(Deduction.status == "agreed"))
    kinds = db.session.scalars(select(Receivable.kind).where(Receivable.status == "open"))
    assert set(kinds) == {"recovery", "repayment"}
    assert statuses(Instalment)["paid"] == 1
    assert found(select(Instalment).where(Instalment.status == "notified", Instalment.due_on < today)), "in arrears"


def found(query: Select[Any]) -> bool:
    """Whether there is such a row."""
    return db.session.scalars(query).first() is not None


def pay_a_debt(app: Flask) -> None:
    """The oldest unpaid instalment of the debt that is due first arrives, with its interest, and no more."""
    debt, _debtor = queries.open_debts()[0]
    number_of_debt, position = debt.number, debt.live[0].position
    db.session.remove()
    run(app, "bank", number_of_debt)
    db.session.remove()
    with app.app_context(), db.unit_of_work():
        db.load_clock()
        runner.run_due()
    debt, _debtor = queries.open_debts()[0]
    assert debt.number == number_of_debt
    assert debt.live[0].position == position + 1
    db.session.remove()


def play_the_bank(app: Flask) -> None:
    """A batch that was sent is booked, a company's share arrives; nothing twice."""
    number = db.session.scalar(select(PaymentBatch.number).where(PaymentBatch.status == "sent"))
    _agreement, share, _name = queries.shares_awaited()[0]
    held, reference, amount = balance(chart.co_payment(share.agreement_id)), share.reference, share.amount
    agreement_id = share.agreement_id
    db.session.remove()
    run(app, "bank", str(number))
    run(app, "bank", reference)
    again = app.test_cli_runner().invoke(args=["demo", "bank", str(number)])
    assert again.exit_code == 1
    assert "Only a batch" in again.output
    assert statuses(PaymentBatch)["sent"] == 0
    assert balance(chart.co_payment(agreement_id)) == held + amount
    actions = set(db.session.scalars(select(AuditEntry.action)))
    assert {"demo.answer_batch", "demo.pay_share", "demo.pay_debt"} <= actions


def test_time_moves_on_by_the_page_and_is_audited(client: FlaskClient, database: object) -> None:
    before = clock.now()
    try:
        answer = client.post("/demo/clock", data={"span": "8d"})
        assert answer.status_code == 303
        assert timedelta(days=8) <= clock.now() - before < timedelta(days=8, minutes=1)
        assert db.session.scalar(select(AuditEntry.action).where(AuditEntry.action == "demo.advance"))
    finally:
        business_time.come_back()


@pytest.mark.parametrize("span", ["", "8", "-1d", "0d", "401d", "8x", "d", "８d", "1e3d", "99999w"])
def test_a_wrong_span_moves_nothing(client: FlaskClient, span: str) -> None:
    before = clock.now()
    answer = client.post("/demo/clock", data={"span": span})
    assert answer.status_code == 422
    assert clock.now() - before < timedelta(minutes=1)
    with pytest.raises(Invalid):
        service.parse_span(span)


def test_the_outbox_shows_mails_with_links_that_can_be_followed(client: FlaskClient, database: object) -> None:
    client.post(
        "/account/sign-up",
        data={"name": "별", "email": "star@sky.example", "password": PASSWORD, "locale": "en"},
    )
    message = db.session.scalars(select(Message).where(Message.address == "star@sky.example")).one()
    listed = client.get("/demo/outbox?address=star@sky").get_data(as_text=True)
    assert f"/demo/outbox/{message.id}" in listed
    assert f"/demo/outbox/{message.id}" not in client.get("/demo/outbox?address=moon").get_data(as_text=True)
    page = client.get(f"/demo/outbox/{message.id}").get_data(as_text=True)
    assert '<a href="http' in page
    assert "/account/confirm/" in page
    assert db.session.scalar(select(func.count()).select_from(Person)) == 1


@pytest.mark.costly("starts a process that loads everything")
def test_outside_demo_mode_there_is_no_demo(settings: Settings, tmp_path: Path) -> None:
    env = {
        "PATH": os.environ["PATH"],
        "DEMO": "0",
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
    }
    program = (
        "from app import create_app; a = create_app();"
        "print([rule.rule for rule in a.url_map.iter_rules()], list(a.cli.commands))"
    )
    told = subprocess.run(
        [sys.executable, "-c", program], env=env, check=True, capture_output=True, text=True, cwd=Path.cwd()
    )
    assert "/healthz" in told.stdout
    assert "demo" not in told.stdout
