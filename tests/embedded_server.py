"""One PostgreSQL and one Valkey per test run, and databases copied from a migrated template."""

import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from shutil import rmtree

from config.local import postgres, valkey
from config.local.process import spawn
from marketplace.core import migrations
from tests import business_time

TEMPLATE = "template_marketplace"
# What every story needs of the agency before it begins: where money is paid.
OWN_ACCOUNT = "110-000-000000"
AGENCY = f"""
    INSERT INTO agency_accounts (holder, number, bank, valid_from, status, decided_at)
    VALUES ('중소기업 지원기관', '{OWN_ACCOUNT}', '시범은행', '2020-01-01', 'confirmed', app_now())
"""


class EmbeddedServer:
    """Real servers that forget everything when the run ends; they die with the process that started them."""

    def __init__(self, options: Sequence[str] = postgres.UNSAFE_BUT_FAST) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="cvm-"))
        self.sockets = self.folder / "run"
        postgres.prepare(self.folder / "postgres", self.sockets)
        self.processes = [
            spawn(
                postgres.command(self.folder / "postgres", self.sockets, options),
                stop_signal=signal.SIGINT,
                not_as_root=True,
                log=self.folder / "postgres.log",
            ),
            spawn(valkey.command(self.sockets), not_as_root=True, log=self.folder / "valkey.log"),
        ]
        try:
            wait_until(lambda: postgres.accepts(self.sockets) and valkey.accepts(self.sockets))
            postgres.create_database(self.sockets, TEMPLATE)
            migrations.up(database_url(self.sockets, TEMPLATE, role="owner"))
            migrations.let_clock_move(database_url(self.sockets, TEMPLATE, role="owner"))
            with postgres.connect(self.sockets, TEMPLATE) as template:
                template.execute(f"UPDATE clock_offset SET shift = '{business_time.SHIFT.total_seconds()} s'".encode())
                template.execute(AGENCY.encode())
            business_time.come_back()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop both servers and remove what they wrote."""
        for process, number in zip(self.processes, (signal.SIGQUIT, signal.SIGKILL), strict=True):
            process.send_signal(number)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        rmtree(self.folder, ignore_errors=True)


def database_url(sockets: Path, name: str, *, role: str = "app") -> str:
    """The address of one database, as `app` or as `owner`."""
    return f"postgresql+psycopg://{role}@/{name}?host={sockets}"


def copy_template(sockets: Path, name: str, template: str = TEMPLATE) -> str:
    """Make a fresh database, as the migrations or a story left it; returns its address for `app`."""
    with postgres.connect(sockets) as server:
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" OWNER owner'.encode())
    return database_url(sockets, name)


def wait_until(condition: Callable[[], bool], *, seconds: float = 30) -> None:
    """Wait for something that happens in another process; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds} seconds")
        time.sleep(0.05)
