"""The product's pages: the web server with two processes, eight clients that send one form after the other."""

from __future__ import annotations

import http.client
import os
import re
import signal
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from config.local.__main__ import web_accepts, web_command
from config.local.process import spawn
from config.settings import Settings
from tests.embedded_server import wait_until
from tests.installation import free_port

CLIENTS = 8
Command = Callable[[Settings], list[str | Path]]


class Site:
    """The web server on a port of its own, with the product or another application.

    `agency`: as an agency runs it, whose clock doesn't move and whose pages have no bar of the demo.
    """

    def __init__(
        self, settings: Settings, folder: Path, *, command: Command = web_command, agency: bool = False
    ) -> None:
        self.settings = settings.model_copy(update={"host": "127.0.0.1", "port": free_port(), "web_processes": 2})
        os.environ.update(
            TESTING="" if agency else "1",
            DEMO="1" if settings.demo and not agency else "",
            DATA_DIR=str(settings.data_dir),
            DATABASE_URL=settings.database_url,
            OWNER_DATABASE_URL=settings.owner_database_url,
            REDIS_URL=settings.redis_url,
        )
        self.process = spawn(command(self.settings), log=folder / "web.log")
        wait_until(lambda: web_accepts(self.settings), seconds=60)

    def stop(self) -> None:
        """End it."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)

    def connect(self) -> http.client.HTTPConnection:
        """One client's connection."""
        return http.client.HTTPConnection(self.settings.host, self.settings.port, timeout=60)


class Form:
    """A form that a signed-in person opened, ready to be sent."""

    def __init__(self, site: Site, address: str, cookie: str, fields: dict[str, str]) -> None:
        connection = site.connect()
        connection.request("GET", address, headers={"Cookie": cookie})
        answer = connection.getresponse()
        page = answer.read().decode()
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert answer.status == 200, (answer.status, address)
        assert token, address
        seen = re.search(r'name="seen"[^>]*value="([^"]+)"', page)
        renewed = [line.split(";")[0] for line in answer.headers.get_all("Set-Cookie") or []]
        self.address, self.cookie = address, "; ".join([*renewed, *([] if renewed else [cookie])])
        self.body = urlencode(
            {**fields, "csrf_token": token.group(1), "key": str(uuid4()), "seen": seen.group(1) if seen else ""}
        )

    def send(self, connection: http.client.HTTPConnection) -> float:
        """Send it; the seconds until its answer, which must be a redirect."""
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        start = time.perf_counter()
        connection.request("POST", self.address, self.body, headers)
        answer = connection.getresponse()
        page = answer.read().decode()
        assert answer.status == 303, (answer.status, page[:2000])
        return time.perf_counter() - start


def rate(site: Site, forms: Sequence[Form], *, clients: int = CLIENTS) -> tuple[float, float]:
    """Forms a second, and the time below which 95 % of them were answered, in milliseconds.

    Each client takes the next form: a worker that more of them came to doesn't go on alone while the other one rests.
    """
    waiting = iter(forms)

    def client(_number: int) -> list[float]:
        connection = site.connect()
        return [form.send(connection) for form in waiting]

    start = time.perf_counter()
    with ThreadPoolExecutor(clients) as threads:
        times = [answer for answers in threads.map(client, range(clients)) for answer in answers]
    elapsed = time.perf_counter() - start
    return len(forms) / elapsed, sorted(times)[int(len(times) * 0.95)] * 1000
