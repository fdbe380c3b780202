"""Pages of programmes: what the public sees and what officers write."""

from flask import Blueprint

from marketplace.core import seen
from marketplace.programmes.models import Amendment, BudgetLine, Call, CallFile, Programme

blueprint = Blueprint("programmes", __name__)

seen.declare(
    blueprint,
    rows={
        "programme_id": Programme,
        "call_id": Call,
        "line_id": seen.Row(BudgetLine, within=((BudgetLine.call_id, Call),)),
        "file_id": seen.Row(CallFile, within=((CallFile.call_id, Call),)),
        "amendment_id": seen.Row(Amendment, within=((Amendment.call_id, Call),)),
        "programme_edit": seen.Row(Programme, fields_alone=True),
        "programme_cost_shares": seen.Row(Programme, fields_alone=True),
        "call_quotas": seen.Row(Call, fields_alone=True),
        "call_edit": seen.Row(Call, fields_alone=True),
    },
    by_itself=(Call.status, Call.closed_at),  # the intake ends
    nothing={
        "programme_new": "writes a new programme",
        "call_new": "writes a new call",
        "call_files": "adds a file",
        "budget_line_new": "proposes a line beside those that stand",
    },
)


from marketplace.programmes.views import agency, budget, notices, public  # noqa: E402

__all__ = ["agency", "blueprint", "budget", "notices", "public"]
