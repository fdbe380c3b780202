"""The verbs of applications, allocation and vouchers."""

from marketplace.vouchers.service.allocation import (
    allocate_batch,
    close_call,
    start_allocation,
)
from marketplace.vouchers.service.applications import (
    attach_evidence,
    decide_eligibility,
    reassess,
    remove_evidence,
    save_facts,
    save_need,
    start_application,
    submit,
    withdraw,
)
from marketplace.vouchers.service.offers import offer_from_waitlist
from marketplace.vouchers.service.validity import extend, remind_holders
from marketplace.vouchers.service.vouchers import (
    commit,
    expire,
    expire_vouchers,
    release_commitment,
    resume,
    revoke,
    surrender,
    suspend,
)

__all__ = [
    "allocate_batch",
    "attach_evidence",
    "close_call",
    "commit",
    "decide_eligibility",
    "expire",
    "expire_vouchers",
    "extend",
    "offer_from_waitlist",
    "reassess",
    "release_commitment",
    "remind_holders",
    "remove_evidence",
    "resume",
    "revoke",
    "save_facts",
    "save_need",
    "start_allocation",
    "start_application",
    "submit",
    "surrender",
    "suspend",
    "withdraw",
]
