"""The blueprint of claims, payment batches, bank files and holds."""

from flask import Blueprint

from marketplace.claims.models import BankProposal, Claim, Hold, PaymentBatch, PaymentLine, Refund
from marketplace.core import seen
from marketplace.engagements.models import Engagement

blueprint = Blueprint("claims", __name__)

seen.declare(
    blueprint,
    rows={
        "engagement_id": Engagement,
        "claim_id": seen.Row(Claim, within=((Claim.engagement_id, Engagement),)),
        "hold_id": Hold,
        "batch_id": PaymentBatch,
        "line_id": seen.Row(PaymentLine, within=((PaymentLine.batch_id, PaymentBatch),)),
        "refund_id": Refund,
        "proposal_id": BankProposal,
    },
    nothing={
        "new_hold": "places a hold beside those that stand",
        "new_batch": "what it takes up is shown again to the officer who sends the batch",
        "new_import": "takes in a file",
        "assign_entry": "a movement of the bank never changes, and is dealt with once",
        "assign_known": "a movement of the bank never changes, and is dealt with once",
        "assign_payments": "a movement of the bank never changes, and is dealt with once",
        "assign_return": "a movement of the bank never changes, and is dealt with once",
        "assign_reversal": "a movement of the bank never changes, and is dealt with once",
        "propose_entry": "a movement of the bank never changes, and is dealt with once",
        "send_entry_back": "a movement of the bank never changes, and is dealt with once",
        "explain_entry": "a movement of the bank never changes, and is dealt with once",
    },
)
