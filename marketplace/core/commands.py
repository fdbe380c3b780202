"""The command line of what every area stands on: migrations and generated documents."""

import importlib
import pkgutil
import sys
from collections.abc import Iterator
from typing import Any

import click
from flask import current_app
from flask.cli import AppGroup

import marketplace
from config.settings import Settings, SettingsError
from marketplace.core import db, housekeeping, migrations, safety, server
from marketplace.core.states import Lifecycle

migrate = AppGroup("migrate", help="Bring the database's tables to the form the code expects.")
docs = AppGroup("docs", help="Print documents that are generated from the code.")


@click.command()
@click.option("--host", help="Default: HOST.")
@click.option("--port", type=click.IntRange(1, 65535), help="Default: PORT.")
@click.option("--processes", type=click.IntRange(1, 64), help="Default: WEB_PROCESSES.")
@click.option("--threads", type=click.IntRange(1, 8), help="For pages, in each process. Default: WEB_THREADS.")
def web(host: str | None, port: int | None, processes: int | None, threads: int | None) -> None:
    """Run the web server."""
    settings: Settings = current_app.config["SETTINGS"]
    server.serve(
        current_app._get_current_object(),  # type: ignore[attr-defined]
        host=host or settings.host,
        port=port or settings.port,
        processes=processes or settings.web_processes,
        threads=threads or settings.web_threads,
        largest_body=settings.max_upload_bytes,
        metrics_folder=settings.data_dir / f"metrics-{port or settings.port}",
    )


@click.command()
def doctor() -> None:
    """Say what is not as a production installation must be, and how to mend it; exits with 1 if anything is."""
    try:
        settings = Settings.from_environment()
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    db.connect(settings.database_url)
    ill = False
    for line, problem in safety.findings(settings):
        click.echo(f"{'FAIL' if problem else 'ok':6}{line}")
        if problem:
            ill = True
            click.echo(f"      {problem}")
    sys.exit(1 if ill else 0)


@migrate.command("up")
@click.argument("to", default="head")
def up(to: str) -> None:
    """Run every missing migration, or those up to one."""
    settings = current_app.config["SETTINGS"]
    try:
        migrations.up(settings.owner_database_url, to)
    except migrations.OtherMigrations:
        raise click.ClickException(other_migrations(settings)) from None
    if settings.clock_may_move:
        migrations.let_clock_move(settings.owner_database_url)


@migrate.command("down")
@click.argument("to")
def down(to: str) -> None:
    """Take migrations back until one; `base` empties the database."""
    migrations.down(current_app.config["SETTINGS"].owner_database_url, to)


@migrate.command("check")
def check() -> None:
    """Say which migrations are missing; exits with 1 if any is."""
    settings = current_app.config["SETTINGS"]
    try:
        missing = migrations.missing(settings.owner_database_url)
    except migrations.OtherMigrations:
        raise click.ClickException(other_migrations(settings)) from None
    if missing:
        raise click.ClickException(f"Missing: {', '.join(missing)}. Run `marketplace migrate up`.")
    click.echo("The database is up to date.")


def other_migrations(settings: Settings) -> str:
    """What whoever has an older database can do; nothing is ever taken away from them."""
    if settings.own_database:
        way = f"set the folder {settings.data_dir} aside (or remove it, with all that is in it) and start again"
    else:
        way = "make an empty one and name it in DATABASE_URL and OWNER_DATABASE_URL"
    return (
        "The database was made by migrations that have changed since. Until the first release they are changed in"
        f" place, so this database can't be brought up to date; it was left as it is. For a new one, {way}."
    )


@docs.command("lifecycles")
def print_lifecycles() -> None:
    """Print docs/lifecycles.md."""
    click.echo(describe_lifecycles(), nl=False)


def lifecycles() -> Iterator[tuple[str, Lifecycle[Any]]]:
    """Every lifecycle with the area it belongs to."""
    for module in sorted(item.name for item in pkgutil.walk_packages(marketplace.__path__, "marketplace.")):
        if module.endswith(".states") and module != "marketplace.core.states":
            for value in vars(importlib.import_module(module)).values():
                if isinstance(value, Lifecycle):
                    yield module.split(".")[1], value


def describe_lifecycles() -> str:
    """All lifecycles as tables in Markdown."""
    lines = [
        "# Lifecycles",
        "",
        "Printed by `marketplace docs lifecycles` from `marketplace/*/states.py`; a test compares the two.",
    ]
    for area, lifecycle in lifecycles():
        lines += ["", f"## {area}: {lifecycle.name.replace('_', ' ')}", ""]
        lines += [f"Begins as `{lifecycle.initial}`.", "", "| event | from | to | time kept in |", "|---|---|---|---|"]
        for move in lifecycle.moves:
            sources = ", ".join(f"`{source}`" for source in move.sources)
            lines.append(f"| {move.event} | {sources} | `{move.target}` | {f'`{move.stamp}`' if move.stamp else ''} |")
    return "\n".join(lines) + "\n"


groups = [web, migrate, docs, *housekeeping.groups]
