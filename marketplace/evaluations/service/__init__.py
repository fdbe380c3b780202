"""The verbs of evaluations, split by noun; called as `evaluations.service.<verb>`."""

from marketplace.evaluations.service.assignments import assign, declare, open_evaluation, submit
from marketplace.evaluations.service.grades import (
    appeal,
    decide_appeal,
    publish,
    record_violation,
    return_to_evaluator,
    withdraw_violation,
)

__all__ = [
    "appeal",
    "assign",
    "decide_appeal",
    "declare",
    "open_evaluation",
    "publish",
    "record_violation",
    "return_to_evaluator",
    "submit",
    "withdraw_violation",
]
