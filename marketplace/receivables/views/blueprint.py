"""The blueprint of what is owed to the agency, and the way back to one debt."""

from uuid import UUID

from flask import Blueprint, url_for

blueprint = Blueprint("receivables", __name__)


def back(receivable_id: UUID) -> str:
    """The address of one debt's page."""
    return url_for("receivables.receivable", receivable_id=receivable_id)
