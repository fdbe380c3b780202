"""The field of an e-mail address."""

from typing import Any

from email_validator import EmailNotValidError, validate_email
from wtforms.form import BaseForm
from wtforms.validators import StopValidation

from marketplace.core.forms import TextField
from marketplace.core.i18n import _
from marketplace.core.text import legible, storable


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
            checked = validate_email(self.data, check_deliverability=False, allow_smtputf8=False, test_environment=True)
        except EmailNotValidError:
            raise StopValidation(_("Type an e-mail address such as name@example.com.")) from None
        self.data = (checked.ascii_email or "").lower()
