"""Nobody who sends, reads or waits slowly stops the site, nor does a database that hangs; and it stops in order."""

from __future__ import annotations

import os
import re
import resource
import signal
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from config.settings import Settings
from marketplace.core import db, migrations
from marketplace.core.server import LARGEST_HEADER
from tests.durable_server import DurableServer
from tests.embedded_server import wait_until
from tests.web_server import WebServer, web_server

pytestmark = pytest.mark.costly("starts whole web servers")

SLOW_SENDERS = 100
UNFELT = 2  # seconds, on a busy machine
BIG_FILE = "/static/vendor/pretendard-gov/ttf/PretendardGOV-Bold.ttf"
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def site(settings: Settings) -> Iterator[WebServer]:
    with web_server(settings, PROXY_HOPS="1", METRICS_TOKEN="token") as made:
        yield made


def connect(site: WebServer, sent: bytes = b"") -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", site.port), timeout=30)
    connection.sendall(sent)
    return connection


def answer_of(connection: socket.socket) -> bytes:
    """All that comes until the server closes."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def status(answer: bytes) -> int:
    return int(answer.split()[1])


def post(*, length: int, headers: str = "") -> bytes:
    start = f"POST /account/sign-in HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n"
    return f"{start}{headers}\r\n".encode()


def slowest(site: WebServer, *paths: str, cookie: str = "") -> float:
    """The longest that one of these took, in seconds."""
    durations = []
    for path in paths:
        begin = time.monotonic()
        status_of(site, path, cookie=cookie)
        durations.append(time.monotonic() - begin)
    return max(durations)


def test_a_hundred_who_send_slowly_are_not_felt(site: WebServer) -> None:
    with ExitStack() as stack:
        senders = [stack.enter_context(connect(site, post(length=20) + b"a=")) for _sender in range(SLOW_SENDERS)]
        for _round in range(3):
            for sender in senders:
                sender.sendall(b"1")
            assert slowest(site, "/healthz", "/account/sign-in", BIG_FILE) < UNFELT
        senders[0].sendall(b"1" * 15)
        assert status(answer_of(senders[0])) == 400  # whole now, and refused by the application


@pytest.mark.parametrize("idle", [300, pytest.param(2000, marks=pytest.mark.slow)])
def test_idle_connections_are_held(site: WebServer, idle: int) -> None:
    with more_files(idle + 100), ExitStack() as stack:
        waiting = [stack.enter_context(connect(site)) for _connection in range(idle)]
        site.get("/healthz")  # by now all of them are taken in
        assert slowest(site, "/healthz", "/account/sign-in") < UNFELT
        assert not [connection for connection in waiting if closed(connection)]
        for connection in waiting[:20]:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        assert {status(answer_of(connection)) for connection in waiting[:20]} == {200}


def closed(connection: socket.socket) -> bool:
    connection.settimeout(0)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    finally:
        connection.settimeout(30)


@contextmanager
def more_files(count: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 2 * count)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_what_is_too_large_is_refused(site: WebServer, settings: Settings) -> None:
    with connect(site, b"GET / HTTP/1.1\r\nHost: x\r\nX-Long: ".ljust(LARGEST_HEADER, b"x")) as connection:
        assert status(answer_of(connection)) == 431
    size = 2 * settings.max_upload_bytes + 1  # up to there the form comes back with what was typed
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    with connect(site, post(length=size, headers=kind)) as connection:
        connection.sendall(b"x" * size)
        page = answer_of(connection)
        assert status(page) == 413
        assert b"<html" in page
    with connect(site, post(length=10 * size)) as connection:
        assert status(answer_of(connection)) == 413  # without waiting for it


def test_answers_of_all_processes_are_counted_together(site: WebServer) -> None:
    for _visit in range(20):
        site.get("/healthz")
    asked = Request(f"http://127.0.0.1:{site.port}/metrics", headers={"Authorization": "Bearer token"})
    counts = set()
    for _reading in range(10):
        with urlopen(asked) as answer:
            (line,) = re.findall(rb'requests_total\{method="GET",route="/healthz",status="200"\} (.+)', answer.read())
        counts.add(float(line))
    assert len(counts) == 1  # whichever process says it
    assert counts.pop() >= 20


def test_a_proxy_is_believed_as_far_as_settings_say(site: WebServer) -> None:
    assert last_visitor(site) == "203.0.113.9"  # one proxy stands in front: the rest of the header is anybody's word


def last_visitor(site: WebServer) -> str:
    """Whom the server takes for the visitor of a request that names two."""
    named = "X-Forwarded-For: 198.51.100.7, 203.0.113.9"
    with connect(
        site, f"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{named}\r\n\r\n".encode()
    ) as connection:
        assert status(answer_of(connection)) == 200
    return [entry["address"] for entry in site.entries() if entry.get("path") == "/healthz"][-1]


def test_a_killed_process_is_replaced_and_what_is_under_way_is_finished_at_the_end(settings: Settings) -> None:
    with web_server(settings) as site:
        assert last_visitor(site) == "127.0.0.1"
        before = site.children()
        killed = min(before)
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: len(site.children() - {killed}) == 2)
        with connect(site, f"GET {BIG_FILE} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()) as reader:
            begin = reader.recv(1000)
            site.process.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            content = (begin + answer_of(reader)).partition(b"\r\n\r\n")[2]
        assert content == (ROOT / BIG_FILE.removeprefix("/")).read_bytes()
        site.process.wait(30)
        assert not [child for child in before if Path(f"/proc/{child}").exists()]


def test_a_database_that_takes_no_connection_leaves_the_rest_alone(settings: Settings, tmp_path: Path) -> None:
    """Something listens where the database should, and never says a word."""
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(str(tmp_path / ".s.PGSQL.5432"))
        mute.listen(100)
        url = f"postgresql+psycopg://app@/none?host={tmp_path}"
        with web_server(
            settings.model_copy(update={"database_url": url, "owner_database_url": url}), processes=1
        ) as site:
            assert pages_while_hung(site, cookie=session_cookie(settings)) == {503}
            begin = time.monotonic()
            assert status_of(site, "/readyz") == 503
            assert time.monotonic() - begin < 3 + UNFELT  # of its checks one waits for the database
        with pytest.raises(OperationalError):
            migrations.missing(url)


def session_cookie(settings: Settings) -> str:
    """The cookie of somebody who may be signed in: only the database knows."""
    site = Flask("site")
    site.secret_key = settings.secret_key
    signer = SecureCookieSessionInterface().get_signing_serializer(site)
    assert signer
    return f"session={signer.dumps({'_user_id': 'x' * 43})}"


def test_a_connection_that_falls_silent_is_given_up(real_database: Settings) -> None:
    """One process of the database stops; the unit of work that meets it fails in time, the next gets another one."""
    engine = db.connect(real_database.database_url, statement_timeout=timedelta(seconds=0.5))
    backend = db.session.scalar(select(func.pg_backend_pid()))
    db.end_reading()
    os.kill(backend, signal.SIGSTOP)
    try:
        begin = time.monotonic()
        with pytest.raises(OperationalError):
            db.session.scalar(select(func.pg_backend_pid()))
        assert 2 < time.monotonic() - begin < 5
        db.session.remove()
        assert db.session.scalar(select(func.pg_backend_pid())) != backend
        db.session.remove()
    finally:
        os.kill(backend, signal.SIGCONT)
        engine.dispose()


@pytest.mark.slow
def test_a_database_that_hangs_whole_and_comes_back(settings: Settings, tmp_path: Path) -> None:
    server = DurableServer(tmp_path)
    try:
        urls = {"database_url": server.url, "owner_database_url": server.url}
        with web_server(settings.model_copy(update=urls), processes=1) as site:
            site.get("/account/sign-in")
            stop_all(server, signal.SIGSTOP)
            assert pages_while_hung(site) == {503}
            stop_all(server, signal.SIGCONT)
            site.get("/account/sign-in")
    finally:
        stop_all(server, signal.SIGCONT)
        server.shut_down_at_once()


def stop_all(server: DurableServer, number: signal.Signals) -> None:
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for process in (pid, *map(int, children)):
        os.kill(process, number)


def pages_while_hung(site: WebServer, *, visitors: int = 6, cookie: str = "") -> set[int]:
    """More visitors than threads ask for a page; meanwhile the rest answers. The statuses they get in the end."""
    with ThreadPoolExecutor(visitors) as pool:
        answers = [pool.submit(status_of, site, "/account/sign-in") for _visitor in range(visitors)]
        time.sleep(0.5)
        for _round in range(3):
            # Whatever is asked there, by whomever: an error's page would ask the database in the only thread left.
            assert slowest(site, "/healthz", BIG_FILE, "/static/none", "/healthz/none", cookie=cookie) < UNFELT
        assert not all(answer.done() for answer in answers)
        return {answer.result(timeout=60) for answer in answers}


def status_of(site: WebServer, path: str, *, cookie: str = "") -> int:
    try:
        site.get(path, timeout=60, cookie=cookie)
    except HTTPError as error:
        return error.code
    return 200
