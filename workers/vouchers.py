"""Tasks of vouchers: the life of a call's intake, allocation in batches, offers to the waitlist, reminders, expiry."""

from uuid import UUID

from marketplace.core.actors import SYSTEM
from marketplace.core.tasks import Task
from marketplace.vouchers import service
from workers.celery_app import handles


@handles(Task.CLOSE_CALL)
def close_call(subject: UUID, wave: int) -> None:
    """Seal a call whose time is up and begin its allocation."""
    service.close_call(subject, actor=SYSTEM)


@handles(Task.ALLOCATE_BATCH)
def allocate_batch(subject: UUID, wave: int) -> None:
    """Answer the next batch of tickets of a call."""
    service.allocate_batch(subject, wave, actor=SYSTEM)


@handles(Task.OFFER_FROM_WAITLIST)
def offer_from_waitlist(subject: UUID, wave: int) -> None:
    """Give released money to the waitlist."""
    service.offer_from_waitlist(subject, wave, actor=SYSTEM)


@handles(Task.EXPIRE_VOUCHERS)
def expire_vouchers(subject: UUID, wave: int) -> None:
    """End the vouchers whose last day is over."""
    service.expire_vouchers(actor=SYSTEM)


@handles(Task.REMIND_HOLDERS)
def remind_holders(subject: UUID, wave: int) -> None:
    """Remind the holders of vouchers that are not used up."""
    service.remind_holders(actor=SYSTEM)


@handles(Task.CHASE_SCORERS)
def chase_scorers(subject: UUID, wave: int) -> None:
    """Remind evaluators, and ask others where no score came in time."""
    service.chase_scorers(actor=SYSTEM)


@handles(Task.LAPSE_OFFER)
def lapse_offer(subject: UUID, wave: int) -> None:
    """End an offer that nobody took in time."""
    service.lapse_offer(subject, actor=SYSTEM, key=f"lapse:{subject}")


@handles(Task.WATCH_CEILING)
def watch_ceiling(subject: UUID, wave: int) -> None:
    """Pause or resume a call's intake by what its applications ask for."""
    service.watch_ceiling(subject, actor=SYSTEM)


@handles(Task.DRAW_WAITING_ROOM)
def draw_waiting_room(subject: UUID, wave: int) -> None:
    """Give the companies in a waiting room their tickets at the opening."""
    service.draw_waiting_room(subject, actor=SYSTEM)


@handles(Task.WIND_DOWN_CALL)
def wind_down_call(subject: UUID, wave: int) -> None:
    """Answer and tell the next applicants of a call that is wound down."""
    service.end_applications(subject, wave, actor=SYSTEM)


@handles(Task.WIND_UP_CALLS)
def wind_up_calls(subject: UUID, wave: int) -> None:
    """End the calls that have nothing in flight any more."""
    service.wind_up_calls(actor=SYSTEM)
