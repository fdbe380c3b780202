"""What may be typed: the form with its one-time key, and fields that take only what they can store."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    Field,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
    TextAreaField,
)
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.form import BaseForm
from wtforms.validators import InputRequired, StopValidation, ValidationError

from marketplace.core import clock, db, kept
from marketplace.core.errors import DomainError, Words
from marketplace.core.i18n import _, locale
from marketplace.core.money import exponent
from marketplace.core.presence import choose, enter, presence, tick
from marketplace.core.seen import SeenForm
from marketplace.core.text import narrow, storable, tidy, tidy_name

EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
LARGEST_NUMBER = 10**12


class Form(SeenForm, FlaskForm):
    """A form whose POST takes effect once: its hidden key is spent in the same transaction."""

    class Meta(FlaskForm.Meta):
        locales = property(lambda self: (locale(),))

        def wrap_formdata(self, form: BaseForm, formdata: Any) -> Any:
            """What was sent; on a page to which somebody comes back, what they had typed there."""
            sent = super().wrap_formdata(form, formdata)
            return kept.typed() if sent is None and formdata is not None else sent

    key = HiddenField(default=lambda: str(uuid4()))
    refusal: Words = _("There is a problem. Nothing was saved.")
    """What stands above the errors: that there is one, and what therefore was not done."""

    def refuse(self, error: DomainError) -> None:
        """Put a refusal onto its field, or above the form when it has none here."""
        field = self._fields.get(error.field or "")
        if field is not None:
            field.errors = [*field.errors, error.message]
        else:
            self.form_errors: list[Words] = [*self.form_errors, error.message]

    @contextmanager
    def errors_to_fields(self) -> Iterator[None]:
        """Run a verb; what it refuses is undone and said on the form."""
        try:
            yield
        except DomainError as error:
            if error.status in (403, 404):
                raise
            db.rollback()
            self.refuse(error)

    @property
    def has_errors(self) -> bool:
        """True once a field or the form as a whole was refused."""
        return bool(self.errors or self.form_errors)


class FilterForm(Form):
    """What narrows a list; it changes nothing, so it needs neither token nor key."""

    refusal = _("There is a problem with what was typed.")
    key = None  # type: ignore[assignment]
    seen = None  # type: ignore[assignment]

    class Meta:
        csrf = False

    def chosen(self, name: str) -> str:
        """The field's value; nothing where the form has no such field, or the address holds what it doesn't take."""
        field = self._fields.get(name)
        return "" if field is None or field.errors else field.data or ""


class ConfirmForm(Form):
    """One question, one button: nothing is typed."""


class Control:
    """How components/forms.html draws a field. It does so itself, since WTForms takes five times as long."""

    control = "input"  # or textarea, select, checkbox, file, group (of several)
    input_type = "text"
    width = "full"
    attributes: Mapping[str, str] = {}


class _Text(Control):
    """Tidies typed text and refuses what can't be stored."""

    flags: Any
    label: Any

    def process_formdata(self, valuelist: list[Any]) -> None:
        text = valuelist[0] if valuelist else ""
        self.data = tidy(text) if storable(text) else text

    def pre_validate(self, form: BaseForm) -> None:
        if self.data and not storable(self.data):
            raise StopValidation(_("This contains characters that can't be stored. Type it anew."))
        longest = getattr(self, "max_length", None)
        if not self.data and self.flags.required:
            raise StopValidation(enter(self.label.text))
        if self.data and longest and len(self.data) > longest:
            raise StopValidation(_("Use at most %(count)s characters.", count=longest))


class TextField(_Text, StringField):
    """One line of text."""

    def __init__(
        self,
        label: Words = "",
        *,
        required: bool = True,
        max_length: int = 200,
        validators: Sequence[Any] = (),
        **kwargs: Any,
    ) -> None:
        self.max_length = max_length
        super().__init__(label, [presence(required), *validators], **kwargs)

    def pre_validate(self, form: BaseForm) -> None:
        super().pre_validate(form)
        if self.data and "\n" in self.data:
            raise StopValidation(_("Use one line."))


class NameField(TextField):
    """The name of a person or an organisation."""

    def process_formdata(self, valuelist: list[Any]) -> None:
        super().process_formdata(valuelist)
        self.data = tidy_name(self.data) if self.data and storable(self.data) else self.data


class LongTextField(_Text, TextAreaField):
    """Several lines of text."""

    control = "textarea"

    def __init__(
        self,
        label: Words = "",
        *,
        required: bool = True,
        max_length: int = 5000,
        validators: Sequence[Any] = (),
        **kwargs: Any,
    ) -> None:
        self.max_length = max_length
        super().__init__(label, [presence(required), *validators], **kwargs)


class _Parsed(Control, StringField):
    """A field that keeps what was typed and turns it into a value."""

    data: Any
    typed: str = ""
    refusal: Words = ""

    def __init__(
        self, label: Words = "", *, required: bool = True, validators: Sequence[Any] = (), **kwargs: Any
    ) -> None:
        super().__init__(label, [presence(required), *validators], **kwargs)

    def process_formdata(self, valuelist: list[Any]) -> None:
        self.typed = (valuelist[0] if valuelist else "").strip()
        self.data = None
        if self.typed:
            try:
                # What reorders a number shows another one than is read.
                self.data = self.parse(narrow(self.typed) if storable(self.typed) else self.typed)
            except ValueError:
                raise ValueError(self.refusal) from None

    def parse(self, typed: str) -> Any:
        """The value, or ValueError."""
        raise NotImplementedError

    def show(self, value: Any) -> str:
        """The value as one would type it."""
        return str(value)

    def _value(self) -> str:
        if self.raw_data:
            return self.typed
        return "" if self.data is None else self.show(self.data)


class ReasonForm(Form):
    """Why something is done, in words that others read later."""

    reason = LongTextField(_("Reason"), max_length=4000)


class WholeNumberField(_Parsed):
    """A whole number in ASCII digits."""

    width = "short"
    attributes = {"inputmode": "numeric", "autocomplete": "off"}

    def __init__(
        self,
        label: Words = "",
        *,
        minimum: int = 0,
        maximum: int = LARGEST_NUMBER,
        validators: Sequence[Any] = (),
        **kwargs: Any,
    ) -> None:
        self.refusal = _("Use digits only, such as 25.")
        super().__init__(label, validators=[_between(minimum, maximum), *validators], **kwargs)

    def parse(self, typed: str) -> int:
        digits = re.sub(r"(?<=\d),(?=\d{3}(\D|$))", "", typed)
        if not re.fullmatch(r"\d{1,15}", digits, re.ASCII):
            raise ValueError
        return int(digits)


class MoneyField(_Parsed):
    """An amount of money, typed in major units and kept in minor units."""

    width = "medium"

    def __init__(
        self,
        label: Words = "",
        *,
        currency: str = "KRW",
        minimum: int = 0,
        maximum: int = LARGEST_NUMBER,
        validators: Sequence[Any] = (),
        **kwargs: Any,
    ) -> None:
        self.currency = currency
        keys = "decimal" if exponent(currency) else "numeric"
        self.attributes = {"inputmode": keys, "autocomplete": "off"}
        self.refusal = _("Type the amount in digits, such as 1,500,000.")
        super().__init__(label, validators=[_between(minimum, maximum), *validators], **kwargs)

    def parse(self, typed: str) -> int:
        digits = exponent(self.currency)
        plain = re.sub(r"(?<=\d),(?=\d{3}(\D|$))", "", typed)
        match = re.fullmatch(r"(\d{1,13})(?:\.(\d{1,4}))?", plain, re.ASCII)
        if not match or len(match[2] or "") > digits:
            raise ValueError
        return int(match[1] + (match[2] or "").ljust(digits, "0"))

    def show(self, value: int) -> str:
        digits = exponent(self.currency)
        if not digits:
            return f"{value:,}"
        return f"{value // 10**digits:,}.{value % 10**digits:0{digits}d}"


class DateField(_Parsed):
    """A day, typed as 2026-11-23."""

    width = "short"
    input_type = "date"

    def __init__(self, label: Words = "", *, earliest: date = EARLIEST, latest: date = LATEST, **kwargs: Any) -> None:
        self.earliest, self.latest = earliest, latest
        self.refusal = _("Type the date as year-month-day, such as 2026-11-23.")
        super().__init__(label, **kwargs)

    def parse(self, typed: str) -> date:
        if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", typed, re.ASCII):
            raise ValueError
        value = date.fromisoformat(typed)
        if not self.earliest <= value <= self.latest:
            raise ValueError
        return value


class DateTimeField(_Parsed):
    """A day and time in the agency's zone, typed as 2026-11-23T09:00, kept in UTC."""

    width = "medium"
    input_type = "datetime-local"

    def __init__(self, label: Words = "", **kwargs: Any) -> None:
        self.refusal = _("Type the date and time as 2026-11-23T09:00.")
        super().__init__(label, **kwargs)

    def parse(self, typed: str) -> datetime:
        match = re.fullmatch(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2})(?::00)?", typed, re.ASCII)
        if not match:
            raise ValueError
        value = datetime.fromisoformat(f"{match[1]}T{match[2]}").replace(tzinfo=clock.zone())
        if not EARLIEST <= value.date() <= LATEST:
            raise ValueError
        moment = value.astimezone(UTC)
        if moment.astimezone(clock.zone()).replace(tzinfo=None) != value.replace(tzinfo=None):
            self.refusal = _("The clocks are put forward then, and this time does not exist. Choose another time.")
            raise ValueError
        return moment

    def show(self, value: datetime) -> str:
        return value.astimezone(clock.zone()).strftime("%Y-%m-%dT%H:%M")


class _Choice(Control):
    """Takes choices as (value, words) and says in words that a value isn't on the list."""

    flags: Any
    raw_data: list[Any] | None

    def __init__(self, *args: Any, choices: Iterable[tuple[Any, Words]] = (), **kwargs: Any) -> None:
        super().__init__(*args, choices=[SelectChoice(*choice) for choice in choices], **kwargs)  # type: ignore[call-arg]

    def pre_validate(self, form: BaseForm) -> None:
        if not any(self.raw_data or ()):
            return  # what that means is said by presence()
        try:
            super().pre_validate(form)  # type: ignore[misc]
        except ValidationError:
            raise StopValidation(_("Choose one of the answers on the list.")) from None


class ChoiceField(_Choice, RadioField):
    """One of few answers, all shown."""

    control = "group"
    input_type = "radio"

    def __init__(self, label: Words = "", *, required: bool = True, **kwargs: Any) -> None:
        kwargs.setdefault("validate_choice", True)
        super().__init__(label, [presence(required, choose)], **kwargs)


class SelectOneField(_Choice, SelectField):
    """One of many answers."""

    control = "select"

    def __init__(self, label: Words = "", *, required: bool = True, **kwargs: Any) -> None:
        super().__init__(label, [presence(required, choose)], **kwargs)


class ChoicesField(_Choice, SelectMultipleField):
    """Any of several answers, as checkboxes."""

    control = "group"
    input_type = "checkbox"

    def __init__(self, label: Words = "", *, required: bool = True, **kwargs: Any) -> None:
        super().__init__(label, [presence(required, tick)], **kwargs)


class CheckField(Control, BooleanField):
    """A box that may be ticked."""

    control = "checkbox"


class AgreeField(CheckField):
    """A box that must be ticked before the form is taken; once what was shown has changed, it must be ticked anew."""

    binds = True

    def __init__(self, label: Words = "", **kwargs: Any) -> None:
        super().__init__(label, [InputRequired(_("Tick this box to go on."))], **kwargs)


def to_id(value: UUID | str) -> UUID:
    """The id that a choice stands for; ValueError for what is none."""
    return value if isinstance(value, UUID) else UUID(value)


def _between(minimum: int, maximum: int) -> Any:
    def check(form: Form, field: Field) -> None:
        if field.data is not None and not minimum <= field.data <= maximum:
            raise ValidationError(_("Use a number from %(low)s to %(high)s.", low=f"{minimum:,}", high=f"{maximum:,}"))

    return check
