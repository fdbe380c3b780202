"""The verbs of applications, allocation and vouchers."""

from marketplace.vouchers.service.allocation import (
    allocate_batch,
    close_call,
    start_allocation,
)
from marketplace.vouchers.service.amending import tell_of_amendment
from marketplace.vouchers.service.applications import (
    attach_evidence,
    decide_eligibility,
    reassess,
    reassess_holder,
    remove_evidence,
    save_facts,
    save_need,
    start_application,
    submit,
    withdraw,
)
from marketplace.vouchers.service.asking import ask_more_scorers, chase_scorers
from marketplace.vouchers.service.ceiling import watch_ceiling
from marketplace.vouchers.service.offers import (
    accept_offer,
    decline_offer,
    lapse_offer,
    offer_from_waitlist,
    renew_offers,
)
from marketplace.vouchers.service.scoring import declare_conflict, hand_in_scores
from marketplace.vouchers.service.settling import settle_certificates
from marketplace.vouchers.service.validity import extend, remind_holders
from marketplace.vouchers.service.vouchers import (
    draw,
    expire,
    expire_vouchers,
    release_commitment,
    resume,
    revoke,
    surrender,
    suspend,
)
from marketplace.vouchers.service.waiting_room import draw_waiting_room, enter_waiting_room
from marketplace.vouchers.service.watching import certificate_decided, certificate_revoked, watch_certificates
from marketplace.vouchers.service.winding_down import end_applications, wind_down, wind_up_calls

__all__ = [
    "accept_offer",
    "allocate_batch",
    "ask_more_scorers",
    "attach_evidence",
    "certificate_decided",
    "certificate_revoked",
    "chase_scorers",
    "close_call",
    "decide_eligibility",
    "declare_conflict",
    "decline_offer",
    "draw",
    "draw_waiting_room",
    "end_applications",
    "enter_waiting_room",
    "expire",
    "expire_vouchers",
    "extend",
    "hand_in_scores",
    "lapse_offer",
    "offer_from_waitlist",
    "reassess",
    "reassess_holder",
    "release_commitment",
    "remind_holders",
    "remove_evidence",
    "renew_offers",
    "resume",
    "revoke",
    "save_facts",
    "save_need",
    "settle_certificates",
    "start_allocation",
    "start_application",
    "submit",
    "surrender",
    "suspend",
    "tell_of_amendment",
    "watch_ceiling",
    "watch_certificates",
    "wind_down",
    "wind_up_calls",
    "withdraw",
]
