"""Reads of the outbox."""

from functools import cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, select

from marketplace.core import db
from marketplace.notifications.models import Message
from marketplace.notifications.rendering import Letter, render, render_subject


def outbox(address: str | None = None) -> Select[Message]:
    """Messages, newest first; to one address if asked."""
    query = select(Message).order_by(Message.queued_at.desc(), Message.id.desc())
    return query if address is None else query.where(Message.address == address)


def newest(template: str) -> Message | None:
    """The newest message made from this template."""
    return db.session.scalars(_newest(), {"template": template}).one_or_none()


@cache
def _newest() -> Select[Message]:
    query = select(Message).where(Message.template == bindparam("template"))
    return query.order_by(Message.queued_at.desc(), Message.id.desc()).limit(1)


def find_message(key: str) -> Message | None:
    """The message queued for this event."""
    return db.session.scalars(select(Message).where(Message.key == key)).one_or_none()


def letter(message: Message, *, base_url: str) -> Letter:
    """A message as its reader gets it; only while its data are kept (not after sending by SMTP)."""
    return render(message.template, locale=message.locale, base_url=base_url, data=message.data)


def subject(message: Message | Row[Any], *, base_url: str) -> str:
    """The subject of a message, or of the columns of one; only while its data are kept."""
    return render_subject(message.template, locale=message.locale, base_url=base_url, data=message.data)
