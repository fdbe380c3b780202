"""The web server: processes that share one address; in each a loop takes and hands out bytes, and threads work.

A thread is given a request when the whole of it is there, and is free again when its answer is written to memory or
disk, so that whoever sends or reads slowly holds no thread.
"""

import gc
import os
import resource
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from types import FrameType
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

import structlog
from waitress.channel import HTTPChannel
from waitress.server import create_server
from waitress.task import ThreadedTaskDispatcher

from config.local.process import end_with_parent
from marketplace.core import logging, metrics
from marketplace.core.web import LIGHT

log = structlog.get_logger()

CONNECTIONS = 4000
"""Most open connections of one process."""
FILES_PER_CONNECTION = 2
"""The socket, and what doesn't fit into memory of a request's body or an answer."""
OTHER_FILES = 200
LARGEST_HEADER = 32 * 1024
GRACE_SECONDS = 5
"""What is under way when a process is asked to stop may take so long."""
PAUSE_SECONDS = 0.5
"""A process that falls again and again is not started more often."""
ASKS_TO_STOP = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


def serve(
    application: WSGIApplication,
    *,
    host: str,
    port: int,
    processes: int,
    threads: int,
    largest_body: int,
    metrics_folder: Path,
) -> None:
    """Answer until asked to stop; `threads` are those of each process, `largest_body` is in bytes."""
    logging.take_over()
    metrics.share(metrics_folder)
    settle_memory()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, port), family=family, backlog=2048) as listener:
        children = _keep_running(lambda: _Process(application, listener, threads, largest_body).run(), processes)
    _stop(children)


def settle_memory() -> None:
    """Leave what was made at start out of every later search for garbage, since it stays; and search less often.

    Searching it again and again took a twentieth of a page's time. Processes that are forked later share it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _keep_running(work: Callable[[], None], processes: int) -> set[int]:
    """Fork so many processes and replace what falls until asked to stop; returns those that run then."""
    heard = {*ASKS_TO_STOP, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, heard)
    children: set[int] = set()
    while True:
        while len(children) < processes:
            children.add(_fork(work, heard))
        if signal.sigwait(heard) in ASKS_TO_STOP:
            return children
        fallen = _reap(children)
        if fallen:
            log.warning("web processes ended", pids=fallen)
            time.sleep(PAUSE_SECONDS)


def _fork(work: Callable[[], None], heard: Iterable[signal.Signals]) -> int:
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    try:
        end_with_parent(parent, signal.SIGTERM)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, heard)
        work()
    finally:
        sys.stdout.flush()
        os._exit(0)


def _reap(children: set[int]) -> list[int]:
    """Take those that have ended out of the set."""
    ended = [child for child in children if os.waitpid(child, os.WNOHANG)[0]]
    children.difference_update(ended)
    return ended


def _stop(children: set[int]) -> None:
    for child in children:
        os.kill(child, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS + 1
    while children and time.monotonic() < deadline:
        _reap(children)
        time.sleep(0.05)
    for child in children:
        os.kill(child, signal.SIGKILL)


class _Process:
    """One process: waitress's loop with threads."""

    def __init__(self, application: WSGIApplication, listener: socket.socket, threads: int, largest_body: int) -> None:
        self.lanes = _Lanes(threads)
        self.server: Any = create_server(
            logged(application),
            _dispatcher=self.lanes,
            sockets=[listener],
            connection_limit=_most_connections(),
            asyncore_use_poll=True,  # select() knows no file above 1,023
            max_request_header_size=LARGEST_HEADER,
            # The application reads up to twice the size, and refuses what is more with a page that people can read.
            max_request_body_size=3 * largest_body,
            clear_untrusted_proxy_headers=False,  # PROXY_HOPS says whom the application believes
            ident="",
        )
        self.stopping = False
        for number in ASKS_TO_STOP:
            signal.signal(number, self._ask_to_stop)

    def run(self) -> None:
        """Take connections until asked to stop, then finish what is under way."""
        while not self.stopping:
            self._turn(seconds=1)
        self.server.del_channel()
        self.server.socket.close()
        deadline = time.monotonic() + GRACE_SECONDS
        while self._under_way() and time.monotonic() < deadline:
            self._turn(seconds=0.1)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True
        self.server.pull_trigger()

    def _turn(self, *, seconds: float) -> None:
        self.server.asyncore.loop(timeout=seconds, use_poll=True, map=self.server._map, count=1)

    def _under_way(self) -> bool:
        channels: Iterable[HTTPChannel] = self.server.active_channels.values()
        return any(channel.requests or channel.total_outbufs_len for channel in channels)


class _Lanes:
    """Threads for pages, and one for what never waits for the database: a hung database leaves that one free."""

    def __init__(self, threads: int) -> None:
        self.pages, self.light = ThreadedTaskDispatcher(), ThreadedTaskDispatcher()
        self.pages.set_thread_count(threads)
        self.light.set_thread_count(1)

    def add_task(self, channel: HTTPChannel) -> None:
        """Queue the first request of a connection; waitress calls this."""
        path = getattr(channel.requests[0], "path", "")  # an unreadable request has none
        lane = self.light if path.startswith(LIGHT) else self.pages
        lane.add_task(channel)


def _most_connections() -> int:
    """As many as are meant, or as the system allows; raises the soft limit of open files for it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    files = FILES_PER_CONNECTION * CONNECTIONS + OTHER_FILES
    allowed = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < allowed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
    return (allowed - OTHER_FILES) // FILES_PER_CONNECTION


def logged(application: WSGIApplication) -> WSGIApplication:
    """The application, with a line in the log for each answer."""

    def answer(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        began = time.perf_counter()
        logging.end()  # of what this thread did before

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            log.info(
                "request",
                method=environ["REQUEST_METHOD"],
                path=environ["PATH_INFO"].encode("latin-1").decode(errors="replace"),
                status=int(status[:3]),
                ms=round((time.perf_counter() - began) * 1000),
            )
            return start_response(status, headers, *error)

        return application(environ, start)

    return answer
