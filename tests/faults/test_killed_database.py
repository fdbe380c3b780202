"""The database killed during money writes: every acknowledged one is there afterwards, and the books balance."""

import threading
from collections.abc import Callable, Iterator, Sequence
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from marketplace.core import db
from marketplace.reports import proof
from tests.conftest import unbind
from tests.durable_server import DurableServer, open_line, write_money
from tests.embedded_server import wait_until

WRITERS = 4
Death = Callable[[DurableServer], None]
DEATHS: list[Death] = [DurableServer.kill_everything, DurableServer.shut_down_at_once]


@pytest.fixture
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DurableServer]:
    made = DurableServer(tmp_path_factory.mktemp("db"))
    engine = db.connect(made.url, pool_size=WRITERS + 1)
    yield made
    unbind()
    engine.dispose()
    made.shut_down_at_once()


class Writers:
    """People who write money and remember what the database said yes to; an error they try again with a new key."""

    def __init__(self, line_id: UUID, count: int) -> None:
        self.acknowledged: list[str] = []
        self.line_id, self.count = line_id, count
        self.threads = [threading.Thread(target=self._work, args=(number,), daemon=True) for number in range(WRITERS)]

    def _work(self, name: int) -> None:
        number = 0
        while len(self.acknowledged) < self.count:
            number += 1
            key = f"{name}-{number}"
            try:
                write_money(self.line_id, key)
            except DBAPIError:
                threading.Event().wait(0.05)
                continue
            self.acknowledged.append(key)


def run(server: DurableServer, deaths: Sequence[Death], *, writes: int) -> None:
    """Write, die each of these deaths on the way, come back each time; then look for everything."""
    assert (server.value("SHOW fsync"), server.value("SHOW synchronous_commit")) == ("on", "on")
    writers = Writers(open_line(), writes)
    for thread in writers.threads:
        thread.start()
    part = writes // (len(deaths) + 1)
    for number, death in enumerate(deaths, 1):
        wait_until(lambda mark=part * number: len(writers.acknowledged) >= mark, seconds=120)  # type: ignore[misc]
        death(server)
        server.start()
    for thread in writers.threads:
        thread.join()
    check(writers.acknowledged)


def check(acknowledged: list[str]) -> None:
    """Each acknowledged key is stored with its audit entry, and every unit is explained."""
    with db.unit_of_work():
        stored = set(db.session.scalars(text("SELECT key FROM ledger_transfers")))
        noted = set(db.session.scalars(text("SELECT body -> 'after' ->> 'key' FROM audit_entries")))
        assert not [key for key in acknowledged if key not in stored]
        assert {key for key in stored if not key.startswith("appropriate")} == noted
        assert proof.prove().faults == []


def test_every_acknowledged_write_is_there_after_each_crash(server: DurableServer) -> None:
    run(server, DEATHS, writes=200)


@pytest.mark.slow
@pytest.mark.parametrize("death", DEATHS, ids=lambda death: death.__name__)
def test_every_acknowledged_write_is_there_after_many_crashes(server: DurableServer, death: Death) -> None:
    run(server, [death] * 20, writes=10_000)


def test_a_connection_that_the_server_ended_is_not_used_again(server: DurableServer) -> None:
    with db.unit_of_work():
        process = db.session.scalar(text("SELECT pg_backend_pid()"))
    server.value(f"SELECT pg_terminate_backend({process}, 5000)")
    with db.unit_of_work():
        assert db.session.scalar(text("SELECT pg_backend_pid()")) != process
