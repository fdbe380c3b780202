"""What may be typed into surveys: a form made from the instrument, and the small forms around it."""

from typing import Any

from wtforms import HiddenField

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
from marketplace.engagements.states import Side
from marketplace.surveys.instruments import Fact, Instrument
from marketplace.surveys.rules import LONGEST_COMMENT
from marketplace.surveys.states import SURVEY


class AnswerForm(Form):
    """The questions of one instrument; `opened` is the signed moment at which the page was first shown."""

    opened = HiddenField()


def answer_form(instrument: Instrument) -> AnswerForm:
    """Return the form of this instrument in the reader's language."""
    fields: dict[str, Any] = {
        f"item_{item.code}": _rating(instrument, localized(item.text)) for item in instrument.items
    }
    fields |= {f"fact_{fact.code}": _fact(fact) for fact in instrument.facts}
    fields |= {
        f"text_{code}": LongTextField(localized(words), required=False, max_length=LONGEST_COMMENT)
        for code, words in instrument.texts
    }
    made: AnswerForm = type("InstrumentForm", (AnswerForm,), fields)()
    return made


def _rating(instrument: Instrument, label: str) -> ChoiceField:
    numbers = range(instrument.scale_minimum, instrument.scale_maximum + 1)
    return ChoiceField(label, coerce=str, choices=[(str(number), str(number)) for number in numbers])


def _fact(fact: Fact) -> WholeNumberField | ChoiceField:
    label = localized(fact.text)
    if fact.kind == "number":
        return WholeNumberField(label, minimum=fact.minimum, maximum=fact.maximum)
    return ChoiceField(label, choices=[(code, localized(words)) for code, words in fact.choices])


class NoRemindersForm(Form):
    """Why somebody wants no reminders; one press is enough."""

    why = ChoiceField(
        _("Why? You may leave this open."),
        required=False,
        choices=[
            ("later", _("I will answer later")),
            ("no_time", _("I have no time")),
            ("not_me", _("I am the wrong person")),
            ("other", _("Another reason")),
        ],
    )


class IdentityForm(Form):
    """The reason for which an administrator wants to know who was asked."""

    reason = TextField(_("Reason"), max_length=500)


class SurveyFilter(FilterForm):
    """How the list of surveys is narrowed."""

    search = TextField(_("Engagement, or company or firm asked"), required=False, max_length=100)
    side = SelectOneField(_("Side"), required=False, choices=[("", _("Both sides")), *labelled(Side)])
    status = SelectOneField(_("Status"), required=False, choices=[("", _("Every status")), *SURVEY.labels.items()])
