"""What happens to engagements."""

from uuid import UUID

from marketplace.core.tasks import Event

CO_PAYMENT_PAID = Event("co_payment.paid", engagement_id=UUID)
FINISHED = Event("engagement.finished", engagement_id=UUID)
TERMINATED = Event("engagement.terminated", engagement_id=UUID)
