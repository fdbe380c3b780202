"""Flask's hello under the product's web server and under others: cost, a hundred slow senders, 2,000 idle connections.

`python -m tests.bench.web_servers BIN` takes the others from the environment BIN, as
`python -m venv /tmp/peers && /tmp/peers/bin/pip install flask gunicorn granian uvicorn httptools a2wsgi hypercorn`
makes it. Each runs two processes with four threads.
"""

from __future__ import annotations

import os
import signal
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from config.local.process import spawn
from tests.embedded_server import wait_until
from tests.faults.test_web_server import more_files
from tests.installation import free_port

ROUND = 4000
WSGI = "tests.bench.hello:app"
ASGI = """
from a2wsgi import WSGIMiddleware
from tests.bench.hello import app as hello
app = WSGIMiddleware(hello, workers=4)
"""


def commands(peers: Path, port: int) -> dict[str, list[str | Path]]:
    """How each server is started on this port."""
    at = f"127.0.0.1:{port}"
    gthread = ["--worker-class", "gthread", "--workers", "2", "--threads", "4", "--no-control-socket"]
    granian = ["--interface", "wsgi", "--workers", "2", "--blocking-threads", "4", "--backpressure", "4000"]
    return {
        "ours (waitress)": [sys.executable, "-m", "tests.bench.hello", str(port), "2", "4"],
        "gunicorn gthread": [peers / "gunicorn", *gthread, "--bind", at, WSGI],
        "granian": [peers / "granian", *granian, "--port", str(port), WSGI],
        "uvicorn, a2wsgi": [
            peers / "uvicorn",
            "--workers",
            "2",
            "--port",
            str(port),
            "--no-access-log",
            "bench_asgi:app",
        ],
        "hypercorn": [peers / "hypercorn", "--workers", "2", "--bind", at, f"wsgi:{WSGI}"],
    }


def family(pid: int) -> list[int]:
    """A process and all below it."""
    children = [int(word) for task in Path(f"/proc/{pid}/task").glob("*/children") for word in task.read_text().split()]
    return [pid, *(below for child in children for below in family(child))]


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and all below it."""
    ticks = 0
    for member in set(family(pid)):
        fields = Path(f"/proc/{member}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def ask(connection: socket.socket) -> float:
    """Ask for hello; seconds until it is here."""
    begin = time.monotonic()
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = b""
    while b"Hello" not in answer:
        part = connection.recv(65536)
        if not part:
            raise OSError("closed")
        answer += part
    return time.monotonic() - begin


def visit(port: int, times: int = 20) -> str:
    """How long a visitor waits who connects anew each time, and who gives up after 3 seconds."""
    waits = []
    for _visit in range(times):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=3) as connection:
            waits.append(ask(connection))
    return f"{statistics.median(waits) * 1000:.1f} ms" if len(waits) == times else f"{times - len(waits)} gave up"


def cost(pid: int, port: int) -> float:
    """CPU microseconds of the server for a hello."""
    with ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port))) for _client in range(4)]
        before = cpu_seconds(pid)
        for number in range(ROUND):
            ask(clients[number % 4])
        return (cpu_seconds(pid) - before) / ROUND * 1e6


def measure(name: str, command: Sequence[str | Path], port: int, folder: Path) -> str:
    """One row of the table."""
    process = spawn(command, log=folder / f"{name}.log", env={**os.environ, "PYTHONPATH": f"{folder}:{Path.cwd()}"})
    try:
        wait_until(lambda: visit(port, 1).endswith("ms"))
        alone = cost(process.pid, port)
        with ExitStack() as stack:
            for _sender in range(100):
                sender = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
                sender.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx")
            slow = visit(port, 5)
        with ExitStack() as stack, more_files(2100):
            for _connection in range(2000):
                stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
            visit(port, 3)
            idle = visit(port, 5)
        return f"| {name} | {alone:.0f} | {slow} | {idle} |"
    finally:
        for member in family(process.pid):
            with suppress(ProcessLookupError):
                os.kill(member, signal.SIGKILL)


def main(peers: Path) -> None:
    """Print the table."""
    print("| server | CPU of a hello, µs | visitor beside 100 slow senders | visitor beside 2,000 idle |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "bench_asgi.py").write_text(ASGI)
        for name in commands(peers, 0):
            port = free_port()
            print(measure(name, commands(peers, port)[name], port, Path(folder)), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
