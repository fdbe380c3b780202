"""Bringing the database's tables to the form that the code expects, as the role `owner`."""

from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import NullPool

FOLDER = Path(__file__).resolve().parents[2] / "migrations"
# A migration that has to wait for a lock, or that takes long, gives up and leaves everything as it was.
OPTIONS = "-c lock_timeout=4000 -c statement_timeout=5000 -c timezone=UTC"


def up(url: str, to: str = "head") -> None:
    """Run every migration that is missing up to `to`."""
    _run(url, lambda config: command.upgrade(config, to))


def down(url: str, to: str) -> None:
    """Take migrations back until `to` (a revision, `-1`, or `base` for an empty database)."""
    _run(url, lambda config: command.downgrade(config, to))


def let_clock_move(url: str) -> None:
    """Give the service's role the right to move business time: for demo and test mode alone."""
    engine = create_engine(url, poolclass=NullPool)
    with engine.begin() as connection:
        if connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = 'app'")):
            connection.execute(text("GRANT UPDATE ON clock_offset TO app"))


def missing(url: str) -> list[str]:
    """The revisions that are not in the database yet, oldest first."""
    script = ScriptDirectory.from_config(_config(None))
    engine = create_engine(url, poolclass=NullPool)
    with engine.connect() as connection:
        now = MigrationContext.configure(connection).get_current_revision()
    return [step.revision for step in reversed(list(script.iterate_revisions("head", now or "base")))]


def _run(url: str, work: Callable[[Config], None]) -> None:
    engine = create_engine(url, poolclass=NullPool, connect_args={"options": OPTIONS})
    with engine.connect() as connection:
        work(_config(connection))


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER / "environment"))
    config.set_main_option("version_locations", str(FOLDER))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    return config
