"""Tasks of surveys: invite, remind, close."""

from uuid import UUID

from marketplace.core.actors import SYSTEM
from marketplace.core.tasks import Task
from marketplace.surveys import service
from marketplace.surveys.states import SIDE_OF_WAVE
from workers.celery_app import handles


@handles(Task.INVITE_SURVEY)
def invite_survey(subject: UUID, wave: int) -> None:
    """Invite one side of a finished engagement; the wave says which."""
    service.invite(subject, side=SIDE_OF_WAVE[wave], actor=SYSTEM)


@handles(Task.REMIND_SURVEY)
def remind_survey(subject: UUID, wave: int) -> None:
    """Remind once; the wave counts the reminders."""
    service.remind(subject, number=wave, actor=SYSTEM)


@handles(Task.CLOSE_SURVEY)
def close_survey(subject: UUID, wave: int) -> None:
    """Close a survey whose time is over."""
    service.close(subject, actor=SYSTEM)
