"""What may be typed about firms, consultants and bank accounts: shape only."""

from collections.abc import Mapping
from typing import Any

from config import lists
from marketplace.core.account_numbers import AccountScheme
from marketplace.core.file_field import FileField
from marketplace.core.forms import (
    AgreeField,
    ChoiceField,
    ChoicesField,
    DateField,
    FilterForm,
    Form,
    LongTextField,
    SelectOneField,
    TextField,
    WholeNumberField,
)
from marketplace.core.i18n import _, localized
from marketplace.core.states import labelled
from marketplace.providers import training
from marketplace.providers.models import AccountDetails, Profile
from marketplace.providers.states import PROVIDER

LANGUAGES = [("ko", "한국어"), ("en", "English")]
ANY = [("", _("All"))]


def choices(labels: Mapping[str, Mapping[str, str]]) -> list[tuple[str, str]]:
    """Codes with their words in the reader's language."""
    return [(code, localized(label)) for code, label in labels.items()]


class DirectoryFilter(FilterForm):
    service_line = SelectOneField(_("Service"), required=False, default="")
    region = SelectOneField(_("Region"), required=False, default="")
    language = SelectOneField(_("Language"), required=False, default="", choices=[*ANY, *LANGUAGES])
    search = TextField(_("Name of the firm"), required=False, max_length=100)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service_line.choices = [*ANY, *choices(lists.service_lines())]
        self.region.choices = [*ANY, *choices(lists.regions())]


class RegistrationFilter(FilterForm):
    status = SelectOneField(_("Status"), required=False, default="", choices=[*ANY, *PROVIDER.labels.items()])
    search = TextField(_("Name or business number of the firm, or a consultant"), required=False, max_length=100)


class ConsultantFilter(FilterForm):
    search = TextField(_("Name of the consultant or firm"), required=False, max_length=100)


class _AccountPart:
    scheme = ChoiceField(_("Kind of account number"), choices=labelled(AccountScheme))
    identifier = TextField(_("Account number"), max_length=50)
    bank_name = TextField(_("Bank"), max_length=100)
    holder_name = TextField(_("Account holder"), max_length=100)


class AccountForm(_AccountPart, Form):
    """The account to which the firm wants to be paid."""

    @property
    def details(self) -> AccountDetails:
        """What was typed, as the verb takes it."""
        return account_details(self)


def account_details(form: Any) -> AccountDetails:
    """The account in a form."""
    return AccountDetails(
        AccountScheme(form.scheme.data), form.identifier.data, form.bank_name.data, form.holder_name.data
    )


class ProfileForm(Form):
    """What a firm says of itself."""

    service_lines = ChoicesField(_("Services you offer"))
    sectors = ChoicesField(_("Sectors you know"))
    regions = ChoicesField(_("Regions you work in"))
    languages = ChoicesField(_("Languages you work in"), choices=LANGUAGES)
    capacity = WholeNumberField(_("How many companies you can serve at one time"), minimum=1, maximum=1000)
    introduction_ko = LongTextField(_("Introduction in Korean"), max_length=1000)
    introduction_en = LongTextField(_("Introduction in English"), max_length=1000, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service_lines.choices = choices(lists.service_lines())
        self.sectors.choices = choices(lists.sectors())
        self.regions.choices = choices(lists.regions())

    @property
    def profile(self) -> Profile:
        """What was typed, as the verb takes it."""
        return Profile(
            service_lines=self.service_lines.data or [],
            sectors=self.sectors.data or [],
            regions=self.regions.data or [],
            languages=self.languages.data or [],
            capacity=self.capacity.data,
            introduction={"ko": self.introduction_ko.data, "en": self.introduction_en.data or ""},
        )


class ApplyForm(_AccountPart, ProfileForm):
    """A registration: the firm, what proves it, and the account to which it is paid."""

    file = FileField(_("Business registration"))
    confirmed = AgreeField(_("What I typed is true, and I may speak for the firm."))


class ApplyAgainForm(Form):
    """A refused registration, with a better document if the old one was the reason."""

    file = FileField(_("Business registration"), required=False)


class ConsultantForm(Form):
    """A consultant's own profile."""

    service_lines = ChoicesField(_("Services"))
    languages = ChoicesField(_("Languages"), choices=LANGUAGES)
    experience_years = WholeNumberField(_("Years of experience as a consultant"), minimum=0, maximum=70)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.service_lines.choices = choices(lists.service_lines())

    @property
    def facts(self) -> dict[str, Any]:
        """What was typed, as the verbs take it."""
        return {name: self[name].data for name in ("service_lines", "languages", "experience_years")}


class PledgeForm(Form):
    """The signature under the code of ethics."""

    agreed = AgreeField(_("I have read the code of ethics and will keep to it."))


class TrainingForm(Form):
    """A course that a consultant passed."""

    course = ChoiceField(_("Course"))
    passed_on = DateField(_("Passed on"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.course.choices = [(course.code, localized(course.title)) for course in training.courses().values()]


class DecisionForm(Form):
    """Approve or refuse; a refusal needs a reason."""

    decision = ChoiceField(_("Decision"), choices=[("approve", _("Approve")), ("refuse", _("Refuse"))])
    reason = LongTextField(_("Reason, if you refuse"), required=False, max_length=1000)
