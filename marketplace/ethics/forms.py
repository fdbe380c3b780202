"""What may be typed into flags and cases."""

from collections.abc import Iterable, Sequence
from typing import Any

from marketplace.core.forms import (
    ChoiceField,
    ChoicesField,
    FilterForm,
    Form,
    LongTextField,
    SelectOneField,
    TextField,
)
from marketplace.core.i18n import _
from marketplace.core.states import labelled
from marketplace.ethics.states import CASE, FLAG, CaseWaiting, Dismissal, Sanction


class DismissForm(Form):
    """Why a flag is closed."""

    kind = ChoiceField(_("What is it?"), choices=labelled(Dismissal))
    reason = LongTextField(_("Reason"), max_length=3000)


class CaseForm(Form):
    """The flags and the question of a new case."""

    flags = ChoicesField(_("Flags of this engagement"))
    question = LongTextField(_("Your question to the firm"), max_length=5000)

    def offer(self, choices: Sequence[tuple[str, str]]) -> None:
        """Offer these flags."""
        self.flags.choices = list(choices)


class ReplyForm(Form):
    """The provider's reply."""

    words = LongTextField(_("Your reply"), max_length=10000)


class DecideForm(Form):
    """The finding on a case."""

    finding = ChoiceField(
        _("What do you find?"), choices=[("violation", _("A violation")), ("none", _("No violation"))]
    )
    sanction = ChoiceField(_("Sanction, for a violation"), required=False, choices=labelled(Sanction))
    reason = LongTextField(_("Reason"), max_length=5000)


class AppealForm(Form):
    """The provider's grounds."""

    grounds = LongTextField(_("Why is the finding wrong?"), max_length=10000)


class DecideAppealForm(Form):
    """The decision on an appeal."""

    decision = ChoiceField(
        _("What do you decide?"),
        choices=[("uphold", _("Uphold the finding")), ("overturn", _("Overturn the finding"))],
    )
    reason = LongTextField(_("Reason"), max_length=5000)


class FlagFilter(FilterForm):
    """How the queue of flags is narrowed."""

    search = TextField(_("Number, engagement, company or firm"), required=False, max_length=100)
    status = SelectOneField(_("Status"), required=False, choices=[("", _("Every status")), *FLAG.labels.items()])
    rule = SelectOneField(_("Rule"), required=False)

    def offer(self, rules: Iterable[tuple[str, Any]]) -> None:
        """Offer these rules."""
        self.rule.choices = [("", _("Every rule")), *rules]


class CaseFilter(FilterForm):
    """How the list of cases is narrowed."""

    search = TextField(_("Number, engagement, company or firm"), required=False, max_length=100)
    status = SelectOneField(_("Status"), required=False, choices=[("", _("Every status")), *CASE.labels.items()])
    waiting = SelectOneField(_("What is to be done"), required=False, choices=[("", _("All")), *labelled(CaseWaiting)])


class OwnCaseFilter(FilterForm):
    """How a firm's own list of cases is narrowed."""

    status = SelectOneField(_("Status"), required=False, choices=[("", _("Every status")), *CASE.labels.items()])
