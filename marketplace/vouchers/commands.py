"""The command line of allocation: replay what was published."""

import click
from flask.cli import AppGroup
from sqlalchemy import select

from marketplace.core.db import session
from marketplace.programmes.models import Call
from marketplace.vouchers import queries

allocation = AppGroup("allocation", help="The allocation of vouchers.")
groups = [allocation]


@allocation.command("replay")
@click.argument("number")
def replay(number: str) -> None:
    """Work through the published list of a call (CALL-2026-000001) again; exit 1 if an answer differs."""
    call = session.scalars(select(Call).where(Call.number == number)).one_or_none()
    if call is None:
        raise click.UsageError("There is no call with this number.")
    answers, differences = len(queries.first_answers(call.id)), queries.replay_differences(call)
    for ticket in differences:
        click.echo(f"ticket {ticket} comes out differently")
    click.echo(f"{answers} tickets replayed, {len(differences)} differ")
    raise SystemExit(1 if differences else 0)
