"""Background tasks of reports: the daily proof of the books."""

from uuid import UUID

from marketplace.core.actors import SYSTEM
from marketplace.core.tasks import Task
from marketplace.reports import service
from workers.celery_app import handles


@handles(Task.RECONCILE)
def reconcile(subject: UUID, wave: int) -> None:
    """Prove the books and publish the result."""
    service.reconcile(actor=SYSTEM)
