"""A money verb and its key: one effect, the same answer again, another request refused, two at once in turn."""

import threading
from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from config.settings import Settings
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor
from marketplace.ledger import chart
from marketplace.ledger.models import Account
from marketplace.ledger.rules import KeyReused
from marketplace.ledger.service import money_verb, open_account


@money_verb(Account)
def open_one(name: str, *, actor: Actor, key: str) -> Account:
    """A verb whose every real effect is a new account."""
    account = chart.co_payment(uuid4())
    open_account(account, currency="KRW")
    if name == "refused":
        raise ValueError
    return db.session.query(Account).filter_by(code=str(account)).one()


@pytest.fixture
def stored(app: Flask, real_database: Settings) -> Flask:
    return app


def ask(app: Flask, name: str = "one", key: str = "k") -> UUID:
    with app.app_context(), db.unit_of_work():
        return open_one(name, actor=SYSTEM, key=key).id


def accounts(app: Flask) -> int:
    with app.app_context(), db.unit_of_work():
        return db.session.query(Account).count()


def test_the_same_request_gets_the_first_answer(stored: Flask) -> None:
    assert ask(stored) == ask(stored)
    assert accounts(stored) == 1


def test_another_request_under_the_same_key_is_refused(stored: Flask) -> None:
    ask(stored)
    with pytest.raises(KeyReused):
        ask(stored, "other")
    assert accounts(stored) == 1


def test_a_refused_request_leaves_its_key_unused(stored: Flask) -> None:
    with pytest.raises(ValueError):
        ask(stored, "refused")
    ask(stored)
    assert accounts(stored) == 1


def test_many_at_once_have_one_effect_and_one_answer(stored: Flask) -> None:
    start, answers = threading.Barrier(10), []

    def press() -> None:
        start.wait()
        answers.append(ask(stored))

    threads = [threading.Thread(target=press) for _number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(answers), len(set(answers)), accounts(stored)) == (10, 1, 1)


@pytest.mark.parametrize(
    "change", ["UPDATE money_requests SET answer_id = gen_random_uuid()", "DELETE FROM money_requests"]
)
def test_an_answered_request_never_changes(stored: Flask, change: str, as_owner: Callable[..., None]) -> None:
    ask(stored)
    with pytest.raises(DBAPIError):
        as_owner(change)
    with stored.app_context(), db.unit_of_work():
        assert db.session.scalar(text("SELECT count(*) FROM money_requests WHERE answer_id IS NOT NULL")) == 1
