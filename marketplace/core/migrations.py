"""Bringing the database to the form that the code expects, as the role `owner`: its tables by migrations, and then what
the areas' SQL files say."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.pool import NullPool

from marketplace.core import db, sql

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
# A migration that has to wait for a lock, or that takes long, gives up and leaves everything as it was.
LONGEST = timedelta(seconds=5)
OPTIONS = f"-c lock_timeout=4000 -c statement_timeout={LONGEST // timedelta(milliseconds=1)} -c timezone=UTC"
SQL_FILES = "SQL files"
"""What `missing` says when functions, triggers or policies aren't those of the files."""


class OtherMigrations(Exception):
    """The database was made by migrations that have been changed since: it can't be brought up to date."""


def up(url: str, to: str = "head") -> None:
    """Run every migration that is missing up to `to`; when none is left, load the SQL files if they have changed.

    Raises `OtherMigrations` and leaves everything as it was if the database was made by others than these.
    """
    before = missing(url)
    _run(url, lambda config: command.upgrade(config, to))
    left = [step for step in missing(url, checked=False) if step != SQL_FILES]
    with _begin(url) as connection:
        if before and not left:
            sql.load(connection)
        _sign(connection, with_files=not left)


def down(url: str, to: str) -> None:
    """Take migrations back until `to` (a revision, `-1`, or `base` for an empty database)."""
    _run(url, lambda config: command.downgrade(config, to))
    with _begin(url) as connection:
        _sign(connection, with_files=False)


def let_clock_move(url: str) -> None:
    """Give the service's role the right to move business time: for demo and test mode alone."""
    with _begin(url) as connection:
        if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = 'app'")):
            connection.execute(text("GRANT UPDATE ON clock_offset TO app"))


def missing(url: str, *, checked: bool = True) -> list[str]:
    """The revisions that are not in the database yet, oldest first, and `SQL_FILES` if those have changed.

    Raises `OtherMigrations` unless `checked` is false.
    """
    with _begin(url) as connection:
        now = MigrationContext.configure(connection).get_current_revision()
        signature = connection.scalar(text("SELECT obj_description(to_regclass('alembic_version'))")) or ""
    if checked and now and (now not in _revisions() or not signature.startswith(_signature(now))):
        raise OtherMigrations
    newer = [revision for revision in _revisions() if now is None or revision > now]
    return newer + ([SQL_FILES] if signature != _signature(_revisions()[-1], with_files=True) else [])


def fingerprint() -> str:
    """Tells databases apart that were made by different migrations or SQL files: for whoever keeps copies of one."""
    return _signature(_revisions()[-1], with_files=True)


def _sign(connection: Connection, *, with_files: bool) -> None:
    """Write into the database by which migrations and files it was made."""
    now = MigrationContext.configure(connection).get_current_revision()
    signature = _signature(now, with_files=with_files) if now else ""
    connection.execute(text(f"COMMENT ON TABLE alembic_version IS '{signature}'"))


def _signature(revision: str, *, with_files: bool = False) -> str:
    """`migrations <hash>` of those up to `revision`, followed by `, SQL <hash>`."""
    steps = [file for file in _steps() if file.name[:4] <= revision]
    return f"migrations {_hash(steps)}" + (f", SQL {_hash(sql.files())}" if with_files else "")


def _hash(files: list[Path]) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _steps() -> list[Path]:
    return sorted(FOLDER.glob("[0-9]*.py"))


def _revisions() -> list[str]:
    script = ScriptDirectory.from_config(_config(None))
    return [step.revision for step in reversed(list(script.iterate_revisions("head", "base")))]


@contextmanager
def _begin(url: str) -> Iterator[Connection]:
    with _engine(url).begin() as connection:
        yield connection


def _run(url: str, work: Callable[[Config], None]) -> None:
    with _engine(url).connect() as connection:
        work(_config(connection))


def _engine(url: str) -> Engine:
    engine = create_engine(url, poolclass=NullPool, connect_args={"options": OPTIONS})
    db.bound_waiting(engine, LONGEST)
    return engine


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER / "environment"))
    config.set_main_option("version_locations", str(FOLDER))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config
