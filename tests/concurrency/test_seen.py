"""A colleague saves at the very moment in which the signatory submits: what was not seen is never sealed."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from time import sleep

import pytest
from flask import Flask
from sqlalchemy import text

from config.settings import Settings
from marketplace.core import db
from marketplace.vouchers import rules, service
from marketplace.vouchers.models import Application
from tests import business_time
from tests.factories.accounts import make_sme, sign_in_as
from tests.factories.pages import OpenForm
from tests.factories.programmes import make_call
from tests.factories.vouchers import FACTS, make_draft


@pytest.fixture
def strict(app: Flask, real_database: Settings) -> Iterator[Flask]:
    """The application on a database of its own, with forms that must carry what they showed."""
    app.config["SEEN_REQUIRED"] = True
    yield app
    app.config["SEEN_REQUIRED"] = False
    business_time.come_back()


def test_a_colleague_who_is_saving_right_now_is_waited_for(strict: Flask) -> None:
    client = strict.test_client()
    with strict.app_context(), db.unit_of_work():
        sme = make_sme()
        draft_id = make_draft(make_call(), sme, employees=20).id
        sign_in_as(client, sme)
    form = OpenForm(client, f"/applications/{draft_id}/check")
    saving = Event()

    def save() -> None:
        with strict.app_context(), db.unit_of_work():
            service.save_facts(draft_id, FACTS | {"employees": 49}, actor=sme)
            saving.set()
            wait_until_somebody_waits()

    with ThreadPoolExecutor(2) as pool:
        saved = pool.submit(save)
        assert saving.wait(10)
        answer = pool.submit(form.send, **dict.fromkeys(rules.DECLARATIONS, "y")).result(30)
        saved.result(30)
    assert answer.status_code == 409
    with strict.app_context(), db.unit_of_work():
        draft = db.get(Application, draft_id)
        assert (draft.status, draft.facts["employees"]) == ("draft", 49)


def wait_until_somebody_waits() -> None:
    """Keep the row locked until another connection wants it."""
    for _try in range(500):
        if db.session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")):
            return
        sleep(0.01)
    raise AssertionError("nobody waited")
