"""Every (status, event, role) of everything with money: done by whoever may, refused to everybody else, SQL too."""

from collections.abc import Iterator
from itertools import groupby

import pytest
from flask import Flask
from sqlalchemy import Connection, text

from marketplace.core import db
from tests import business_time
from tests.conftest import unbind
from tests.factories.engagements import make_story
from tests.factories.receivables import REPAYABLE
from tests.pairs.applications import APPLICATIONS
from tests.pairs.calls import BUDGET_LINES, CALLS
from tests.pairs.claims import CLAIMS, HOLDS
from tests.pairs.debts import DEDUCTIONS, INSTALMENTS, RECEIVABLES, WRITE_OFFS
from tests.pairs.payments import BATCHES, LINES, REFUNDS
from tests.pairs.vouchers import VOUCHERS
from tests.pairs.walk import Cast, Life, Verb, Walk, make_cast
from tests.pairs.work import AGREEMENTS, CO_PAYMENTS, ENGAGEMENTS, STAGES

LIVES: list[Life] = [
    *CALLS,
    *BUDGET_LINES,
    *APPLICATIONS,
    *VOUCHERS,
    *AGREEMENTS,
    *CO_PAYMENTS,
    *ENGAGEMENTS,
    *STAGES,
    *CLAIMS,
    *HOLDS,
    *REFUNDS,
    *BATCHES,
    *LINES,
    *DEDUCTIONS,
    *RECEIVABLES,
    *INSTALMENTS,
    *WRITE_OFFS,
]
BY_LIFECYCLE = [pytest.param(list(lives), id=name) for name, lives in groupby(LIVES, lambda life: life.lifecycle.name)]


@pytest.fixture(scope="module")
def connection(app: Flask) -> Iterator[Connection]:
    """One transaction for the module: the story is told once, every attempt is undone."""
    with app.extensions["test_engine"].connect() as found, app.app_context():
        transaction = found.begin()
        db.session.remove()
        db.session.configure(bind=found, join_transaction_mode="create_savepoint")
        yield found
        unbind()
        transaction.rollback()
        business_time.come_back()


@pytest.fixture(scope="module")
def cast(connection: Connection) -> Cast:
    with db.unit_of_work():
        return make_cast(make_story(programme=REPAYABLE, extension_days=100))


def test_everything_that_bears_money_is_here(connection: Connection) -> None:
    """What the database guards by its moves is what is walked."""
    guarded = connection.scalars(text("SELECT DISTINCT lifecycle FROM lifecycle_moves"))
    assert set(guarded) == {life.lifecycle.name for life in LIVES}


@pytest.mark.parametrize("lives", BY_LIFECYCLE)
def test_every_pair(connection: Connection, cast: Cast, lives: list[Life], short: bool) -> None:
    lifecycle = lives[0].lifecycle
    tried: set[tuple[Verb, str]] = set()  # lives of one lifecycle share verbs, which are tried once in a status
    walks = [Walk(connection, cast, life, tried, short=short) for life in lives]
    for walk in walks:
        walk.run()
    made = {pair for walk in walks for pair in walk.made}
    declared = {(move.event, status) for move in lifecycle.moves for status in move.sources}
    assert made == declared
    assert {status for walk in walks for status in walk.seen} == set(lifecycle.statuses)
