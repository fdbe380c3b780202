"""What may be typed about who a company is, and who may sign for it."""

from __future__ import annotations

from marketplace.accounts.states import OrganisationKind
from marketplace.core.file_field import FileField
from marketplace.core.forms import (
    ChoiceField,
    FilterForm,
    Form,
    LongTextField,
    NameField,
    ReasonForm,
    SelectOneField,
    TextField,
)
from marketplace.core.i18n import _
from marketplace.verification.states import DISPUTE, VERIFICATION

YES, NO = "yes", "no"


class HandInForm(Form):
    """Who the company is, with its business registration."""

    name = NameField(_("Company name"), max_length=120)
    representative_name = NameField(_("Name of the representative"), max_length=80)
    file = FileField(_("Business registration certificate"))


class DecisionForm(Form):
    """An officer's decision about a verification, with the reason where it is no."""

    decision = ChoiceField(
        _("What did you find?"),
        choices=[
            (YES, _("Verified: number, name and representative stand in the business registration")),
            (NO, _("Not verified: the company is told why and can hand in another document")),
        ],
    )
    reason = LongTextField(_("If not: why? The company reads it"), required=False, max_length=2000)


class EndForm(ReasonForm):
    """Why a verification ends."""


class DisputeForm(HandInForm):
    """That a registered company is one's own to sign for."""

    refusal = _("Nothing was sent.")
    business_number = TextField(_("Business registration number"), max_length=20)
    statement = LongTextField(_("Why is it yours to sign for? Those who sign for it now read this"), max_length=2000)


class ReplyForm(Form):
    """What those who sign for the company say to that."""

    reply = LongTextField(_("Your reply to the agency"), max_length=2000)
    file = FileField(_("A document that shows it"), required=False)


class ProposalForm(Form):
    """What an officer finds in a dispute."""

    decision = ChoiceField(
        _("Whose company is it?"),
        choices=[
            (YES, _("Whoever opened the dispute shall sign for it; an administrator confirms that")),
            (NO, _("It stays with those who sign for it now")),
        ],
    )
    reason = LongTextField(_("Why? Both sides read it"), max_length=2000)


class ConfirmationForm(Form):
    """What an administrator says to a proposed transfer."""

    decision = ChoiceField(
        _("What do you say to the proposal?"),
        choices=[
            (YES, _("Confirmed: the company gets another signatory now")),
            (NO, _("Returned to the officers")),
        ],
    )
    reason = LongTextField(_("If it is returned: why?"), required=False, max_length=2000)


class VerificationFilter(FilterForm):
    """How the officers' list is narrowed."""

    status = SelectOneField(
        _("Status"), required=False, default="", choices=[("", _("All")), *VERIFICATION.labels.items()]
    )
    kind = SelectOneField(
        _("Kind"),
        required=False,
        default="",
        choices=[
            ("", _("All")),
            (OrganisationKind.SME.value, _("Companies")),
            (OrganisationKind.PROVIDER.value, _("Consulting firms")),
        ],
    )
    search = TextField(_("Company or business number"), required=False, max_length=100)


class DisputeFilter(FilterForm):
    """How the list of disputes is narrowed."""

    status = SelectOneField(_("Status"), required=False, default="", choices=[("", _("All")), *DISPUTE.labels.items()])
    search = TextField(_("Company or business number"), required=False, max_length=100)
