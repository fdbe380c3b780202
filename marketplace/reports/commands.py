"""The books on the command line."""

import sys

import click
from flask.cli import AppGroup

from marketplace.reports import proof

cli = AppGroup("ledger", help="The books.")
groups = [cli]


@cli.command()
def verify() -> None:
    """Prove every balance, budget line, voucher, agreement and claim by its transfers; exit 1 if one can't be."""
    books = proof.prove()
    click.echo(f"{books.accounts} accounts, {books.transfers} transfers, {books.unexplained} units unexplained")
    for fault in books.faults:
        click.echo(f"FAULT {fault}")
    sys.exit(1 if books.faults else 0)
