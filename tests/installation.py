"""The whole program on a folder of its own, as `make run` starts it."""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from urllib.request import urlopen

import psycopg

from config.settings import socket_folder
from tests.embedded_server import database_url, wait_until


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Installation:
    """`python -m config.local` on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.output = folder / "output"
        self.process: subprocess.Popen[bytes] | None = None
        self.env: dict[str, str] = {}

    @property
    def url(self) -> str:
        """Where the pages are."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def database_url(self) -> str:
        """The database's address for the service."""
        return database_url(socket_folder(self.folder / "var"), "marketplace")

    @property
    def files(self) -> Path:
        """Where uploaded files are."""
        return self.folder / "var" / "files"

    def start(self, **settings: str) -> "Installation":
        given = {"DATA_DIR": str(self.folder / "var"), "PORT": str(self.port), "DEMO": "0", "WEB_PROCESSES": "1"}
        keep = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
        self.env = keep | given | settings
        with open(self.output, "ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "config.local"], env=self.env, stdout=output, stderr=output
            )
        wait_until(lambda: self.answers() or self.ended(), seconds=600)
        assert not self.ended(), self.output.read_text()
        wait_until(lambda: "Ctrl-C" in self.output.read_text() or self.ended())
        return self

    def command(self, *words: str) -> str:
        """Run the command line on this installation; returns what it prints."""
        program = Path(sys.executable).with_name("marketplace")
        return subprocess.run([program, *words], env=self.env, check=True, capture_output=True, text=True).stdout

    def answers(self) -> bool:
        with suppress(OSError):
            return bool(urlopen(f"{self.url}/healthz", timeout=5).status == 200)
        return False

    def ended(self) -> bool:
        assert self.process
        return self.process.poll() is not None

    def processes(self) -> dict[int, str]:
        """Everything that it started, however far down, with its command line."""
        assert self.process
        running, waiting = {}, [self.process.pid]
        while waiting:
            folder = Path(f"/proc/{waiting.pop()}")
            with suppress(FileNotFoundError, ProcessLookupError):
                children = [int(pid) for tasks in folder.glob("task/*/children") for pid in tasks.read_text().split()]
                running |= {pid: Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in children}
                waiting += children
        return running

    def child(self, word: str) -> int:
        """The first process whose command line has this word; 0 without one."""
        return min((pid for pid, command in self.processes().items() if word in command), default=0)

    def database(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(socket_folder(self.folder / "var")), user="owner", dbname="marketplace", autocommit=True
        )

    def end(self, number: signal.Signals) -> list[int]:
        """End the supervisor with a signal; returns those of its processes that are left after a while."""
        assert self.process
        left = list(self.processes())
        self.process.send_signal(number)
        self.process.wait(60)
        with suppress(TimeoutError):
            wait_until(lambda: not any(alive(pid) for pid in left), seconds=20)
        return [pid for pid in left if alive(pid)]


def alive(pid: int) -> bool:
    """True unless the process is gone or only waits to be reaped."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False
