"""What happens to applications, and to money that vouchers and offers held."""

from datetime import datetime
from uuid import UUID

from marketplace.core.tasks import Event

APPLICATION_DECIDED = Event("application.decided", call_id=UUID, application_id=UUID)
APPLICATION_WITHDRAWN = Event("application.withdrawn", call_id=UUID, application_id=UUID)
# Money is reserved for an application until this moment, and for nobody else.
OFFERED = Event("application.offered", application_id=UUID, ends_at=datetime)
# `by` says what gave it back, such as "voucher:<id>": each thing does so once.
MONEY_RELEASED = Event("call.money_released", call_id=UUID, by=str)
