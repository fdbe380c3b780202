"""The command line of allocation: write the sealed list of a call, and work through such a file again."""

from pathlib import Path

import click
from flask.cli import AppGroup
from sqlalchemy import select

from marketplace.core import db
from marketplace.core.errors import NotFound
from marketplace.programmes.models import Call
from marketplace.vouchers import queries, sealed_list

allocation = AppGroup("allocation", help="The allocation of vouchers.")
groups = [allocation]


@allocation.command("export")
@click.argument("number")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="The file to write; without it stdout.")
def export(number: str, output: Path | None) -> None:
    """Write the sealed list of a call (CALL-2026-000001), with its results, as canonical JSON without names."""
    call = db.session.scalars(select(Call).where(Call.number == number)).one_or_none()
    if call is None:
        raise click.UsageError("There is no call with this number.")
    try:
        content = queries.sealed_file(call)
    except NotFound:
        raise click.UsageError("The vouchers of this call are not allocated yet.") from None
    if output is None:
        click.echo(content, nl=False)
    else:
        output.write_bytes(content)
        click.echo(f"{output}: sha256 {sealed_list.digest(content)}")


@allocation.command("replay", with_appcontext=False)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="Where to write the results.")
def replay(file: Path, output: Path | None) -> None:
    """Work through a sealed list again, without a database; exit 1 if anything comes out differently."""
    content = file.read_bytes()
    try:
        verdict = sealed_list.replay(content)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    if output is not None:
        output.write_bytes(verdict.results)
    click.echo(f"sha256 of the file: {sealed_list.digest(content)}")
    for fault in verdict.faults:
        click.echo(fault)
    click.echo(f"{verdict.answers} tickets replayed, {len(verdict.faults)} faults")
    raise SystemExit(1 if verdict.faults else 0)
