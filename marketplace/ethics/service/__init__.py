"""The verbs of ethics, split by noun; called as `ethics.service.<verb>`."""

from marketplace.ethics.service.cases import (
    appeal,
    close_reply,
    decide,
    decide_appeal,
    open_case,
    reply,
)
from marketplace.ethics.service.flags import check_engagement, dismiss, extend_hold, hold, lift_hold, trace_bank_import

__all__ = [
    "appeal",
    "check_engagement",
    "close_reply",
    "decide",
    "decide_appeal",
    "dismiss",
    "extend_hold",
    "hold",
    "lift_hold",
    "open_case",
    "reply",
    "trace_bank_import",
]
