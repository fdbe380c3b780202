"""The books on the command line, and the first steps of a new installation."""

import sys

import click
from flask import current_app
from flask.cli import AppGroup

from config.settings import Settings
from marketplace.accounts import queries as accounts_queries
from marketplace.accounts import service as accounts
from marketplace.agency import queries as agency_queries
from marketplace.agency import service as agency
from marketplace.core import db, migrations
from marketplace.core.actors import Role
from marketplace.core.email_field import address
from marketplace.core.errors import DomainError
from marketplace.core.i18n import LOCALES, force_locale
from marketplace.core.text import tidy_name
from marketplace.reports import checklist, proof
from marketplace.reports.checklist import Stand

cli = AppGroup("ledger", help="The books.")


@cli.command()
def verify() -> None:
    """Prove every balance, budget line, voucher, agreement and claim by its transfers; exit 1 if one can't be."""
    books = proof.prove()
    click.echo(f"{books.accounts} accounts, {books.transfers} transfers, {books.unexplained} units unexplained")
    for fault in books.faults:
        click.echo(f"FAULT {fault}")
    sys.exit(1 if books.faults else 0)


class Words(click.ParamType[str]):
    """A name or an address of a street, as it is kept."""

    name = "text"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        return tidy_name(value) or self.fail("Type it; blanks alone say nothing.", param, ctx)


class EmailAddress(click.ParamType[str]):
    """An address that mail can reach."""

    name = "address"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            return address(value)
        except ValueError:
            self.fail(f"{value!r} is no e-mail address such as name@example.com.", param, ctx)


WORDS, EMAIL = Words(), EmailAddress()


@click.command()
@click.option("--name-ko", type=WORDS, help="The agency's name in Korean.")
@click.option("--name-en", type=WORDS, help="The agency's name in English.")
@click.option("--address-ko", type=WORDS, help="Its address in Korean.")
@click.option("--address-en", type=WORDS, help="Its address in English.")
@click.option("--help-email", type=EMAIL, help="Where people write for help.")
@click.option(
    "--administrator", "emails", type=EMAIL, multiple=True, help="E-mail address of a first administrator; give two."
)
@click.option("--locale", type=click.Choice(LOCALES), default=LOCALES[0], show_default=True, help="Of the invitations.")
def setup(emails: tuple[str, ...], locale: str, **said: str | None) -> None:
    """Begin a new installation: say who the agency is, and invite its first two administrators.

    Asks for what is left out. It can be run again: what was said stays, and whoever has not joined is invited anew;
    earlier invitations end.
    """
    settings: Settings = current_app.config["SETTINGS"]
    if migrations.missing(settings.owner_database_url):
        raise click.ClickException("The database is not up to date. Run `marketplace migrate up` first.")
    with force_locale("en"):
        try:
            with db.unit_of_work():
                _introduce(said)
            with db.unit_of_work():
                links = _invite(emails, locale)
        except DomainError as error:
            raise click.ClickException(str(error)) from None
        _tell(links, settings)
        click.echo("\nLeft to do (the administrators see it under “Going live”):")
        for step in checklist.steps(mail_is_shown=settings.clock_may_move):
            if step.stand in (Stand.OPEN, Stand.WAITING):
                click.echo(f"- {step.text}: {step.now}. {step.who}.")


def _introduce(said: dict[str, str | None]) -> None:
    known = agency_queries.face()
    if known is not None:
        click.echo(f"The agency is {known.name['ko']} ({known.name['en']}). Two administrators change that by a page.")
        return
    words = {name: said[name] or click.prompt(question, type=kind) for name, (question, kind) in ASKED.items()}
    agency.install(
        name={"ko": words["name_ko"], "en": words["name_en"]},
        address={"ko": words["address_ko"], "en": words["address_en"]},
        help_email=words["help_email"],
    )


def _invite(emails: tuple[str, ...], locale: str) -> dict[str, str]:
    """The secrets of the invitations by address."""
    joined = [person.email for person in accounts_queries.people_with_role(Role.ADMINISTRATOR)]
    if len(joined) >= 2:
        click.echo(f"{len(joined)} administrators have joined. They invite everybody else by pages.")
        return {}
    asked = {*emails, *joined}
    while len(asked) < 2:
        asked.add(click.prompt(f"E-mail address of administrator {len(asked) + 1}", type=EMAIL))
    return accounts.invite_first_administrators(sorted(asked - set(joined)), locale=locale)


def _tell(secrets: dict[str, str], settings: Settings) -> None:
    for email, secret in secrets.items():
        if settings.smtp_url:
            click.echo(f"An invitation goes to {email} by mail. It is good for 14 days.")
        else:
            click.echo(f"Mail is not set up (SMTP_URL). Give {email} this link; it works once, for 14 days:")
            click.echo(f"  {settings.base_url}/account/invitation/{secret}")


ASKED = {
    "name_ko": ("The agency's name in Korean", WORDS),
    "name_en": ("The agency's name in English", WORDS),
    "address_ko": ("Its address in Korean", WORDS),
    "address_en": ("Its address in English", WORDS),
    "help_email": ("E-mail address for help", EMAIL),
}
groups = [cli, setup]
