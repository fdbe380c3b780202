"""Background tasks of claims: straight-through approval, overdue steps, the end of holds, refunds of ended work."""

from uuid import UUID

from marketplace.claims import service
from marketplace.core.actors import SYSTEM
from marketplace.core.tasks import Task
from workers.celery_app import handles


@handles(Task.PASS_CLAIM)
def pass_claim(subject: UUID, wave: int) -> None:
    """Approve a claim of low risk, or hand it to people."""
    service.pass_claim(subject, actor=SYSTEM, key=f"pass:{subject}")


@handles(Task.ESCALATE_CLAIM)
def escalate_claim(subject: UUID, wave: int) -> None:
    """Say that a step of a claim is overdue."""
    service.escalate_claim(subject, wave, actor=SYSTEM)


@handles(Task.END_HOLDS)
def end_holds(subject: UUID, wave: int) -> None:
    """End every hold whose time is over."""
    service.end_holds(actor=SYSTEM)


@handles(Task.REFUND_CO_PAYMENT)
def refund_co_payment(subject: UUID, wave: int) -> None:
    """Send the own share of an engagement's ended stages back."""
    service.refund_ended_stages(subject, actor=SYSTEM)


@handles(Task.REMIND_OF_BATCH)
def remind_of_batch(subject: UUID, wave: int) -> None:
    """Tell the budget officers that a payment batch is due."""
    service.remind_of_batch(actor=SYSTEM)
