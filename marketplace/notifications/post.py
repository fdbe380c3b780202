"""The way of a mail to the mail server."""

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate
from urllib.parse import unquote, urlsplit

from marketplace.notifications.rendering import Letter

TIMEOUT_SECONDS = 20


@dataclass(frozen=True)
class Post:
    """Where mails go: a server by smtp:// or smtps://, or nowhere (the local outbox) without one."""

    smtp_url: str | None
    sender: str
    base_url: str


_post: Post | None = None


def configure(post: Post) -> None:
    """Set where mails go."""
    global _post
    _post = post


def post() -> Post:
    """Where mails go; RuntimeError before configure()."""
    if _post is None:
        raise RuntimeError("where mails go is not configured")
    return _post


def compose(letter: Letter, *, to: str, message_id: str, post: Post) -> EmailMessage:
    """The mail with its headers; a line break in any header raises ValueError."""
    mail = EmailMessage()
    mail["From"] = post.sender
    mail["To"] = to
    mail["Subject"] = letter.subject
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{message_id}@{urlsplit(post.base_url).hostname}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.body)
    return mail


def deliver(mail: EmailMessage, smtp_url: str) -> None:
    """Hand the mail over; raises SMTPException or OSError. With a user name the connection must be encrypted."""
    url = urlsplit(smtp_url)
    host = url.hostname or "localhost"
    tls = ssl.create_default_context()
    if url.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, url.port or 465, timeout=TIMEOUT_SECONDS, context=tls)
    else:
        server = smtplib.SMTP(host, url.port or 25, timeout=TIMEOUT_SECONDS)
    with server:
        server.ehlo()
        if url.scheme != "smtps" and (url.username or server.has_extn("starttls")):
            server.starttls(context=tls)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        server.send_message(mail)
