"""The verbs of programmes, calls and budget lines."""

from marketplace.programmes.service.budget import (
    add_budget_line,
    appropriate_line,
    remove_budget_line,
    return_unspent,
)
from marketplace.programmes.service.calls import (
    change_call,
    close_call,
    create_call,
    lift_ceiling,
    pause_call,
    publish_call,
    resume_call,
    set_quotas,
    wind_down,
    wind_up,
)
from marketplace.programmes.service.notices import (
    Upload,
    add_call_file,
    propose_amendment,
    publish_amendment,
    remove_call_file,
    withdraw_amendment,
)
from marketplace.programmes.service.programmes import (
    change_programme,
    create_programme,
    publish_programme,
    retire_programme,
    set_cost_shares,
)

__all__ = [
    "Upload",
    "add_budget_line",
    "add_call_file",
    "appropriate_line",
    "change_call",
    "change_programme",
    "close_call",
    "create_call",
    "create_programme",
    "lift_ceiling",
    "pause_call",
    "propose_amendment",
    "publish_amendment",
    "publish_call",
    "publish_programme",
    "remove_budget_line",
    "remove_call_file",
    "resume_call",
    "retire_programme",
    "return_unspent",
    "set_cost_shares",
    "set_quotas",
    "wind_down",
    "wind_up",
    "withdraw_amendment",
]
