"""Tasks of accounts."""

from uuid import UUID

from marketplace.accounts import service
from marketplace.core.tasks import Task
from workers.celery_app import handles


@handles(Task.END_MEMBERSHIPS)
def end_memberships(subject: UUID, wave: int) -> None:
    """End mandates and roles whose last day has passed, and forget sessions long over."""
    service.end_expired_memberships()
    service.purge_sessions()
