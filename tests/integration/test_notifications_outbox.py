"""The outbox: once per event, at least once to the server, the same Message-ID, no header injection. ASVS 1.3.11."""

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from smtplib import SMTPNotSupportedError
from typing import Any

import pytest
from sqlalchemy import func, select, update

from marketplace.core import db
from marketplace.core.actors import SYSTEM
from marketplace.core.errors import DomainError
from marketplace.core.task_queue import BackgroundTask
from marketplace.notifications import queries, service
from marketplace.notifications.models import Message
from marketplace.notifications.post import Post
from marketplace.notifications.service import Recipient
from tests.mail_server import MailServer

pytestmark = pytest.mark.usefixtures("database")

READER = Recipient("reader@example.com", "en", "A Reader")
LOCAL = Post(None, "service@example.com", "https://vouchers.example")
FACTS = {"token": "secret-token", "expires_at": "2026-12-01T00:00:00+00:00"}


def queue(key: str = "1", to: Recipient = READER, **changes: Any) -> Message:
    service.queue("accounts/confirm_email", to=to, key=key, **{**FACTS, **changes})
    message = queries.find_message(f"accounts/confirm_email:{key}")
    assert message is not None
    return message


def post_to(server: MailServer) -> Post:
    return Post(server.url, "service@example.com", "https://vouchers.example")


def test_one_event_queues_one_message_and_one_task() -> None:
    first, second = queue(), queue(to=Recipient("other@example.com", "ko"))
    assert first.id == second.id
    assert db.session.scalar(select(func.count()).select_from(Message)) == 1
    tasks = db.session.scalars(select(BackgroundTask).where(BackgroundTask.name == "send_mail")).all()
    assert [task.arguments for task in tasks] == [{"message_id": str(first.id)}]


def test_without_a_server_the_mail_stays_readable_in_the_outbox() -> None:
    message = queue()
    service.send(message.id, actor=SYSTEM, post=LOCAL)
    assert message.status == "sent"
    letter = queries.letter(message, base_url=LOCAL.base_url)
    assert letter.subject == "Please confirm your e-mail address"
    assert "https://vouchers.example/account/confirm/secret-token" in letter.body
    assert "1 December 2026, 09:00" in letter.body  # the agency's zone
    assert db.session.scalars(queries.outbox("reader@example.com")).all() == [message]


def test_a_mail_is_rendered_when_sent_in_its_readers_language() -> None:
    message = queue(to=Recipient("reader@example.com", "ko", "김지윤"))
    letter = queries.letter(message, base_url="")
    assert letter.subject == "이메일 주소를 확인해 주십시오"
    assert "김지윤 님" in letter.body


def test_a_mail_goes_out_by_smtp_and_its_secrets_are_forgotten(mail_server: MailServer) -> None:
    message = queue()
    service.send(message.id, actor=SYSTEM, post=post_to(mail_server))
    (mail,) = mail_server.messages
    assert mail["To"] == "reader@example.com"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "secret-token" in mail.get_content()
    assert message.status == "sent"
    assert message.data == {}


def test_a_sent_mail_is_not_sent_again(mail_server: MailServer) -> None:
    message = queue()
    for _time in range(2):
        service.send(message.id, actor=SYSTEM, post=post_to(mail_server))
    assert len(mail_server.messages) == 1


def test_after_a_crash_the_second_mail_bears_the_same_message_id(mail_server: MailServer) -> None:
    message_id = queue().id
    db.commit()
    service.send(message_id, actor=SYSTEM, post=post_to(mail_server))
    db.rollback()  # the worker dies between the server's answer and its own commit
    service.send(message_id, actor=SYSTEM, post=post_to(mail_server))
    first, second = mail_server.messages
    assert first["Message-ID"] == second["Message-ID"]
    assert re.fullmatch(r"<[0-9a-f]{40}@vouchers\.example>", first["Message-ID"])


def test_different_events_have_different_message_ids() -> None:
    assert queue("a").message_id != queue("b").message_id


def test_an_unreachable_server_leaves_the_mail_queued() -> None:
    message = queue()
    with pytest.raises(ConnectionRefusedError):
        service.send(message.id, actor=SYSTEM, post=Post("smtp://127.0.0.1:9", "a@example.com", "https://x.example"))
    assert message.status == "queued"


def test_to_another_machine_no_mail_goes_in_the_clear(mail_server: MailServer) -> None:
    """The server offers no STARTTLS; 0.0.0.0 reaches this machine, and isn't known to be it."""
    message = queue()
    with pytest.raises(SMTPNotSupportedError):
        service.send(message.id, actor=SYSTEM, post=replace(post_to(mail_server), smtp_url=elsewhere(mail_server)))
    assert (message.status, mail_server.messages) == ("queued", [])


def elsewhere(server: MailServer) -> str:
    return server.url.replace("127.0.0.1", "0.0.0.0")


@pytest.mark.parametrize(
    "address", ["a@example.com\r\nBcc: b@example.com", "a@example.com\n", "a b@example.com", "no-at", "", "a@b\x00c"]
)
def test_an_address_with_a_line_break_is_refused(address: str) -> None:
    with pytest.raises(DomainError):
        queue(to=Recipient(address, "en"))
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0


def test_a_line_break_in_a_fact_does_not_become_a_header(mail_server: MailServer) -> None:
    service.queue(
        "accounts/invitation",
        to=READER,
        key="1",
        organisation="Firm\r\nBcc: victim@example.com\r\n\r\nbody",
        inviter="X",
        **FACTS,
    )
    message = queries.find_message("accounts/invitation:1")
    assert message is not None
    service.send(message.id, actor=SYSTEM, post=post_to(mail_server))
    (mail,) = mail_server.messages
    assert mail["Bcc"] is None
    assert "Firm" in str(mail["Subject"])


def test_the_task_sends_the_mail_end_to_end(run_tasks: Callable[[], int]) -> None:
    message_id = queue().id
    assert run_tasks() == 1
    assert db.get(Message, message_id).status == "sent"


def test_ids_and_dates_are_kept_as_text() -> None:
    some_id = uuid.uuid4()
    message = queue(token=some_id)
    assert message.data["token"] == str(some_id)


def test_the_database_itself_refuses_a_second_message_for_an_event() -> None:
    queue("a")
    other = queue("b")
    with pytest.raises(Exception, match="uq_messages_key"):
        db.session.execute(update(Message).where(Message.id == other.id).values(key="accounts/confirm_email:a"))
