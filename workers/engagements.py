"""Background tasks of engagements: comparing deliverables, the lapse of what was never paid, the end of a call."""

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


@handles(Task.TELL_OF_WINDING_DOWN)
def tell_of_winding_down(subject: UUID, wave: int) -> None:
    """Tell the firms at work on vouchers of a call that it is wound down, and that their rights stand."""
    service.tell_of_winding_down(subject, actor=SYSTEM)
