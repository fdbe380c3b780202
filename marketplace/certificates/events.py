"""What happens to certificates."""

from datetime import datetime
from uuid import UUID

from marketplace.core.tasks import Event

# It no longer waits for an officer, whatever the answer was.
DECIDED = Event("certificate.decided", certificate_id=UUID, at=datetime)
# Its issuer took it back, from a day on.
REVOKED = Event("certificate.revoked", certificate_id=UUID)
