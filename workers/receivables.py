"""Background tasks of what is owed to the agency: invoices, reminders, and what came in."""

from uuid import UUID

from marketplace.core.actors import SYSTEM
from marketplace.core.tasks import Task
from marketplace.receivables import service
from workers.celery_app import handles


@handles(Task.INVOICE_INSTALMENT)
def invoice_instalment(subject: UUID, wave: int) -> None:
    """Send the invoice of an instalment that is soon due."""
    service.invoice_instalment(subject, actor=SYSTEM)


@handles(Task.REMIND_INSTALMENT)
def remind_instalment(subject: UUID, wave: int) -> None:
    """Remind of an instalment still to be paid."""
    service.remind_instalment(subject, wave, actor=SYSTEM)


@handles(Task.TAKE_RECEIPT)
def take_receipt(subject: UUID, wave: int) -> None:
    """Book a payment that the bank reported."""
    service.take_receipt(subject, actor=SYSTEM, key=f"receipt:{subject}")


@handles(Task.TAKE_SET_OFF)
def take_set_off(subject: UUID, wave: int) -> None:
    """Book what was kept back from a claim's payment."""
    service.take_set_off(subject, actor=SYSTEM, key=f"set_off:{subject}")
