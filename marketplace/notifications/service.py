"""The verbs of the outbox: queue a mail once per event, send it at least once."""

import re
import smtplib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Select, Text, bindparam, case, func, literal, select
from sqlalchemy.dialects.postgresql import JSONB, insert

from config import retention
from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.audit import plain, transition
from marketplace.core.errors import Invalid
from marketplace.core.i18n import LOCALES, _
from marketplace.core.tasks import Queue, schedule_each, task
from marketplace.notifications import post as usual
from marketplace.notifications.models import Message
from marketplace.notifications.post import Post, compose, deliver
from marketplace.notifications.rendering import render
from marketplace.notifications.states import MESSAGE, MessageStatus

log = structlog.get_logger()

ONE_MAIL = select(
    bindparam("about", type_=Text),
    bindparam("address", type_=Text),
    bindparam("locale", type_=Text),
    bindparam("recipient_name", type_=Text),
    bindparam("data", type_=JSONB),
)


@dataclass(frozen=True)
class Recipient:
    """Who reads a mail, and in which language."""

    address: str
    locale: str
    name: str = ""


def queue(template: str, *, to: Recipient, key: str, **data: Any) -> None:
    """Put one mail into the outbox; the same template and `key`, which says what it is about, change nothing again.

    No bell rings for it: the sweeper comes within seconds, and nobody waits for the broker on a mail's account.
    """
    if not re.fullmatch(r"[!-~]+@[!-~]+", to.address):
        raise Invalid(_("Type an e-mail address such as name@example.com."), field="email")
    told = {"about": key, "address": to.address, "locale": to.locale, "recipient_name": to.name, "data": plain(data)}
    queue_all(template, ONE_MAIL, **told)


def queue_all(template: str, mails: Select[str, str, str, str, Any], **values: Any) -> None:
    """Put a mail and its sending into the outbox for each row of a select of (key, address, locale, name, data).

    A mail is known by its template and what it is about: `claims/claim_paid:<id>`. `values` are those of the select's
    parameters.
    """
    schedule_each(send, _put(mails), template=template, **values)


@lru_cache(maxsize=50)
def _put(mails: Select[str, str, str, str, Any]) -> Select[UUID]:
    """Put the mails into the outbox: the ids of those that are new; kept for a select that is kept."""
    about, address, locale, name, data = mails.subquery().columns
    template = bindparam("template", type_=Text)
    key = template.concat(":").concat(about)
    values = {
        "key": key,
        "address": address,
        "locale": case((locale.in_(LOCALES), locale), else_=LOCALES[0]),
        "template": template,
        "data": func.jsonb_build_object("recipient_name", name, type_=JSONB).concat(data),
        "status": literal(MESSAGE.initial),
        "message_id": func.left(func.encode(func.sha256(func.convert_to(key, "UTF8")), "hex"), 40),
    }
    made = insert(Message).from_select(list(values), select(*values.values()), include_defaults=False)
    fresh = made.on_conflict_do_nothing(index_elements=["key"]).returning(Message.id).cte("fresh")
    return select(fresh.columns.id)


@task("send_mail", _("Send an e-mail"), Queue.MAIL, keep=retention.periods()["sent_mail_tasks"])
def send(message_id: UUID, *, actor: Actor, post: Post | None = None) -> None:
    """Send a queued mail, rendered now; after a crash it may go out twice, with the same Message-ID.

    Sent through a server, its data (names, links) are emptied; in the local outbox they stay to be read.
    """
    message = db.get(Message, message_id, lock=True)
    if message.status != MessageStatus.QUEUED:
        return
    post = post or usual.post()
    letter = render(message.template, locale=message.locale, base_url=post.base_url, data=message.data)
    if post.smtp_url:
        mail = compose(letter, to=message.address, message_id=message.message_id, post=post)
        try:
            deliver(mail, post.smtp_url)
        except smtplib.SMTPRecipientsRefused as refusal:
            code, words = refusal.recipients[message.address]
            if code < 500:
                raise
            log.warning("mail refused", message_id=message.message_id, template=message.template, code=code)
            message.error = words.decode(errors="replace")[:500]
            transition(message, MESSAGE, "fail", actor=actor)
            return
        log.info("mail sent", message_id=message.message_id, template=message.template)
        message.data = {}
    transition(message, MESSAGE, "send", actor=actor)
