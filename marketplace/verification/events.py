"""What happens to verifications."""

from uuid import UUID

from marketplace.core.tasks import Event

HANDED_IN = Event("verification.handed_in", verification_id=UUID)
# A company's verification no longer waits for the agency, whatever the answer was.
DECIDED = Event("verification.decided", verification_id=UUID, organisation_id=UUID)
