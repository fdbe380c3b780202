"""The blueprint of verification."""

from flask import Blueprint

from marketplace.accounts.models import Organisation
from marketplace.core import auth, seen
from marketplace.verification.models import Dispute, Verification

blueprint = Blueprint("verification", __name__)

seen.declare(
    blueprint,
    rows={
        "verification_id": seen.Row(Verification, within=((Verification.organisation_id, Organisation),)),
        "dispute_id": seen.Row(Dispute, within=((Dispute.organisation_id, Organisation),)),
        "hand_in": seen.Row(Organisation, own=lambda: auth.current_actor().organisation_id),
    },
    nothing={"open_dispute": "opens a dispute"},
)
