"""What may be typed on the pages of debts: filters, the opening of a recovery, instalments, set-off and write-off."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from marketplace.core.errors import Words
from marketplace.core.forms import (
    AgreeField,
    ChoiceField,
    DateField,
    FilterForm,
    Form,
    LongTextField,
    MoneyField,
    SelectOneField,
    TextField,
    WholeNumberField,
    to_id,
)
from marketplace.core.i18n import _
from marketplace.core.states import labelled
from marketplace.receivables.states import RECEIVABLE, ReceivableKind, ReceivableWaiting

DEBTORS = (("provider", _("The firm")), ("company", _("The company")))


class ReceivableFilter(FilterForm):
    """Filters of the list of debts."""

    search = TextField(_("Number, engagement or debtor"), max_length=100, required=False)
    kind = SelectOneField(
        _("Kind"), required=False, choices=[("", _("Every kind")), *((kind, kind.label) for kind in ReceivableKind)]
    )
    status = SelectOneField(_("Status"), required=False, choices=[("", _("Every status")), *RECEIVABLE.labels.items()])
    overdue = SelectOneField(_("Arrears"), required=False, choices=[("", _("All")), ("yes", _("Overdue only"))])
    waiting = SelectOneField(
        _("What is to be done"), required=False, choices=[("", _("All")), *labelled(ReceivableWaiting)]
    )


class RecoveryForm(Form):
    """Whose aid is asked back, and why."""

    engagement = TextField(_("Number of the engagement"), max_length=40)
    debtor = ChoiceField(_("Who owes it"), choices=DEBTORS)
    ground = SelectOneField(_("Ground"))
    amount = MoneyField(_("Aid to recover"), currency="KRW", minimum=1, required=False)
    reason = LongTextField(_("Reason"), max_length=4000)


class SuccessForm(Form):
    """Whether finished work was a success, and why."""

    success = ChoiceField(_("Was the work a success?"), choices=[("yes", _("Yes")), ("no", _("No"))])
    reason = LongTextField(_("Reason"), max_length=4000)


class CountersignForm(Form):
    """The second officer's statement."""

    agreed = AgreeField(_("I have looked at the reasons and confirm this. I did not open it."))


class InstalmentsForm(Form):
    """How what is left is to be paid."""

    count = WholeNumberField(_("How many instalments"), minimum=1, maximum=120)
    first_due_on = DateField(_("First one due on"))
    every_months = WholeNumberField(_("Months from one to the next"), minimum=1, maximum=12)
    reason = LongTextField(_("Reason"), max_length=2000)


class SetOffForm(Form):
    """From which claim how much is kept back."""

    claim_id = SelectOneField(_("Approved claim"), coerce=to_id)
    amount = MoneyField(_("Amount to keep back"), currency="KRW", minimum=1)


class WriteOffDecisionForm(Form):
    """The second signature, or a refusal with its reason."""

    decision = ChoiceField(
        _("Decision"), choices=[("sign", _("Sign the write-off")), ("refuse", _("Refuse, the debt stays"))]
    )
    reason = LongTextField(_("Reason, if you refuse"), max_length=2000, required=False)


class TakenBackForm(Form):
    """The payment that the bank took back, and why."""

    receipt_id = SelectOneField(_("The payment that was taken back"), coerce=to_id, choices=[])
    reason = LongTextField(_("Reason"), max_length=2000)


def set_off_in(currency: str) -> Any:
    """The form of a set-off, its amount typed in this currency."""
    field = MoneyField(_("Amount to keep back"), currency=currency, minimum=1)
    return type("SetOffForm", (SetOffForm,), {"amount": field})


def recovery_in(currency: str) -> Any:
    """The form of a recovery, its amount typed in this currency."""
    field = MoneyField(_("Aid to recover"), currency=currency, minimum=1, required=False)
    return type("RecoveryForm", (RecoveryForm,), {"amount": field})


def choose_from(field: SelectOneField, choices: Iterable[tuple[UUID | str, Words]]) -> None:
    """Offer these answers, known only when the page is shown."""
    field.choices = [SelectChoice(value, str(words)) for value, words in choices]
