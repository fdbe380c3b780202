"""PostgreSQL with the settings of a real installation, and money written to it: to be killed and restored."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from uuid import UUID, uuid4

from config.local import postgres
from config.local.process import spawn
from marketplace.core import db, migrations
from marketplace.core.actors import SYSTEM
from marketplace.core.audit import record
from marketplace.ledger import chart
from marketplace.ledger import service as ledger
from marketplace.ledger.chart import ChartAccount, OwnerKind, TransferKind
from tests.embedded_server import database_url, wait_until

DATABASE = "marketplace"
BUDGET = 10**12


class DurableServer:
    """A server whose acknowledgement means: it is on disk."""

    def __init__(self, folder: Path, options: Sequence[str] = ()) -> None:
        self.folder, self.options = folder, options
        self.cluster, self.sockets = folder / "postgres", folder / "run"
        postgres.prepare(self.cluster, self.sockets)
        self.start()
        postgres.create_database(self.sockets, DATABASE)
        migrations.up(database_url(self.sockets, DATABASE, role="owner"))

    def start(self) -> None:
        """Start it, after a crash too; returns when it takes connections and has recovered."""
        self.process = spawn(
            postgres.command(self.cluster, self.sockets, self.options),
            stop_signal=signal.SIGINT,
            not_as_root=True,
            log=self.folder / "postgres.log",
        )
        wait_until(self._ready, seconds=60)

    def _ready(self) -> bool:
        assert self.process.poll() is None, (self.folder / "postgres.log").read_text()[-2000:]
        return postgres.accepts(self.sockets) and not self.value("SELECT pg_is_in_recovery()", database="postgres")

    @property
    def url(self) -> str:
        """The database's address for the service."""
        return database_url(self.sockets, DATABASE)

    def value(self, statement: str, *, database: str = DATABASE) -> object:
        """One value, asked as the superuser."""
        with postgres.connect(self.sockets, database) as connection:
            row = connection.execute(statement.encode()).fetchone()
        return row[0] if row else None

    def kill_everything(self) -> None:
        """Kill -9 of the server and each of its processes at the same moment."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        for pid in (self.process.pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait(30)

    def shut_down_at_once(self) -> None:
        """PostgreSQL's immediate shutdown: every session ends where it is, nothing is written back."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(30)

    def run(self, *command: str | Path) -> None:
        """Run one of the server's programs to its end, as its user."""
        log = self.folder / "programs.log"
        code = spawn([postgres.binary(str(command[0])), *command[1:]], not_as_root=True, log=log).wait(120)
        if code != 0:
            raise subprocess.CalledProcessError(code, str(command[0]), log.read_text())


def open_line() -> UUID:
    """A budget line with money, and an account that promises it; the session must be bound to the server."""
    line_id = uuid4()
    with db.unit_of_work():
        for account in (chart.source(line_id), chart.available(line_id), _promised(line_id)):
            ledger.open_account(account, currency="KRW")
        _move(chart.source(line_id), chart.available(line_id), BUDGET, f"appropriate:{line_id}")
    return line_id


def write_money(line_id: UUID, key: str) -> None:
    """One acknowledged money write with its audit entry: it returns when the database has said yes."""
    with db.unit_of_work():
        transfer_id = _move(chart.available(line_id), _promised(line_id), 1 + len(key), key)
        record(SYSTEM, "test.reserve", ("ledger_transfers", transfer_id), after={"key": key})


def _promised(line_id: UUID) -> ChartAccount:
    return chart.reserved(OwnerKind.BUDGET_LINE, line_id, line_id)


def _move(debit: ChartAccount, credit: ChartAccount, amount: int, key: str) -> UUID:
    return ledger.transfer(debit, credit, amount, kind=TransferKind.RESERVE, actor=SYSTEM, reference="drill", key=key)
