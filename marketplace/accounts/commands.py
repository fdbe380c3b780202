"""The commands of accounts: the first people of an installation."""

import click
from flask.cli import AppGroup

from marketplace.accounts import service
from marketplace.accounts.rules import WITHOUT_WORK
from marketplace.core import db
from marketplace.core.actors import AGENCY, Role
from marketplace.core.errors import DomainError
from marketplace.core.i18n import LOCALES

cli = AppGroup("accounts", help="People of the agency.")
groups = [cli]


@cli.command("create-staff")
@click.option("--email", prompt=True, help="E-mail address, used to sign in.")
@click.option("--name", prompt=True, help="Name of the person.")
@click.option("--role", type=click.Choice(sorted(role.value for role in AGENCY - WITHOUT_WORK)), prompt=True)
@click.option("--locale", type=click.Choice(LOCALES), default=LOCALES[0], show_default=True)
@click.password_option(help="Asked for when left out; at least 12 characters.")
def create_staff(email: str, name: str, role: str, locale: str, password: str) -> None:
    """Open an account with a role of the agency, without a mail. A new installation begins by `marketplace setup`."""
    try:
        with db.unit_of_work():
            service.create_staff(email, name, Role(role), password, locale=locale)
    except DomainError as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{email} can sign in as {role}.")
