"""Background tasks of claims: the end of holds."""

from uuid import UUID

from marketplace.claims import service
from marketplace.core.actors import SYSTEM
from marketplace.core.tasks import Task
from workers.celery_app import handles


@handles(Task.END_HOLDS)
def end_holds(subject: UUID, wave: int) -> None:
    """End every hold whose time is over."""
    service.end_holds(actor=SYSTEM)
