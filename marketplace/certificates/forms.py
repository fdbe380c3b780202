"""What may be typed about certificates."""

from __future__ import annotations

from typing import Any

from marketplace.certificates import kinds
from marketplace.certificates.models import Details
from marketplace.certificates.states import CERTIFICATE, Level
from marketplace.core.file_field import FileField
from marketplace.core.forms import (
    ChoiceField,
    DateField,
    FilterForm,
    Form,
    LongTextField,
    ReasonForm,
    SelectOneField,
    TextField,
)
from marketplace.core.i18n import _, localized

REFUSE = "refuse"


def kind_choices() -> list[tuple[str, str]]:
    """The kinds that the register keeps, in the reader's words."""
    return [(kind.code, localized(kind.label)) for kind in kinds.terms().kinds.values()]


class _Details(Form):
    number = TextField(_("Number of the certificate"), max_length=40)
    grade = TextField(_("Grade"), required=False, max_length=10)
    valid_from = DateField(_("Valid from"))
    valid_until = DateField(_("Valid until (last day)"))

    @property
    def details(self) -> Details:
        """What was typed."""
        return Details(self.number.data, self.valid_from.data, self.valid_until.data, self.grade.data)


class CertificateForm(_Details):
    """A certificate with its document."""

    kind = ChoiceField(_("Which certificate is it?"))
    file = FileField(_("The certificate as a file"))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind.choices = kind_choices()


class AnswerForm(_Details):
    """An answer to a refusal, with what was wrong put right."""

    reply = LongTextField(_("Your answer to the officer"), max_length=2000)
    file = FileField(_("Another file, if the first one was wrong"), required=False)


class DecisionForm(Form):
    """An officer's decision, with the reason where it is no."""

    decision = ChoiceField(
        _("What did you find?"),
        choices=[
            (Level.ISSUER.value, _("Verified: the issuer confirms it (its public search, or a call)")),
            (Level.DOCUMENT.value, _("Verified: by the document alone")),
            (REFUSE, _("Not verified: the company is told why and can answer")),
        ],
    )
    reason = LongTextField(_("If not: why? The company reads it"), required=False, max_length=2000)


class RevocationForm(ReasonForm):
    """That an issuer revoked a certificate."""

    revoked_on = DateField(_("First day on which it is no longer valid"))


class ListForm(Form):
    """An issuer's list."""

    kind = ChoiceField(_("Which certificates does the list hold?"))
    file = FileField(_("The issuer's list"))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind.choices = kind_choices()


class CertificateFilter(FilterForm):
    """How the officers' list is narrowed."""

    status = SelectOneField(
        _("Status"), required=False, default="", choices=[("", _("All")), *CERTIFICATE.labels.items()]
    )
    kind = SelectOneField(_("Certificate"), required=False, default="")
    search = TextField(_("Company or number"), required=False, max_length=100)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.kind.choices = [("", _("All")), *kind_choices()]
