"""The outbox on the command line: for whoever runs the server, where no mail server is set up yet."""

import click
from flask.cli import AppGroup

from marketplace.core import db
from marketplace.notifications import post, queries

cli = AppGroup("outbox", help="The mails that were written here.")
groups = [cli]


@cli.command()
@click.argument("address")
@click.option("--count", type=click.IntRange(1, 100), default=1, show_default=True, help="So many, the newest first.")
def show(address: str, count: int) -> None:
    """Print the newest mails to ADDRESS, with their links. What went out through a mail server is not kept."""
    for message in db.session.scalars(queries.outbox(address.lower()).limit(count)):
        if not message.data:
            click.echo(f"{message.queued_at:%Y-%m-%d %H:%M} sent through the mail server, not kept here\n")
            continue
        letter = queries.letter(message, base_url=post.post().base_url)
        click.echo(f"{message.queued_at:%Y-%m-%d %H:%M} {letter.subject}\n\n{letter.body}")
