"""Tasks of vouchers: close calls, allocate in batches, offer to the waitlist, remind, expire."""

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
