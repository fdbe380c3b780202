"""Tasks of evaluations: open the evaluation of a finished engagement."""

from uuid import UUID

from marketplace.core.actors import SYSTEM
from marketplace.core.tasks import Task
from marketplace.evaluations import service
from workers.celery_app import handles


@handles(Task.ASSIGN_EVALUATION)
def assign_evaluation(subject: UUID, wave: int) -> None:
    """Open the evaluation of an engagement whose survey is over, and assign an evaluator."""
    service.open_evaluation(subject, actor=SYSTEM)
