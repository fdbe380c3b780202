"""The web server as `make run` starts it, on a port of its own."""

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from config.local.__main__ import web_accepts, web_command
from config.local.process import spawn
from config.settings import Settings
from tests.embedded_server import wait_until
from tests.installation import free_port


class WebServer:
    """A running web server."""

    def __init__(self, settings: Settings, process: "subprocess.Popen[bytes]", log: Path) -> None:
        self.port, self.process, self.log = settings.port, process, log

    def get(self, path: str, *, timeout: float = 30, cookie: str = "") -> bytes:
        """What this address answers; raises HTTPError for a status of 400 and more."""
        with urlopen(
            Request(f"http://127.0.0.1:{self.port}{path}", headers={"Cookie": cookie}), timeout=timeout
        ) as got:
            return bytes(got.read())

    def entries(self) -> list[dict[str, Any]]:
        """What stands in its log."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def children(self) -> set[int]:
        """The processes that answer."""
        words = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return {int(word) for word in words}


@contextmanager
def web_server(settings: Settings, *, processes: int = 2, threads: int = 4, **env: str) -> Iterator[WebServer]:
    """The web server inside the block."""
    settings = settings.model_copy(
        update={"host": "127.0.0.1", "port": free_port(), "web_processes": processes, "web_threads": threads}
    )
    given = {
        "TESTING": "1",
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "OWNER_DATABASE_URL": settings.owner_database_url,
        "REDIS_URL": settings.redis_url,
    }
    keep = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    log = settings.data_dir / "web.log"
    process = spawn(web_command(settings), log=log, env=keep | given | env)
    try:
        wait_until(lambda: web_accepts(settings) or process.poll() is not None, seconds=60)
        assert process.poll() is None, log.read_text()[-2000:]
        yield WebServer(settings, process, log)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
