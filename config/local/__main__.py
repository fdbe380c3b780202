"""`python -m config.local`: everything on one machine, from nothing to a printed address."""

import fcntl
import os
import signal
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from config.local import postgres, valkey
from config.local.logs import Outputs
from config.local.process import give_to_ordinary_user
from config.local.supervisor import Child, Stopped, Supervisor
from config.settings import ROOT, Settings, SettingsError

BIN = Path(sys.executable).parent


def main() -> None:
    """Start what is needed, say where it is, and stay until asked to stop."""
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        raise SystemExit(str(error)) from None
    os.chdir(ROOT)
    lock = take_lock(settings)
    supervisor = Supervisor(outputs(settings), say=say)
    try:
        with stage("Servers"):
            start_servers(supervisor, settings)
        with stage("Tables"):
            migrate(supervisor)
        if settings.demo:
            with stage("Demo data"):
                make_demo(supervisor, settings)
        with stage("Web, worker and scheduler"):
            start_service(supervisor, settings)
        welcome(supervisor, settings)
        while True:
            supervisor.tick()
    except Stopped:
        say("Stopping …")
    finally:
        supervisor.stop()
        lock.close()
    say("Stopped.")


def say(text: str) -> None:
    """Print at once, also into a pipe."""
    print(text, flush=True)


@contextmanager
def stage(what: str) -> Iterator[None]:
    """Say what begins, and how long it took."""
    say(f"{what} …")
    began = time.monotonic()
    yield
    say(f"  {time.monotonic() - began:.1f} s")


def take_lock(settings: Settings) -> TextIO:
    """One supervisor per DATA_DIR; the kernel gives the lock back however this process ends."""
    # Where the embedded servers run as another user, that user has to reach its folders in this one.
    settings.data_dir.mkdir(mode=0o700 if settings.production else 0o755, parents=True, exist_ok=True)
    lock = open(settings.data_dir / "supervisor.lock", "w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise SystemExit(f"It already runs with {settings.data_dir}. Stop it first, or set DATA_DIR.") from None
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SystemExit(f"Can't listen on {settings.host}:{settings.port} ({error.strerror}). Set PORT.") from None
    return lock


def outputs(settings: Settings) -> Outputs:
    """Where what the children print is kept."""
    folder = settings.data_dir / "log"
    folder.mkdir(mode=0o700, exist_ok=True)
    return Outputs(folder, largest=settings.log_bytes, kept=settings.log_files)


def start_servers(supervisor: Supervisor, settings: Settings) -> None:
    """The embedded PostgreSQL and Valkey, where no real ones are named."""
    sockets = settings.socket_dir
    if settings.own_redis:
        give_to_ordinary_user(sockets)
        (sockets / "valkey.sock").unlink(missing_ok=True)
        supervisor.start(
            Child("valkey", valkey.command(sockets), ready=lambda: valkey.accepts(sockets), not_as_root=True)
        )
    if settings.own_database:
        cluster = settings.data_dir / "postgres"
        if not (cluster / "PG_VERSION").exists():
            say(f"  a new database in {cluster}")
        postgres.prepare(cluster, sockets)
        supervisor.start(
            Child(
                "postgres",
                postgres.command(cluster, sockets),
                ready=lambda: postgres.accepts(sockets),
                stop_signal=signal.SIGINT,
                stop_seconds=postgres.STOP_SECONDS,
                not_as_root=True,
            )
        )
        if unfinished_demo(settings).exists():
            say("  the demo data were not finished last time: they are made anew")
            postgres.drop_database(sockets)
        if postgres.create_database(sockets):
            if settings.demo:
                unfinished_demo(settings).touch()
            else:
                unfinished_demo(settings).unlink(missing_ok=True)


def unfinished_demo(settings: Settings) -> Path:
    """There while demo data are being made: who stops that gets them from the beginning at the next start."""
    return settings.data_dir / "demo.unfinished"


def migrate(supervisor: Supervisor) -> None:
    """Bring the database to the newest form."""
    if supervisor.run_once("migrate", [BIN / "marketplace", "migrate", "up"], logged=False) != 0:
        raise SystemExit("Not started, for the reason above.")


def make_demo(supervisor: Supervisor, settings: Settings) -> None:
    """Fill an empty database; whatever stops this, the next start begins it anew."""
    if supervisor.run_once("demo", [BIN / "marketplace", "demo", "generate", "--if-empty"], logged=False) != 0:
        raise SystemExit("Not started: no demo data. The next start makes them from the beginning, DEMO=0 none.")
    unfinished_demo(settings).unlink(missing_ok=True)


def start_service(supervisor: Supervisor, settings: Settings) -> None:
    """The web server, the background worker and the scheduler."""
    concurrency = str(settings.worker_processes)
    supervisor.start(Child("worker", [BIN / "marketplace", "worker", "--concurrency", concurrency]))
    supervisor.start(Child("scheduler", [BIN / "marketplace", "scheduler"]))
    supervisor.start(Child("web", web_command(settings), ready=lambda: web_accepts(settings)))


def web_command(settings: Settings) -> list[str | Path]:
    """The web server with these settings."""
    return [
        BIN / "marketplace", "web", "--host", settings.host, "--port", str(settings.port),
        "--processes", str(settings.web_processes), "--threads", str(settings.web_threads),
    ]  # fmt: skip


def web_accepts(settings: Settings) -> bool:
    """True when the web server takes connections."""
    try:
        socket.create_connection((settings.host, settings.port), timeout=1).close()
    except OSError:
        return False
    return True


def welcome(supervisor: Supervisor, settings: Settings) -> None:
    """Say where it is, and who may sign in to the demo or how a new installation begins."""
    say(f"\n  {settings.base_url}\n")
    if settings.demo:
        supervisor.run_once("sign-ins", [BIN / "marketplace", "demo", "sign-ins"], logged=False)
    else:
        say("A new installation goes on with `.venv/bin/marketplace setup`, as docs/first-day.md says.")
    say(f"\nLogs: {settings.data_dir / 'log'}   Stop: Ctrl-C")


if __name__ == "__main__":
    main()
