"""The verbs of verification: companies hand in who they are, the agency or a register confirms it, disputes end."""

from marketplace.verification.service.deciding import confirm, end, refuse
from marketplace.verification.service.disputing import dismiss, open_dispute, propose_transfer, reply, return_proposal
from marketplace.verification.service.handing_in import hand_in, hand_in_along
from marketplace.verification.service.looking_up import look_up
from marketplace.verification.service.transferring import transfer

__all__ = [
    "confirm",
    "dismiss",
    "end",
    "hand_in",
    "hand_in_along",
    "look_up",
    "open_dispute",
    "propose_transfer",
    "refuse",
    "reply",
    "return_proposal",
    "transfer",
]
