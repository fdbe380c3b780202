"""What tests stand on: real servers, a database that forgets, a client, a movable clock."""

import hypothesis  # imported last, CPython 3.11 can end in SystemError at exit

# isort: split

import itertools
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import redis
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.orm import Session, scoped_session
from sqlalchemy.pool import NullPool

from config.local.postgres import drop_database
from config.settings import Settings
from marketplace.core import db
from marketplace.core.server import settle_memory
from tests import business_time
from tests.embedded_server import TEMPLATE, EmbeddedServer, copy_template
from tests.installation import Installation
from tests.mail_server import MailServer
from tests.milestones import Milestones, Tale
from workers import celery_app

# How long an example takes says how busy the machine is, not whether the code is right.
hypothesis.settings.register_profile("unhurried", hypothesis.settings.default, deadline=None)
hypothesis.settings.load_profile("unhurried")

SERVER = pytest.StashKey[EmbeddedServer]()
counter = itertools.count()
business_time.come_back()


def server_of(config: pytest.Config) -> EmbeddedServer:
    """The run's server, started when first asked for."""
    if SERVER not in config.stash:
        config.stash[SERVER] = EmbeddedServer()
    return config.stash[SERVER]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """With xdist, the controller starts the server and tells each worker where it is."""
    node.workerinput["sockets"] = str(server_of(node.config).sockets)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The process that started the server stops it; all engines are disposed by then."""
    if SERVER in config.stash:
        config.stash[SERVER].stop()


@pytest.fixture(scope="session")
def short(pytestconfig: pytest.Config) -> bool:
    """Whether this is the short run, which leaves out what is slow and half of some sweeps; there pages are drawn in a
    font of the machine, which takes Chromium a third less, and axe reads a part of them."""
    return "not slow" in pytestconfig.option.markexpr and not pytestconfig.getoption("--screenshots", default=False)


@pytest.fixture(scope="session")
def sockets(request: pytest.FixtureRequest) -> Path:
    """The folder in which PostgreSQL and Valkey listen."""
    workerinput = getattr(request.config, "workerinput", None)
    return Path(workerinput["sockets"]) if workerinput else server_of(request.config).sockets


@pytest.fixture(scope="session")
def settings(sockets: Path, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of this worker: its own database, its own Valkey database, its own folder."""
    number = int(worker_id.removeprefix("gw")) if worker_id != "master" else 0
    url = copy_template(sockets, f"test_{worker_id}")
    return Settings.from_environment(
        {
            "TESTING": "1",
            "DATA_DIR": str(tmp_path_factory.mktemp("data")),
            "DATABASE_URL": url,
            "OWNER_DATABASE_URL": url.replace("app@", "owner@"),
            "REDIS_URL": f"unix://{sockets}/valkey.sock?db={number}",
        }
    )


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The application as it runs, but a form may come without its tokens: those of CSRF and of what its page showed."""
    from app import create_app

    application = create_app(settings)
    application.config.update(WTF_CSRF_ENABLED=False, SEEN_REQUIRED=False)
    engine = bound_engine()
    application.extensions["test_engine"] = engine
    unbind()
    yield application
    engine.dispose()


@pytest.fixture(scope="session")
def milestones(sockets: Path, app: Flask, worker_id: str) -> Iterator[Milestones]:
    """The stories that this worker has told so far."""
    made = Milestones(sockets, app, worker_id)
    yield made
    for engine in made.engines.values():
        engine.dispose()


@pytest.fixture(scope="session")
def begins() -> Tale | None:
    """The story that is told before the tests begin; a file or folder that begins with one overrides it."""
    return None


@pytest.fixture
def database(app: Flask, milestones: Milestones, begins: Tale | None) -> Iterator[scoped_session[Session]]:
    """The session inside one transaction that is undone after the test; commits become savepoints."""
    with one_transaction(milestones.engine(begins)), app.app_context():
        db.load_clock()  # a story may have moved it
        yield db.session
    business_time.come_back()


@contextmanager
def one_transaction(engine: Engine) -> Iterator[Connection]:
    """The session inside one transaction that is undone after the block; commits become savepoints."""
    with engine.connect() as connection:
        transaction = connection.begin()
        db.session.remove()
        db.session.configure(bind=connection, join_transaction_mode="create_savepoint")
        yield connection
        unbind()
        transaction.rollback()


@pytest.fixture
def told(database: scoped_session[Session], milestones: Milestones, begins: Tale) -> Any:
    """What the story has come to at the milestone."""
    return milestones.read(begins)


@pytest.fixture
def real_database(
    sockets: Path, settings: Settings, app: Flask, milestones: Milestones, begins: Tale | None
) -> Iterator[Settings]:
    """A fresh database with real commits, for threads and killed processes; the session is bound to it."""
    with fresh_database(sockets, settings, app, milestones.template(begins)) as made:
        yield made


@pytest.fixture
def told_for_real(real_database: Settings, app: Flask, milestones: Milestones, begins: Tale) -> Iterator[Any]:
    """What the story has come to, in a fresh database with real commits."""
    with app.app_context(), db.unit_of_work():
        db.load_clock()  # the story may have moved it
        told = milestones.read(begins)
    yield told
    business_time.come_back()


@contextmanager
def fresh_database(sockets: Path, settings: Settings, app: Flask, template: str = TEMPLATE) -> Iterator[Settings]:
    """A database of its own inside the block, as the migrations or a story left it; the session is bound to it."""
    name = f"real_{os.getpid()}_{next(counter)}"
    url = copy_template(sockets, name, template)
    engine = db.connect(url, pool_size=20)
    previous, app.extensions["test_engine"] = app.extensions["test_engine"], engine
    yield settings.model_copy(update={"database_url": url, "owner_database_url": url.replace("app@", "owner@")})
    app.extensions["test_engine"] = previous
    unbind()
    engine.dispose()
    drop_database(sockets, name)


@pytest.fixture
def as_owner(real_database: Settings) -> Callable[..., None]:
    """Runs statements as the role that owns the tables: what an intruder on the server could do."""

    def run(*statements: str) -> None:
        engine = create_engine(real_database.owner_database_url, poolclass=NullPool)
        with engine.begin() as connection:
            for statement in statements:
                connection.execute(text(statement))

    return run


class Browser(FlaskClient):
    """Gives every request a context of its own, as a server does: no person, language or number is carried over.

    What the test prepared is stored before, as an earlier request would have left it; its rows stay readable.
    """

    def open(self, *args: Any, **kwargs: Any) -> Any:
        db.commit()
        db.session.remove()
        with self.application.app_context():
            return super().open(*args, **kwargs)


@pytest.fixture
def client(app: Flask, database: scoped_session[Session]) -> FlaskClient:
    """A browser without JavaScript, signed out."""
    app.test_client_class = Browser
    return app.test_client()


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Web, worker and scheduler with demo data, as `make run` starts them: one for all pages and journeys."""
    running = Installation(tmp_path_factory.mktemp("installation")).start(DEMO="1", DEMO_SMALL="1")
    yield running
    running.end(signal.SIGTERM)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs the demo comes first, so that one worker makes it and keeps it to itself."""
    items.sort(key=lambda item: "demo" not in getattr(item, "fixturenames", ()))


def pytest_collection_finish() -> None:
    """As the web server does: a tenth of what the tests of a worker cost was searching it for garbage."""
    settle_memory()


@pytest.fixture
def valkey(settings: Settings) -> Iterator["redis.Redis"]:
    """The worker's own Valkey database, empty."""
    with redis.Redis.from_url(settings.redis_url) as connection:
        connection.flushdb()
        yield connection


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """An SMTP server that keeps what it is sent."""
    with MailServer() as server:
        yield server


class MovableClock:
    """Moves business time, in Python and in SQL."""

    def advance(self, **by: float) -> None:
        """Move on by days=, hours=, minutes=."""
        db.move_clock(timedelta(**by))
        db.commit()


@pytest.fixture
def clock(database: scoped_session[Session]) -> Iterator[MovableClock]:
    """Business time that a test may move; it is back afterwards."""
    yield MovableClock()
    business_time.come_back()


@pytest.fixture
def run_tasks(database: scoped_session[Session]) -> Callable[[], int]:
    """Does all background work that is due, as a worker would, until none is left; returns how much it was."""

    def run() -> int:
        db.commit()
        done = 0
        while now := sum(celery_app.work(task_id) for task_id in due_tasks()):
            done += now
        return done

    return run


def due_tasks() -> list[UUID]:
    """Tasks that a worker could claim now; those that failed wait for their next try."""
    return list(
        db.session.scalars(
            text(
                "SELECT id FROM background_tasks WHERE status = 'pending' AND run_after <= app_now() ORDER BY run_after"
            )
        )
    )


def bound_engine() -> Engine:
    """The engine that create_app made."""
    engine = db.session.get_bind()
    assert isinstance(engine, Engine)
    return engine


def unbind() -> None:
    """From now on the session raises: a unit test has no database."""
    db.session.remove()
    db.session.configure(bind=None, join_transaction_mode="conditional_savepoint")


unbind()
