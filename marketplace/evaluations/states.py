"""Owns the lives of an evaluation, of an evaluator's assignment and of an appeal against a grade."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move

EVALUATION = Lifecycle(
    "evaluation",
    initial="open",
    moves=[
        Move("submit", ("open", "returned"), "submitted", stamp="submitted_at", label=_("Submit the evaluation")),
        Move("return", ("submitted",), "returned", stamp="returned_at", label=_("Return to the evaluator")),
        Move("publish", ("submitted",), "published", stamp="published_at", label=_("Publish the grade")),
        Move("appeal", ("published",), "appealed", stamp="appealed_at", label=_("Appeal")),
        Move("settle", ("appealed",), "settled", stamp="settled_at", label=_("Decide the appeal")),
    ],
    labels={
        "open": _("With the evaluator"),
        "submitted": _("Waiting for review"),
        "returned": _("Returned to the evaluator"),
        "published": _("Published"),
        "appealed": _("Under appeal"),
        "settled": _("Final after appeal"),
    },
)

ASSIGNMENT = Lifecycle(
    "assignment",
    initial="assigned",
    moves=[
        Move("accept", ("assigned",), "accepted", stamp="declared_at", label=_("Declare no conflict")),
        Move("refuse", ("assigned",), "refused", stamp="declared_at", label=_("Declare a conflict")),
        Move("submit", ("accepted",), "submitted", stamp="submitted_at", label=_("Submit the evaluation")),
        Move("return", ("submitted",), "accepted", label=_("Return to the evaluator")),
    ],
    labels={
        "assigned": _("Conflict declaration missing"),
        "accepted": _("Evaluating"),
        "refused": _("Refused for a conflict"),
        "submitted": _("Submitted"),
    },
)

APPEAL = Lifecycle(
    "grade_appeal",
    initial="open",
    moves=[
        Move("keep", ("open",), "kept", stamp="decided_at", label=_("Keep the grade")),
        Move("change", ("open",), "changed", stamp="decided_at", label=_("Change the grade")),
    ],
    labels={"open": _("Waiting for a decision"), "kept": _("Grade kept"), "changed": _("Grade changed")},
)
