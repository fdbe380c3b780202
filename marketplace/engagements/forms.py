"""What may be typed on the pages of agreements and engagements."""

from collections.abc import Iterable
from uuid import UUID

from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from marketplace.core.errors import Words
from marketplace.core.file_field import FileField
from marketplace.core.forms import (
    AgreeField,
    ChoiceField,
    DateField,
    DateTimeField,
    FilterForm,
    Form,
    LongTextField,
    SelectOneField,
    TextField,
    to_id,
)
from marketplace.core.i18n import _
from marketplace.core.states import labelled
from marketplace.engagements.states import AGREEMENT, ENGAGEMENT, AgreementWaiting, WorkWaiting

SEARCHED = _("Number, title, company, firm or consultant")


class AgreementFilter(FilterForm):
    """Filters of the list of agreements."""

    search = TextField(SEARCHED, max_length=100, required=False)
    status = SelectOneField(_("Status"), required=False, choices=[("", _("Every status")), *AGREEMENT.labels.items()])
    waiting = SelectOneField(
        _("What is to be done"), required=False, choices=[("", _("All")), *labelled(AgreementWaiting)]
    )


class EngagementFilter(FilterForm):
    """Filters of the list of engagements."""

    search = TextField(SEARCHED, max_length=100, required=False)
    status = SelectOneField(_("Status"), required=False, choices=[("", _("Every status")), *ENGAGEMENT.labels.items()])
    waiting = SelectOneField(_("What is to be done"), required=False, choices=[("", _("All")), *labelled(WorkWaiting)])


class StartForm(Form):
    """The day on which the work is meant to start."""

    starts_on = DateField(_("The work starts on"))


class SignForm(Form):
    """The signature under an agreement."""

    agreed = AgreeField(_("I have read the agreement and sign it for my company."))


class RedeemForm(Form):
    """The holder's approval of a redemption."""

    agreed = AgreeField(_("I approve that this amount of our voucher is bound to this agreement."))


class AcceptForm(Form):
    """The SME's acceptance of a stage."""

    agreed = AgreeField(_("We have received this work and accept it."))


class SessionForm(Form):
    """A session that has ended."""

    consultant_id = ChoiceField(_("Consultant"), coerce=to_id)
    starts_at = DateTimeField(_("Start"))
    ends_at = DateTimeField(_("End"))
    place = TextField(_("Place"), max_length=200)
    summary = LongTextField(_("What was done"), max_length=4000)


class DeliverableForm(Form):
    """A document for the stage under way."""

    title = TextField(_("Title of the document"), max_length=200)
    file = FileField(_("Document"))


class ConsultantChangeForm(Form):
    """Another consultant in place of one that the agreement names."""

    consultant_id = ChoiceField(_("New consultant"), coerce=to_id)
    reason = LongTextField(_("Reason"), max_length=2000)


class DecisionForm(Form):
    """The SME's answer to a proposed consultant."""

    decision = ChoiceField(
        _("Your decision"),
        choices=[("approve", _("Approve the new consultant")), ("decline", _("Decline"))],
    )


def choose_from(field: ChoiceField, choices: Iterable[tuple[UUID, Words]]) -> None:
    """Offer these answers, known only when the page is shown."""
    field.choices = [SelectChoice(value, str(words)) for value, words in choices]
