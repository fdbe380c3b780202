"""What may be typed on the pages of claims, payment batches, bank files and holds."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]

from config import lists
from marketplace.claims.models import Claim
from marketplace.claims.rules import Cut
from marketplace.claims.states import (
    BATCH,
    CLAIM,
    HOLD,
    REFUND,
    AssignmentKind,
    BatchWaiting,
    ClaimWaiting,
    Overdue,
    RefundWaiting,
)
from marketplace.core.account_numbers import AccountScheme
from marketplace.core.errors import Words
from marketplace.core.file_field import FileField
from marketplace.core.forms import (
    AgreeField,
    ChoiceField,
    ChoicesField,
    FilterForm,
    Form,
    LongTextField,
    MoneyField,
    SelectOneField,
    TextField,
    to_id,
)
from marketplace.core.i18n import _, localized
from marketplace.core.states import labelled


class ClaimFilter(FilterForm):
    """Filters of the list of claims."""

    search = TextField(_("Number, company, firm or officer"), max_length=100, required=False)
    status = SelectOneField(_("Status"), required=False, choices=[("", _("Every status")), *CLAIM.labels.items()])
    waiting = SelectOneField(_("What is to be done"), required=False, choices=[("", _("All")), *labelled(ClaimWaiting)])


class AgeingFilter(FilterForm):
    """Filters of the ageing report."""

    search = TextField(_("Number, company or firm"), max_length=100, required=False)
    status = SelectOneField(_("Status"), required=False)
    age = SelectOneField(_("Working days since it was handed in"), required=False)
    overdue = SelectOneField(_("Overdue"), required=False, choices=[("", _("All")), *labelled(Overdue)])


class BatchFilter(FilterForm):
    """Filters of the list of payment batches."""

    search = TextField(_("Number of the batch or of a payment in it"), max_length=100, required=False)
    status = SelectOneField(_("Status"), required=False, choices=[("", _("Every status")), *BATCH.labels.items()])
    waiting = SelectOneField(_("What is to be done"), required=False, choices=[("", _("All")), *labelled(BatchWaiting)])


class HoldFilter(FilterForm):
    """Filters of the list of holds."""

    search = TextField(_("Engagement, company, firm or reason"), max_length=100, required=False)
    status = SelectOneField(_("Status"), required=False, choices=[("", _("Every status")), *HOLD.labels.items()])


class RefundFilter(FilterForm):
    """Filters of the list of refunds."""

    search = TextField(_("Number, engagement or who is paid back"), max_length=100, required=False)
    status = SelectOneField(_("Status"), required=False, choices=[("", _("Every status")), *REFUND.labels.items()])
    waiting = SelectOneField(
        _("What is to be done"), required=False, choices=[("", _("All")), *labelled(RefundWaiting)]
    )


class RefundAccountForm(Form):
    """Another account of the company, for a refund."""

    scheme = ChoiceField(_("Kind of account number"), choices=labelled(AccountScheme))
    identifier = TextField(_("Account number"), max_length=50)
    bank_name = TextField(_("Bank"), max_length=100)


class InvoiceForm(Form):
    """The invoice that goes with a claim."""

    invoice_number = TextField(_("Invoice number"), max_length=60)
    invoice_gross = MoneyField(_("Total of the invoice, tax included"), currency="KRW")
    file = FileField(_("The invoice as a file"), required=False)


class ClaimForm(InvoiceForm):
    """The stages that are claimed, and the invoice."""

    stage_ids = ChoicesField(_("Accepted stages"), coerce=to_id)


class AnswerForm(InvoiceForm):
    """The answer to the one request, and the corrected invoice."""

    answer = LongTextField(_("Your answer to each point"), max_length=4000)


def in_currency(form: type[InvoiceForm], currency: str) -> Any:
    """The same form, its amount typed in this currency."""
    field = MoneyField(_("Total of the invoice, tax included"), currency=currency)
    return type(form.__name__, (form,), {"invoice_gross": field})


class CheckForm(Form):
    """The first officer's statement."""

    agreed = AgreeField(_("I have read the claim, the invoice and the documents."))


class ApproveForm(Form):
    """The second officer's statement."""

    agreed = AgreeField(_("I approve this payment. I did not prepare the claim."))


def approve_form(claim: Claim) -> Form:
    """The approver's statement, with the amount of each stage and why it is less than claimed."""
    fields: dict[str, Any] = {}
    for line in claim.lines:
        code, net = line.stage.code, line.aid + line.co_payment
        stage = localized(lists.stages().get(code, {"en": code}))
        fields[f"amount_{code}"] = MoneyField(
            _("Approved for %(stage)s", stage=stage), currency=claim.currency, maximum=net, default=net
        )
        fields[f"reason_{code}"] = LongTextField(
            _("Why it is less than claimed (%(stage)s)", stage=stage), max_length=1000, required=False
        )
    made: Form = type("ClaimApprovalForm", (ApproveForm,), fields)()
    return made


def cuts_in(form: Form, claim: Claim) -> list[Cut]:
    """What was typed for each line."""
    return [
        Cut(line.id, form[f"amount_{line.stage.code}"].data, form[f"reason_{line.stage.code}"].data or "")
        for line in claim.lines
    ]


class CountersignForm(Form):
    """The second approver's statement."""

    agreed = AgreeField(_("I approve this payment as the second officer. I neither prepared nor approved it before."))


class ReturnForm(Form):
    """Everything that is missing, in one list."""

    reasons = LongTextField(_("What is missing"), max_length=4000)


class BatchForm(Form):
    """The approved claims and the refunds that leave together."""

    claim_ids = ChoicesField(_("Approved claims"), coerce=to_id, required=False)
    refund_ids = ChoicesField(_("Refunds to companies"), coerce=to_id, required=False)


class AssignForm(Form):
    """The co-payment that a movement belongs to, with other movements of the same payer, and why."""

    reference = TextField(_("Reference of the own share"), max_length=35)
    others = ChoicesField(_("Other movements of this payer that belong to it"), coerce=to_id, required=False)
    reason = LongTextField(_("Reason"), max_length=2000)


class PaymentsForm(Form):
    """The payments that a debit is, and why."""

    line_ids = ChoicesField(_("Payments that this debit is"), coerce=to_id)
    reason = LongTextField(_("Reason"), max_length=2000)


class ReturnedForm(Form):
    """The payment that came back, and why."""

    reference = TextField(_("Reference of the payment"), max_length=35)
    reason = LongTextField(_("Reason"), max_length=2000)


class ReversalForm(Form):
    """The co-payment that the bank took back, and why."""

    reference = TextField(_("Reference of the own share"), max_length=35)
    reason = LongTextField(_("Reason"), max_length=2000)


class KnownForm(Form):
    """The movement that is the same money, or that makes it good, and why."""

    other_id = ChoiceField(_("The other movement"), choices=[])
    reason = LongTextField(_("Reason"), max_length=2000)


class ProposeForm(Form):
    """What money is that is no payment of the programme, and why."""

    kind = ChoiceField(
        _("What money it is"),
        choices=[
            (AssignmentKind.FUNDING, _("Money of a funder, or money that went back to it")),
            (AssignmentKind.INTEREST, _("Interest of the bank")),
        ],
    )
    reason = LongTextField(_("Reason"), max_length=2000)


class ProposalForm(Form):
    """The word of the second officer."""

    decision = ChoiceField(
        _("Decision"), choices=[("confirm", _("Confirm")), ("refuse", _("Refuse or withdraw, somebody looks again"))]
    )
    reason = LongTextField(_("Reason, if you refuse"), max_length=2000, required=False)


class ImportForm(Form):
    """A report of the bank, or a ZIP of them."""

    file = FileField(_("Bank file (camt.052, camt.053 or camt.054, as XML or ZIP)"))


def choose_from(field: ChoicesField, choices: Iterable[tuple[UUID, Words]]) -> None:
    """Offer these answers, known only when the page is shown."""
    field.choices = [SelectChoice(value, str(words)) for value, words in choices]
