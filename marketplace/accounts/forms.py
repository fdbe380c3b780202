"""What may be typed about people, companies and roles: shape only."""

from typing import Any

from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from config import lists, passwords
from marketplace.accounts.rules import KIND_ROLES, WITHOUT_WORK
from marketplace.accounts.states import PERSON, OrganisationKind
from marketplace.core import clock
from marketplace.core.actors import EVERYONE, ROLE_LABELS
from marketplace.core.email_field import EmailField
from marketplace.core.forms import (
    ChoiceField,
    DateField,
    FilterForm,
    Form,
    LongTextField,
    NameField,
    ReasonForm,
    SelectOneField,
    TextField,
)
from marketplace.core.i18n import LOCALES, _, localized
from marketplace.core.states import labelled
from marketplace.core.task_queue import TaskStatus
from marketplace.core.text import legible, phone_number, storable

LANGUAGES = [("ko", "한국어"), ("en", "English")]
assert [code for code, _name in LANGUAGES] == list(LOCALES)


def _role_choices() -> list[tuple[str, Any]]:
    return [(role.value, label) for role, label in ROLE_LABELS.items() if role in EVERYONE]


class PhoneField(TextField):
    """A number that can be dialled, kept as it was written, in plain signs."""

    input_type = "tel"

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data = legible(self.data) if storable(self.data) else self.data

    def pre_validate(self, form: BaseForm) -> None:
        super().pre_validate(form)
        if self.data and not phone_number(self.data):
            raise StopValidation(_("Type one telephone number such as 02-1234-5678 or +82 2 1234 5678."))


class PasswordField(TextField):
    """A password: kept as typed, never shown again, pasting allowed."""

    input_type = "password"

    def __init__(self, label: Any = "", **kwargs: Any) -> None:
        super().__init__(label, max_length=passwords.rule(clock.today()).longest, **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.data = valuelist[0] if valuelist else ""

    def _value(self) -> str:
        return ""


class SecretForm(Form):
    """A form with a password in it: no one-time key, so that nothing derived from the password is kept."""

    key = None  # type: ignore[assignment]


class SignInForm(SecretForm):
    refusal = _("You are not signed in.")
    email = EmailField(_("E-mail address"))
    password = PasswordField(_("Password"))


class SignUpForm(SecretForm):
    refusal = _("No account was opened.")
    name = NameField(_("Your name"), max_length=80)
    email = EmailField(_("E-mail address"))
    password = PasswordField(_("New password"))
    locale = ChoiceField(_("Language of pages and e-mail"), choices=LANGUAGES)


class ConfirmEmailForm(SecretForm):
    password = PasswordField(_("The password you chose"))


class EmailForm(Form):
    refusal = _("No e-mail was sent.")
    email = EmailField(_("E-mail address"))


class NewPasswordForm(SecretForm):
    password = PasswordField(_("New password"))


class ChangePasswordForm(SecretForm):
    current = PasswordField(_("Current password"))
    password = PasswordField(_("New password"))


class ChangeEmailForm(Form):
    email = EmailField(_("New e-mail address"))


class ProofForm(SecretForm):
    refusal = _("We don't know yet that it is you.")
    password = PasswordField(_("Your password"))


class TakeBackForm(SecretForm):
    refusal = _("Nothing was taken back.")
    password = PasswordField(_("The password you had before the change"))


class ProfileForm(Form):
    name = NameField(_("Your name"), max_length=80)
    phone = PhoneField(_("Telephone"), max_length=40, required=False)
    locale = ChoiceField(_("Language of pages and e-mail"), choices=LANGUAGES)


class InvitedForm(SecretForm):
    name = NameField(_("Your name"), max_length=80)
    password = PasswordField(_("New password"))
    locale = ChoiceField(_("Language of pages and e-mail"), choices=LANGUAGES)


class CompanyForm(Form):
    """The facts that a company may correct itself."""

    address = TextField(_("Address"), max_length=200)
    phone = PhoneField(_("Telephone"), max_length=40, required=False)
    email = EmailField(_("E-mail address of the company"), required=False)


class RegisterCompanyForm(CompanyForm):
    name = NameField(_("Company name"), max_length=120)
    representative_name = NameField(_("Name of the representative"), max_length=80)
    business_number = TextField(_("Business registration number"), max_length=20)
    sector = SelectOneField(_("Sector"))
    region = SelectOneField(_("Region"))
    established_on = DateField(_("Date of establishment"))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.sector.choices = _with_blank(lists.sectors())
        self.region.choices = _with_blank(lists.regions())
        self.established_on.latest = clock.today()


class RoleForm(Form):
    """A role to choose from those that the organisation has."""

    role = ChoiceField(_("Role"))

    def offer(self, roles: list[str]) -> None:
        """Let one of these roles be chosen."""
        self.role.choices = [(role, ROLE_LABELS[role]) for role in roles]  # type: ignore[index]


class InviteForm(RoleForm):
    refusal = _("No invitation was sent.")
    email = EmailField(_("E-mail address"))
    locale = ChoiceField(_("Language of the invitation"), choices=LANGUAGES)


class InviteToCompanyForm(InviteForm):
    mandate = LongTextField(_("Mandate of a helper"), max_length=500, required=False)
    valid_until = DateField(_("Last day of the mandate"), required=False)


class GrantRoleForm(RoleForm):
    valid_until = DateField(_("Last day"), required=False)


class ExportForm(ReasonForm):
    format = ChoiceField(_("File format"), choices=[("csv", "CSV"), ("xlsx", "XLSX")])


def roles_of(kind: OrganisationKind) -> list[str]:
    """The roles that a kind of organisation gives, as the product lists them."""
    return [role.value for role in ROLE_LABELS if role in KIND_ROLES[kind] - WITHOUT_WORK]


def _with_blank(labels: Any) -> list[tuple[str, Any]]:
    return [("", _("Choose one")), *((code, localized(label)) for code, label in labels.items())]


class PeopleFilter(FilterForm):
    search = TextField(_("Name, e-mail address or organisation"), max_length=100, required=False)
    role = SelectOneField(_("Role"), required=False, choices=[("", _("Every role")), *_role_choices()])
    status = SelectOneField(_("Status"), required=False, choices=[("", _("Every status")), *PERSON.labels.items()])


class TaskFilter(FilterForm):
    search = TextField(_("Name, key or error"), max_length=100, required=False)
    status = SelectOneField(_("Status"), required=False, choices=[("", _("Every status")), *labelled(TaskStatus)])


class AuditFilter(FilterForm):
    subject_id = TextField(_("Number or name of the thing"), max_length=100, required=False)
    action = TextField(_("What was done"), max_length=100, required=False)
    person_id = TextField(_("Person"), max_length=100, required=False)
