"""The field of an e-mail address."""

from typing import Any

from email_validator import EmailNotValidError, validate_email
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from marketplace.core.forms import TextField
from marketplace.core.i18n import _
from marketplace.core.text import legible, storable


def address(typed: str) -> str:
    """An address that mail can reach, in lower case and ASCII; ValueError for what is none."""
    plain = legible(typed).lower() if storable(typed) else typed
    try:
        known = validate_email(plain, check_deliverability=False, allow_smtputf8=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError(typed) from None
    return (known.ascii_email or "").lower()


class EmailField(TextField):
    """An address that mail can reach, in lower case and ASCII."""

    input_type = "email"

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data = legible(self.data).lower() if storable(self.data) else self.data

    def pre_validate(self, form: BaseForm) -> None:
        super().pre_validate(form)
        if not self.data:
            return
        try:
            self.data = address(self.data)
        except ValueError:
            raise StopValidation(_("Type an e-mail address such as name@example.com.")) from None
