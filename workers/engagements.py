"""Background tasks of engagements: the comparison of deliverables, and the lapse of what was never paid."""

from uuid import UUID

from marketplace.core.actors import SYSTEM
from marketplace.core.tasks import Task
from marketplace.engagements import service
from workers.celery_app import handles


@handles(Task.COMPARE_DELIVERABLE)
def compare_deliverable(subject: UUID, wave: int) -> None:
    """Compare a new deliverable with all earlier ones."""
    service.compare_deliverable(subject, actor=SYSTEM)


@handles(Task.LAPSE_ENGAGEMENT)
def lapse_engagement(subject: UUID, wave: int) -> None:
    """End an engagement whose co-payment never came, some days after it was due."""
    service.lapse_engagement(subject, actor=SYSTEM, key=f"lapse:{subject}")
