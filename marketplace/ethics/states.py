"""The lives of a flag and of a case, and what their columns may hold."""

from enum import StrEnum

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move, TextChoices


class FlagStatus(TextChoices):
    """Where a flag stands."""

    RAISED = "raised", _("To be looked at")
    DISMISSED = "dismissed", _("Dismissed")
    IN_CASE = "in_case", _("In a case")
    CONFIRMED = "confirmed", _("Confirmed by a finding")
    CLEARED = "cleared", _("Cleared by a finding")


FLAG = Lifecycle(
    "flag",
    initial=FlagStatus.RAISED,
    moves=[
        Move("dismiss", (FlagStatus.RAISED,), FlagStatus.DISMISSED, stamp="closed_at", label=_("Dismiss the flag")),
        Move("take_up", (FlagStatus.RAISED,), FlagStatus.IN_CASE, label=_("Open a case")),
        Move("confirm", (FlagStatus.IN_CASE,), FlagStatus.CONFIRMED, stamp="closed_at", label=_("Confirm the flag")),
        Move(
            "clear",
            (FlagStatus.IN_CASE, FlagStatus.CONFIRMED),
            FlagStatus.CLEARED,
            stamp="closed_at",
            label=_("Clear the flag"),
        ),
    ],
)


class CaseStatus(TextChoices):
    """Where a case stands."""

    AWAITING_REPLY = "awaiting_reply", _("Waiting for the firm's reply")
    REPLIED = "replied", _("Reply received")
    UNANSWERED = "unanswered", _("No reply in time")
    VIOLATION = "violation", _("Violation found")
    NO_VIOLATION = "no_violation", _("No violation found")
    APPEALED = "appealed", _("Under appeal")
    UPHELD = "upheld", _("Finding upheld")
    OVERTURNED = "overturned", _("Finding overturned")


class CaseWaiting(TextChoices):
    """What an ethics officer has to do about cases."""

    DECISION = "decision", _("To decide: answered, or the time to reply is over")


CASE = Lifecycle(
    "case",
    initial=CaseStatus.AWAITING_REPLY,
    moves=[
        Move("reply", (CaseStatus.AWAITING_REPLY,), CaseStatus.REPLIED, stamp="replied_at", label=_("Reply")),
        Move("miss_reply", (CaseStatus.AWAITING_REPLY,), CaseStatus.UNANSWERED, label=_("The reply period ends")),
        Move(
            "find_violation",
            (CaseStatus.REPLIED, CaseStatus.UNANSWERED),
            CaseStatus.VIOLATION,
            stamp="decided_at",
            label=_("Find a violation"),
        ),
        Move(
            "find_none",
            (CaseStatus.REPLIED, CaseStatus.UNANSWERED),
            CaseStatus.NO_VIOLATION,
            stamp="decided_at",
            label=_("Find no violation"),
        ),
        Move("appeal", (CaseStatus.VIOLATION,), CaseStatus.APPEALED, stamp="appealed_at", label=_("Appeal")),
        Move(
            "uphold",
            (CaseStatus.APPEALED,),
            CaseStatus.UPHELD,
            stamp="appeal_decided_at",
            label=_("Uphold the finding"),
        ),
        Move(
            "overturn",
            (CaseStatus.APPEALED,),
            CaseStatus.OVERTURNED,
            stamp="appeal_decided_at",
            label=_("Overturn the finding"),
        ),
    ],
)


class Occasion(StrEnum):
    """When an engagement is checked."""

    FINISH = "finish"
    SURVEY = "survey"
    CO_PAYMENT = "co_payment"
    BANK = "bank"


# When the share arrives the work has only begun: who paid it is all that can be asked.
RULES_OF_OCCASION = {Occasion.CO_PAYMENT: ("E17",), Occasion.BANK: ("E17", "E18")}
# As often as a bank file touches both sides.
REPEATED = (Occasion.BANK,)


class Dismissal(TextChoices):
    """As what a flag is dismissed."""

    NO_ISSUE = "no_issue", _("No issue")
    EXPLAINED = "explained", _("Explained")


class Sanction(TextChoices):
    """What a violation costs the provider besides points of its grade."""

    REMINDER = "reminder", _("Reminder")
    WARNING = "warning", _("Warning")
    SUSPENSION = "suspension", _("Suspension from bidding")


class Action(TextChoices):
    """What a hit leads to; only entry refuses, so no flag bears that one."""

    HOLD = "H", _("Payment held")
    REVIEW = "R", _("Review")
    REPORT = "N", _("Network report")
    REFUSE = "B", _("Refused at entry")


class Strength(StrEnum):
    """Whether a hit stands by itself."""

    STRONG = "strong"
    WEAK = "weak"


class Family(TextChoices):
    """What a rule looks at."""

    IDENTITY = "identity", _("Identity")
    TIME = "time", _("Time")
    PRICE = "price", _("Money")
    DOCUMENT = "document", _("Documents")
    ASSIGNMENT = "assignment", _("People at work")
    SURVEY = "survey", _("Survey")
