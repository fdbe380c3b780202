"""The lives of an evaluation, of an evaluator's assignment and of an appeal against a grade."""

from marketplace.core.i18n import _
from marketplace.core.states import Lifecycle, Move, TextChoices


class EvaluationStatus(TextChoices):
    """Where an evaluation stands."""

    OPEN = "open", _("With the evaluator")
    SUBMITTED = "submitted", _("Waiting for review")
    RETURNED = "returned", _("Returned to the evaluator")
    PUBLISHED = "published", _("Published")
    APPEALED = "appealed", _("Under appeal")
    SETTLED = "settled", _("Final after appeal")


class EvaluationWaiting(TextChoices):
    """What an evaluator has to do."""

    DECLARATION = "declaration", _("Conflict declaration to give")
    SCORES = "scores", _("Evaluation to write")


EVALUATION = Lifecycle(
    "evaluation",
    initial=EvaluationStatus.OPEN,
    moves=[
        Move(
            "submit",
            (EvaluationStatus.OPEN, EvaluationStatus.RETURNED),
            EvaluationStatus.SUBMITTED,
            stamp="submitted_at",
            label=_("Submit the evaluation"),
        ),
        Move(
            "return",
            (EvaluationStatus.SUBMITTED,),
            EvaluationStatus.RETURNED,
            stamp="returned_at",
            label=_("Return to the evaluator"),
        ),
        Move(
            "publish",
            (EvaluationStatus.SUBMITTED,),
            EvaluationStatus.PUBLISHED,
            stamp="published_at",
            label=_("Publish the grade"),
        ),
        Move(
            "appeal", (EvaluationStatus.PUBLISHED,), EvaluationStatus.APPEALED, stamp="appealed_at", label=_("Appeal")
        ),
        Move(
            "settle",
            (EvaluationStatus.APPEALED,),
            EvaluationStatus.SETTLED,
            stamp="settled_at",
            label=_("Decide the appeal"),
        ),
    ],
)


class AssignmentStatus(TextChoices):
    """Where an assignment stands."""

    ASSIGNED = "assigned", _("Conflict declaration missing")
    ACCEPTED = "accepted", _("Evaluating")
    REFUSED = "refused", _("Refused for a conflict")
    SUBMITTED = "submitted", _("Submitted")


ASSIGNMENT = Lifecycle(
    "assignment",
    initial=AssignmentStatus.ASSIGNED,
    moves=[
        Move(
            "accept",
            (AssignmentStatus.ASSIGNED,),
            AssignmentStatus.ACCEPTED,
            stamp="declared_at",
            label=_("Declare no conflict"),
        ),
        Move(
            "refuse",
            (AssignmentStatus.ASSIGNED,),
            AssignmentStatus.REFUSED,
            stamp="declared_at",
            label=_("Declare a conflict"),
        ),
        Move(
            "submit",
            (AssignmentStatus.ACCEPTED,),
            AssignmentStatus.SUBMITTED,
            stamp="submitted_at",
            label=_("Submit the evaluation"),
        ),
        Move("return", (AssignmentStatus.SUBMITTED,), AssignmentStatus.ACCEPTED, label=_("Return to the evaluator")),
    ],
)


class AppealStatus(TextChoices):
    """Where an appeal stands."""

    OPEN = "open", _("Waiting for a decision")
    KEPT = "kept", _("Grade kept")
    CHANGED = "changed", _("Grade changed")


APPEAL = Lifecycle(
    "grade_appeal",
    initial=AppealStatus.OPEN,
    moves=[
        Move("keep", (AppealStatus.OPEN,), AppealStatus.KEPT, stamp="decided_at", label=_("Keep the grade")),
        Move("change", (AppealStatus.OPEN,), AppealStatus.CHANGED, stamp="decided_at", label=_("Change the grade")),
    ],
)
