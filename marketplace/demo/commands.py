"""The demo on the command line: make its data, say who may sign in, move the clock, play the bank."""

import time
import unicodedata
from typing import BinaryIO

import click
from flask import current_app
from flask.cli import AppGroup

from marketplace.claims.queries import find_batch
from marketplace.core import clock, db
from marketplace.core.actors import ROLE_LABELS, SYSTEM, Role
from marketplace.core.errors import DomainError
from marketplace.core.i18n import force_locale
from marketplace.demo import bank, generator, plans, service, sign_ins
from marketplace.demo.people import PASSWORD
from marketplace.demo.queries import find_awaited_share, usual_debtor, usual_payer
from marketplace.receivables.queries import find_by_number

demo = AppGroup("demo", help="Demo data, business time and the bank's part; in demo mode alone.")
groups = [demo]


@demo.command("generate")
@click.option("--if-empty", is_flag=True, help="Make none, quietly, when there is any programme.")
@click.option("--small", is_flag=True, help="A fifth of the companies; for tests.")
def generate(if_empty: bool, small: bool) -> None:
    """Make two years of data by the service's own verbs, truly dated; with data, let their time go on."""
    with db.unit_of_work():
        db.load_clock()
        known = generator.has_data()
        if known and if_empty:
            service.resume()
    if known:
        if if_empty:
            return
        raise click.ClickException("There is data already. Use --if-empty, or an empty DATA_DIR.")
    started = time.monotonic()
    small = small or current_app.config["SETTINGS"].demo_small
    generator.generate(plans.SMALL if small else plans.Scale(), click.echo)
    click.echo(f"Done in {time.monotonic() - started:.0f} s.")


@demo.command("sign-ins")
def print_sign_ins() -> None:
    """Print the address, the one password, and somebody to sign in as for every role."""
    click.echo(f"  {current_app.config['SETTINGS'].base_url}/account/sign-in   password for everybody: {PASSWORD}\n")
    with db.unit_of_work(), force_locale("en"):
        db.load_clock()
        for heading, people in sign_ins.groups():
            click.echo(f"  {heading}")
            for person in people:
                role = _wide(str(ROLE_LABELS[Role(person.role)]), 20)
                click.echo(f"    {role}{_wide(person.email, 46)}{person.name}")


@demo.command("advance")
@click.argument("span")
def advance(span: str) -> None:
    """Move business time on by SPAN, such as 8d, 36h or 2w."""
    with db.unit_of_work(), force_locale("en"):
        db.load_clock()
        try:
            service.advance(service.parse_span(span), actor=SYSTEM)
        except DomainError as error:
            raise click.UsageError(str(error)) from None
    click.echo(f"It is now {clock.now().astimezone(clock.zone()):%Y-%m-%d %H:%M}.")


@demo.command("bank")
@click.argument("number")
@click.option("--write", type=click.File("wb"), help="Write the bank's report to this file and import nothing.")
def play_bank(number: str, write: BinaryIO | None) -> None:
    """Answer the payment batch NUMBER (PAY-…), or let the share (COP-…) or the next instalment (RCV-…) arrive."""
    with db.unit_of_work(), force_locale("en"):
        db.load_clock()
        try:
            _play(number, write)
        except DomainError as error:
            raise click.ClickException(str(error)) from None
    click.echo("Written." if write else "The bank's report was imported.")


def _play(number: str, write: BinaryIO | None) -> None:
    share = find_awaited_share(number)
    batch = find_batch(number)
    debt = find_by_number(number)
    if share is not None:
        payer = usual_payer(share)
        if write:
            write.write(bank.report_share(share.id, **payer))
        else:
            service.pay_share(share.id, actor=SYSTEM, **payer)
    elif batch is not None:
        if write:
            write.write(bank.report_batch(batch.id))
        else:
            service.answer_batch(batch.id, actor=SYSTEM)
    elif debt is not None:
        payment = usual_debtor(debt)
        if write:
            write.write(bank.report_debt(debt.id, **payment))
        else:
            service.pay_debt(debt.id, actor=SYSTEM, **payment)
    else:
        raise click.UsageError(f"Nothing with the number {number} waits for the bank.")


def _wide(text: str, columns: int) -> str:
    """The text filled up to so many columns; Hangul takes two each."""
    width = sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)
    return text + " " * max(1, columns - width)
