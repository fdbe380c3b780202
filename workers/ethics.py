"""Tasks of ethics: check a finished engagement, trace a bank file, end a provider's time to reply."""

from uuid import UUID

from marketplace.core.actors import SYSTEM
from marketplace.core.tasks import Task
from marketplace.ethics import service
from marketplace.ethics.states import OCCASION_OF_WAVE
from workers.celery_app import handles


@handles(Task.ETHICS_CHECK)
def ethics_check(subject: UUID, wave: int) -> None:
    """Run every rule over one engagement; the wave says on which occasion."""
    service.check_engagement(subject, occasion=OCCASION_OF_WAVE[wave], actor=SYSTEM)


@handles(Task.TRACE_BANK_IMPORT)
def trace_bank_import(subject: UUID, wave: int) -> None:
    """Ask whether one side of an engagement moved money for the other."""
    service.trace_bank_import(subject, actor=SYSTEM)


@handles(Task.CLOSE_REPLY)
def close_reply(subject: UUID, wave: int) -> None:
    """End the time to reply to a case."""
    service.close_reply(subject, actor=SYSTEM)
