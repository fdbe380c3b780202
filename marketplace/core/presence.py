"""What is said when an answer is missing: which one, since the message stands above the form too."""

from collections.abc import Callable
from typing import Any

from wtforms import Field
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, Optional, StopValidation

from marketplace.core.errors import Words
from marketplace.core.i18n import _


def enter(field: Words) -> Words:
    """Nothing was typed into this field."""
    return _("Enter “%(field)s”.", field=field)


def choose(field: Words) -> Words:
    """None of the answers was chosen."""
    return _("Choose an answer for “%(field)s”.", field=field)


def tick(field: Words) -> Words:
    """None of several answers was ticked."""
    return _("Tick what applies under “%(field)s”.", field=field)


def attach(field: Words) -> Words:
    """No file was chosen."""
    return _("Choose a file for “%(field)s”.", field=field)


def presence(required: bool, words: Callable[[Words], Words] = enter) -> Any:
    """The validator of a field that must be filled in, or needn't be."""
    return _Presence(words) if required else Optional()


class _Presence(InputRequired):
    """Says which answer is missing, since the message stands above the form too."""

    def __init__(self, words: Callable[[Words], Words]) -> None:
        super().__init__()
        self.words = words

    def __call__(self, form: BaseForm, field: Field) -> None:
        if not (field.raw_data and field.raw_data[0]):
            field.errors = []
            raise StopValidation(self.words(field.label.text))
