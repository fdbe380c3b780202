"""The ledger on the command line."""

import sys

import click
from flask.cli import AppGroup

from marketplace.ledger import queries

cli = AppGroup("ledger", help="The books.")
groups = [cli]


@cli.command()
def verify() -> None:
    """Prove that every balance is the sum of its transfers; exit 1 if not."""
    books = queries.verify()
    click.echo(f"{books.accounts} accounts, {books.transfers} transfers, {books.unexplained} units unexplained")
    for fault in books.faults:
        click.echo(f"FAULT {fault}")
    sys.exit(1 if books.faults else 0)
