"""What happens to calls."""

from datetime import datetime
from uuid import UUID

from marketplace.core.tasks import Event

CALL_PUBLISHED = Event("call.published", call_id=UUID, closes_at=datetime)
WAITING_ROOM_PREPARED = Event("waiting_room.prepared", call_id=UUID, opens_at=datetime)
CALL_AMENDED = Event("call.amended", amendment_id=UUID)
CALL_WINDING_DOWN = Event("call.winding_down", call_id=UUID)
