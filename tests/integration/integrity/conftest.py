"""One finished engagement a file: made once, and put back after each test by a savepoint."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import Connection
from sqlalchemy.orm import Session, scoped_session

from marketplace.core import db
from marketplace.engagements.models import Engagement
from tests.conftest import unbind
from tests.factories.engagements import Story
from tests.factories.integrity import make_finished


@pytest.fixture(scope="module")
def told(app: Flask) -> Iterator[tuple[Connection, Story, UUID]]:
    """A connection whose transaction holds one finished story."""
    with app.extensions["test_engine"].connect() as connection:
        transaction = connection.begin()
        _bind(connection)
        with app.app_context():
            story, engagement = make_finished()
            db.commit()
            engagement_id = engagement.id
        unbind()
        yield connection, story, engagement_id
        transaction.rollback()


@pytest.fixture
def database(app: Flask, told: tuple[Connection, Story, UUID]) -> Iterator[scoped_session[Session]]:
    """The session inside a savepoint that is undone after the test; commits become savepoints within."""
    connection = told[0]
    savepoint = connection.begin_nested()
    _bind(connection)
    with app.app_context():
        yield db.session
    unbind()
    savepoint.rollback()


@pytest.fixture
def finished(database: scoped_session[Session], told: tuple[Connection, Story, UUID]) -> tuple[Story, Engagement]:
    """The finished engagement and who plays in it."""
    return told[1], db.get(Engagement, told[2])


def _bind(connection: Connection) -> None:
    db.session.remove()
    db.session.configure(bind=connection, join_transaction_mode="create_savepoint")
