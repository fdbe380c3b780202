"""The verbs from award to accepted work."""

from marketplace.engagements.service.agreements import cancel_agreement, draft_agreement, sign
from marketplace.engagements.service.consultants import change_consultant, decide_change
from marketplace.engagements.service.copies import compare_deliverable
from marketplace.engagements.service.lapse import lapse_engagement
from marketplace.engagements.service.redeeming import redeem
from marketplace.engagements.service.sessions import (
    countersign_session,
    record_session,
    reject_session,
    withdraw_session,
)
from marketplace.engagements.service.stages import (
    accept_stage,
    finish,
    hand_in_stage,
    request_correction,
    upload_deliverable,
)
from marketplace.engagements.service.start import record_co_payment, take_back_co_payment
from marketplace.engagements.service.terminate import terminate
from marketplace.engagements.service.winding_down import tell_of_winding_down

__all__ = [
    "accept_stage",
    "cancel_agreement",
    "change_consultant",
    "compare_deliverable",
    "countersign_session",
    "decide_change",
    "draft_agreement",
    "finish",
    "hand_in_stage",
    "lapse_engagement",
    "record_co_payment",
    "record_session",
    "redeem",
    "reject_session",
    "request_correction",
    "sign",
    "take_back_co_payment",
    "tell_of_winding_down",
    "terminate",
    "upload_deliverable",
    "withdraw_session",
]
