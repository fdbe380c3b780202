"""Background tasks of claims: the end of holds, and refunds of what an ended engagement doesn't need."""

from uuid import UUID

from marketplace.claims import service
from marketplace.core.actors import SYSTEM
from marketplace.core.tasks import Task
from workers.celery_app import handles


@handles(Task.END_HOLDS)
def end_holds(subject: UUID, wave: int) -> None:
    """End every hold whose time is over."""
    service.end_holds(actor=SYSTEM)


@handles(Task.REFUND_CO_PAYMENT)
def refund_co_payment(subject: UUID, wave: int) -> None:
    """Send the own share of an engagement's ended stages back."""
    service.refund_ended_stages(subject, actor=SYSTEM)
