"""Tasks of the outbox."""

from uuid import UUID

from flask import current_app

from marketplace.core.actors import SYSTEM
from marketplace.core.tasks import Task
from marketplace.notifications import service
from marketplace.notifications.post import Post
from workers.celery_app import handles


@handles(Task.SEND_MAIL)
def send_mail(subject: UUID, wave: int) -> None:
    """Send one queued mail."""
    settings = current_app.config["SETTINGS"]
    service.send(subject, actor=SYSTEM, post=Post(settings.smtp_url, settings.mail_from, settings.base_url))
