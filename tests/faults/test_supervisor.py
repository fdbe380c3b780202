"""One command runs everything, keeps it running, and leaves nothing behind however it ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.embedded_server import wait_until
from tests.installation import Installation

pytestmark = pytest.mark.costly("starts the whole program")


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    yield made
    if made.process and not made.ended():
        made.end(signal.SIGKILL)


def test_one_life(installation: Installation) -> None:
    """A start costs some ten seconds of CPU, so one life shows what it can."""
    installation.start()
    names = " ".join(installation.processes().values())
    assert all(word in names for word in ("postgres", "valkey", "web", "worker", "scheduler"))
    only_one_supervisor_per_folder(installation)
    killed_children_come_back(installation, "marketplace worker", "valkey-server")
    assert installation.end(signal.SIGINT) == []


TALKER = """
import time
from pathlib import Path
from config.local.logs import Outputs
from config.local.supervisor import Child, Supervisor
supervisor = Supervisor(Outputs(Path("{folder}"), largest=100_000, kept=2))
supervisor.start(Child("talker", ["sh", "-c", "printf begin; sleep 0.2; echo end; yes 'it goes on and on'"]))
until = time.monotonic() + 2
while time.monotonic() < until:
    supervisor.tick()
supervisor.stop()
"""


def test_logs_never_fill_the_disk(tmp_path: Path) -> None:
    """Who prints as fast as it can fills three files and no more, and nobody else reads them."""
    subprocess.run([sys.executable, "-c", TALKER.format(folder=tmp_path)], check=True)
    files = {path.name: path.stat() for path in tmp_path.iterdir()}
    assert files.keys() == {"talker.log", "talker.log.1", "talker.log.2"}
    assert all(file.st_size <= 100_000 for file in files.values())
    assert not any(file.st_mode & 0o077 for file in files.values())
    assert set((tmp_path / "talker.log.1").read_text().splitlines()) == {"it goes on and on"}


def test_a_line_that_comes_in_pieces_is_one_line(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-c", TALKER.format(folder=tmp_path).replace("; yes", "; : ")], check=True)
    assert (tmp_path / "talker.log").read_text().splitlines()[0] == "beginend"


@pytest.mark.slow
def test_the_next_life_keeps_what_was_stored(installation: Installation) -> None:
    installation.start()
    with installation.database() as database:
        database.execute("CREATE TABLE kept (word text)")
        database.execute("INSERT INTO kept VALUES ('still here')")
    killed_children_come_back(installation, "marketplace scheduler", "marketplace web", "bin/postgres")
    assert installation.end(signal.SIGKILL) == []

    installation.start()
    with installation.database() as database:
        assert database.execute("SELECT word FROM kept").fetchone() == ("still here",)
    assert installation.end(signal.SIGTERM) == []


@pytest.mark.slow
def test_unfinished_demo_data_are_made_anew(installation: Installation) -> None:
    """A database whose demo data were not finished is thrown away at the next start."""
    installation.start()
    with installation.database() as database:
        database.execute("CREATE TABLE kept (word text)")
    assert installation.end(signal.SIGKILL) == []

    unfinished = installation.folder / "var" / "demo.unfinished"
    unfinished.touch()
    installation.start()
    assert "not finished last time" in installation.output.read_text()
    assert not unfinished.exists(), "what is done without demo data from here on is kept"
    with installation.database() as database:
        assert database.execute("SELECT to_regclass('kept')").fetchone() == (None,)
    assert installation.end(signal.SIGTERM) == []


def only_one_supervisor_per_folder(installation: Installation) -> None:
    """A second start on the folder is refused."""
    second = Installation(installation.folder)
    with pytest.raises(AssertionError, match="already runs"):
        second.start()


def killed_children_come_back(installation: Installation, *words: str) -> None:
    """Each process that is killed is there again, and the site answers."""
    for word in words:
        killed = installation.child(word)
        assert killed, f"no process {word}"
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda word=word, killed=killed: installation.child(word) not in (0, killed))  # type: ignore[misc]
    wait_until(installation.answers)
