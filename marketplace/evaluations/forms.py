"""What may be typed into evaluations."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from marketplace.core.forms import (
    ChoiceField,
    FilterForm,
    Form,
    LongTextField,
    SelectOneField,
    TextField,
    WholeNumberField,
)
from marketplace.core.i18n import _, localized
from marketplace.core.states import labelled
from marketplace.evaluations.rubric import Criterion, Rubric
from marketplace.evaluations.states import EVALUATION, EvaluationWaiting


class DeclareForm(Form):
    """The evaluator's conflict declaration."""

    has_conflict = ChoiceField(
        _("Do you have a conflict of interest with either firm?"),
        choices=[("no", _("No, I have none")), ("yes", _("Yes, or I may have one"))],
    )
    statement = LongTextField(_("If yes, what is it?"), required=False, max_length=2000)


def score_form(rubric: Rubric, given: Mapping[str, str]) -> Form:
    """Return the form of this rubric: a level and a reason for each criterion, in the reader's language; `given` are
    those of before by the name of their field."""
    fields: dict[str, Any] = {}
    for criterion in rubric.criteria:
        fields[f"level_{criterion.code}"] = _level(criterion)
        reason = _("Reason (%(about)s)", about=localized(criterion.text))
        fields[f"reason_{criterion.code}"] = LongTextField(reason, max_length=3000)
    made: Form = type("ScoreForm", (Form,), fields)(data=given)
    return made


def _level(criterion: Criterion) -> ChoiceField:
    choices = [(str(level), f"{level}. {localized(words)}") for level, words in enumerate(criterion.levels)]
    return ChoiceField(f"{localized(criterion.text)} ({criterion.weight} %)", choices=choices)


class ReviewForm(Form):
    """The reviewer's decision on a submitted evaluation."""

    decision = ChoiceField(
        _("What do you decide?"),
        choices=[
            ("confirm", _("Confirm the grade and publish it")),
            ("override", _("Publish another grade, with a reason")),
            ("return", _("Return it to the evaluator, with a reason")),
        ],
    )
    grade = WholeNumberField(_("The other grade"), required=False, maximum=100)
    reason = LongTextField(_("Reason"), required=False, max_length=3000)


class AssignForm(Form):
    """The evaluator an administrator chooses."""

    evaluator = SelectOneField(_("Evaluator"))

    def offer(self, people: Sequence[tuple[UUID, str]]) -> None:
        """Offer these people."""
        self.evaluator.choices = [(str(person_id), name) for person_id, name in people]


class AppealForm(Form):
    """The provider's grounds."""

    grounds = LongTextField(_("Why is the grade wrong?"), max_length=5000)


class DecideAppealForm(Form):
    """The decision on an appeal."""

    decision = ChoiceField(
        _("What do you decide?"), choices=[("keep", _("Keep the grade")), ("change", _("Set another grade"))]
    )
    grade = WholeNumberField(_("The other grade"), required=False, maximum=100)
    reason = LongTextField(_("Reason"), max_length=3000)


class EvaluationFilter(FilterForm):
    """How the list of evaluations is narrowed."""

    search = TextField(_("Number, engagement, company, firm or evaluator"), required=False, max_length=100)
    status = SelectOneField(_("Status"), required=False, choices=[("", _("Every status")), *EVALUATION.labels.items()])
    waiting = SelectOneField(
        _("What is to be done"), required=False, choices=[("", _("All")), *labelled(EvaluationWaiting)]
    )
