"""Owns the lives of a flag and of a case."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move

FLAG = Lifecycle(
    "flag",
    initial="raised",
    moves=[
        Move("dismiss", ("raised",), "dismissed", stamp="closed_at", label=_("Dismiss the flag")),
        Move("take_up", ("raised",), "in_case", label=_("Open a case")),
        Move("confirm", ("in_case",), "confirmed", stamp="closed_at", label=_("Confirm the flag")),
        Move("clear", ("in_case", "confirmed"), "cleared", stamp="closed_at", label=_("Clear the flag")),
    ],
    labels={
        "raised": _("To be looked at"),
        "dismissed": _("Dismissed"),
        "in_case": _("In a case"),
        "confirmed": _("Confirmed by a finding"),
        "cleared": _("Cleared by a finding"),
    },
)

CASE = Lifecycle(
    "case",
    initial="awaiting_reply",
    moves=[
        Move("reply", ("awaiting_reply",), "replied", stamp="replied_at", label=_("Reply")),
        Move("miss_reply", ("awaiting_reply",), "unanswered", label=_("The reply period ends")),
        Move("find_violation", ("replied", "unanswered"), "violation", stamp="decided_at", label=_("Find a violation")),
        Move("find_none", ("replied", "unanswered"), "no_violation", stamp="decided_at", label=_("Find no violation")),
        Move("appeal", ("violation",), "appealed", stamp="appealed_at", label=_("Appeal")),
        Move("uphold", ("appealed",), "upheld", stamp="appeal_decided_at", label=_("Uphold the finding")),
        Move("overturn", ("appealed",), "overturned", stamp="appeal_decided_at", label=_("Overturn the finding")),
    ],
    labels={
        "awaiting_reply": _("Waiting for the provider's reply"),
        "replied": _("Reply received"),
        "unanswered": _("No reply in time"),
        "violation": _("Violation found"),
        "no_violation": _("No violation found"),
        "appealed": _("Under appeal"),
        "upheld": _("Finding upheld"),
        "overturned": _("Finding overturned"),
    },
)

DISMISSALS = {"no_issue": _("No issue"), "explained": _("Explained")}
# ETHICS_CHECK's wave says on which occasion: at the finish, once the survey is answered, when the own share arrives;
# "bank" is asked by TRACE_BANK_IMPORT, as often as a bank file touches both sides.
OCCASION_OF_WAVE = {0: "finish", 1: "survey", 2: "co_payment"}
# When the share arrives the work has only begun: who paid it is all that can be asked.
RULES_OF_OCCASION = {"co_payment": ("E17",), "bank": ("E17", "E18")}
REPEATED = ("bank",)
SANCTIONS = {
    "reminder": _("Reminder"),
    "warning": _("Warning"),
    "suspension": _("Suspension from bidding"),
}
ACTIONS = {"H": _("Payment held"), "R": _("Review"), "N": _("Network report"), "B": _("Refused at entry")}
FAMILIES = {
    "identity": _("Identity"),
    "time": _("Time"),
    "price": _("Money"),
    "document": _("Documents"),
    "assignment": _("People at work"),
    "survey": _("Survey"),
}
