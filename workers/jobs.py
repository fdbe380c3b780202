"""Background tasks of jobs: the deadline."""

from uuid import UUID

from marketplace.core.actors import SYSTEM
from marketplace.core.tasks import Task
from marketplace.jobs import service
from workers.celery_app import handles


@handles(Task.CLOSE_JOB)
def close_job(subject: UUID, wave: int) -> None:
    """Open the bids of a job at its deadline."""
    service.close_job(subject, actor=SYSTEM)
