"""The table of outgoing messages."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import Model, uuid_key
from marketplace.notifications.states import MESSAGE, MessageStatus


class Message(Model):
    """One mail to one address about one event; `key` (template:what it is about) has it queued once ever."""

    __tablename__ = "messages"
    __table_args__ = (
        CheckConstraint(MESSAGE.check(), name="status"),
        CheckConstraint(MESSAGE.stamped("sent_at", MessageStatus.SENT), name="sent_at"),
        CheckConstraint(MESSAGE.stamped("failed_at", MessageStatus.FAILED), name="failed_at"),
        CheckConstraint("address ~ '^[!-~]+$'", name="address"),
        Index("ix_messages_queued_at", "queued_at"),
        Index("ix_messages_unsent", "status", postgresql_where=text("status <> 'sent'")),
    )

    id: Mapped[UUID] = uuid_key()
    key: Mapped[str] = mapped_column(unique=True)
    address: Mapped[str]
    locale: Mapped[str]
    template: Mapped[str]
    data: Mapped[dict[str, Any]]
    status: Mapped[MessageStatus] = mapped_column(default=MESSAGE.initial)
    message_id: Mapped[str] = mapped_column(unique=True)
    error: Mapped[str | None]
    queued_at: Mapped[datetime] = mapped_column(server_default=func.app_now())
    sent_at: Mapped[datetime | None]
    failed_at: Mapped[datetime | None]
