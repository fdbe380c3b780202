"""What may be typed about the agency."""

from typing import Any

from marketplace.agency.states import FunderKind
from marketplace.core import clock
from marketplace.core.email_field import EmailField
from marketplace.core.file_field import FileField
from marketplace.core.forms import CheckField, ChoiceField, DateField, Form, LongTextField, TextField
from marketplace.core.i18n import Text, _
from marketplace.core.states import labelled


class EditionForm(Form):
    """Something that counts from a day on."""

    valid_from = DateField(_("In force from"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.valid_from.data is None and not self.valid_from.raw_data:
            self.valid_from.data = clock.today()


class ProfileForm(EditionForm):
    """How the agency is called and reached."""

    name_ko = TextField(_("Name in Korean"), max_length=100)
    name_en = TextField(_("Name in English"), max_length=100)
    address_ko = TextField(_("Address in Korean"))
    address_en = TextField(_("Address in English"))
    help_email = EmailField(_("E-mail address for help"))
    file = FileField(_("Logo"), required=False)
    without_logo = CheckField(_("Show no logo"))

    @property
    def name(self) -> Text:
        """The name in both languages."""
        return {"ko": self.name_ko.data or "", "en": self.name_en.data or ""}

    @property
    def address(self) -> Text:
        """The address in both languages."""
        return {"ko": self.address_ko.data or "", "en": self.address_en.data or ""}


class AgencyAccountForm(EditionForm):
    """The account of the agency itself."""

    holder = TextField(_("Account holder"), max_length=100)
    bank = TextField(_("Bank"), max_length=100)
    number = TextField(_("Account number or IBAN"), max_length=50)


class FunderNameForm(EditionForm):
    """How a funder is called in both languages."""

    name_ko = TextField(_("Name in Korean"), max_length=100)
    name_en = TextField(_("Name in English"), max_length=100)

    @property
    def name(self) -> Text:
        """The name in both languages."""
        return {"ko": self.name_ko.data or "", "en": self.name_en.data or ""}


class FunderForm(FunderNameForm):
    """A new funder."""

    kind = ChoiceField(_("Kind of funder"), choices=labelled(FunderKind))


class FunderChangeForm(FunderNameForm):
    """A funder's name, and whether new programmes may name it."""

    gives = CheckField(_("New programmes may name this funder"))


class DecisionForm(Form):
    """Confirm or refuse; a refusal needs a reason."""

    decision = ChoiceField(_("Decision"), choices=[("confirm", _("Confirm")), ("refuse", _("Refuse"))])
    reason = LongTextField(_("Reason, if you refuse"), required=False, max_length=1000)


class WithdrawForm(Form):
    """Take back what one proposed oneself."""

    reason = LongTextField(_("Why you take it back"), max_length=1000)
