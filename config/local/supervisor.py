"""Keeps a few processes running: starts them in order, restarts what falls, stops all in reverse order."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from config.local.logs import Outputs
from config.local.process import spawn

TICK_SECONDS = 0.1
READY_SECONDS = 60
SHORTEST_DELAY, LONGEST_DELAY = 0.5, 30.0
STEADY_SECONDS = 60
"""A child that lived so long starts again at once when it falls."""


class Stopped(Exception):
    """Somebody asked the supervisor to stop."""


@dataclass
class Child:
    """One process that has to be there."""

    name: str
    command: Sequence[str | Path]
    ready: Callable[[], bool] = lambda: True
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 10
    not_as_root: bool = False
    logged: bool = True
    process: subprocess.Popen[bytes] | None = None
    started: float = 0
    delay: float = SHORTEST_DELAY
    due: float = 0


class Supervisor:
    """Runs children until SIGINT, SIGTERM or SIGHUP; what they print goes to a log file each."""

    def __init__(self, outputs: Outputs, *, say: Callable[[str], None] = print) -> None:
        self.children: list[Child] = []
        self.outputs, self.say = outputs, say
        self.stopping = False
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, self._ask_to_stop)

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self.stopping = True

    def start(self, child: Child) -> None:
        """Start a child, keep it from now on, and return when it is ready."""
        self.children.append(child)
        self._spawn(child)
        deadline = time.monotonic() + READY_SECONDS
        while not child.ready():
            if time.monotonic() > deadline:
                raise SystemExit(f"{child.name} did not start. See {self.outputs.path(child.name)}")
            self.tick()

    def run_once(self, name: str, command: Sequence[str | Path], *, logged: bool = True) -> int:
        """Run a command to its end while the children are looked after; returns its exit code."""
        task = Child(name, command, logged=logged)
        self._spawn(task)
        assert task.process
        try:
            while task.process.poll() is None:
                self.tick()
        finally:
            self._end(task)
        return task.process.returncode

    def tick(self) -> None:
        """Look once whether a child has fallen, start again what is due, and listen for a moment to what they print."""
        if self.stopping:
            raise Stopped
        for child in self.children:
            if child.process and child.process.poll() is not None:
                self._fallen(child)
            if child.process is None and time.monotonic() >= child.due:
                self._spawn(child)
        self.outputs.read(TICK_SECONDS)

    def stop(self) -> None:
        """Stop every child, the last started first."""
        for child in reversed(self.children):
            self._end(child)

    def _spawn(self, child: Child) -> None:
        child.started = time.monotonic()
        child.process = spawn(
            child.command,
            stop_signal=child.stop_signal,
            not_as_root=child.not_as_root,
            log=subprocess.PIPE if child.logged else None,
        )
        if child.logged:
            self.outputs.follow(child.name, child.process)

    def _fallen(self, child: Child) -> None:
        assert child.process
        self._kill_group(child.process.pid)
        lived = time.monotonic() - child.started
        child.delay = SHORTEST_DELAY if lived > STEADY_SECONDS else min(child.delay * 2, LONGEST_DELAY)
        child.due = time.monotonic() + child.delay
        code, file = child.process.returncode, self.outputs.path(child.name)
        self.say(f"{child.name} ended with {code}; starting it again. See {file}")
        child.process = None

    def _end(self, child: Child) -> None:
        if child.process is None:
            return
        if child.process.poll() is None:
            child.process.send_signal(child.stop_signal)
            deadline = time.monotonic() + child.stop_seconds
            while child.process.poll() is None and time.monotonic() < deadline:
                self.outputs.read(TICK_SECONDS)
        self._kill_group(child.process.pid)
        child.process.wait()
        self.outputs.read(0)

    def _kill_group(self, group: int) -> None:
        """A child leads a session of its own: end what it left there."""
        with suppress(ProcessLookupError):
            os.killpg(group, signal.SIGKILL)
