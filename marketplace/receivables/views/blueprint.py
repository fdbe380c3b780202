"""The blueprint of what is owed to the agency, and the way back to one debt."""

from uuid import UUID

from flask import Blueprint, url_for

from marketplace.core import seen
from marketplace.engagements.models import Engagement
from marketplace.receivables.models import Instalment, Receivable

blueprint = Blueprint("receivables", __name__)

seen.declare(
    blueprint,
    rows={"engagement_id": Engagement, "receivable_id": Receivable},
    by_itself=(Instalment.status, Instalment.notified_at),  # its notice was sent; a payment shows in its amounts
    nothing={
        "new_recovery": "opens a recovery, which another officer confirms",
        "take_back_receipt": "neither a movement of the bank nor a receipt ever changes, and each is dealt with once",
    },
)


def back(receivable_id: UUID) -> str:
    """The address of one debt's page."""
    return url_for("receivables.receivable", receivable_id=receivable_id)
