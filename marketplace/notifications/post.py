"""The way of a mail to the mail server."""

import ipaddress
import smtplib
import ssl
from dataclasses import dataclass
from email.header import Header
from email.headerregistry import Address, UnstructuredHeader
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import formatdate, parseaddr
from typing import Any
from urllib.parse import unquote, urlsplit

from marketplace.notifications.rendering import Letter

TIMEOUT_SECONDS = 10


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


LONGEST_LINE = 78
"""Characters that a line of a mail should have at most, by RFC 5322."""


class WholeHeaders(EmailPolicy):
    """Encodes a header as one text: the library does it word by word, and blanks between the words get lost."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The header's lines; of one address the name is encoded."""
        # The library begins a text that is a little too long on a line of its own, to be read with a blank before it.
        is_long = isinstance(value, UnstructuredHeader) and len(f"{name}: {value}") > LONGEST_LINE
        if str(value).isascii() and not is_long:
            return super().fold_binary(name, value)
        words, rest = str(value), ""
        if hasattr(value, "addresses"):
            (address,) = value.addresses
            words, rest = address.display_name, f"{self.linesep} <{address.addr_spec}>"
        lines = Header(words, "utf-8", header_name=name).encode(linesep=self.linesep)
        return f"{name}: {lines}{rest}{self.linesep}".encode()


# A body in ASCII: not every server on the way takes more.
POLICY = WholeHeaders(linesep="\r\n", cte_type="7bit")


def compose(letter: Letter, *, to: str, message_id: str, post: Post) -> EmailMessage:
    """The mail with its headers; a line break in any of them raises ValueError.

    It is sent in the letter's name, which is the agency's in the reader's language; without one in that of the sender.
    """
    mail = EmailMessage(policy=POLICY)
    name, address = parseaddr(post.sender)
    mail["From"] = Address(letter.sender or name, addr_spec=address)
    mail["To"] = to
    mail["Subject"] = letter.subject
    mail["Date"] = formatdate()
    mail["Message-ID"] = f"<{message_id}@{urlsplit(post.base_url).hostname}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(letter.body)
    return mail


def deliver(mail: EmailMessage, smtp_url: str) -> None:
    """Hand the mail over; raises SMTPException or OSError.

    The connection must be encrypted, unless the server is on this machine and asks for no password.
    """
    url = urlsplit(smtp_url)
    host = url.hostname or "localhost"
    tls = ssl.create_default_context()
    if url.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, url.port or 465, timeout=TIMEOUT_SECONDS, context=tls)
    else:
        server = smtplib.SMTP(host, url.port or 25, timeout=TIMEOUT_SECONDS)
    with server:
        server.ehlo()
        plain = _is_this_machine(host) and not url.username and not server.has_extn("starttls")
        if url.scheme != "smtps" and not plain:
            server.starttls(context=tls)
        if url.username:
            server.login(unquote(url.username), unquote(url.password or ""))
        sender, reader = (mail[name].addresses[0].addr_spec for name in ("From", "To"))
        # Not send_message(), which writes ">From" where a line begins with "From".
        server.sendmail(sender, [reader], mail.as_bytes())


def _is_this_machine(host: str) -> bool:
    """True for `localhost` and the addresses of the loopback."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
