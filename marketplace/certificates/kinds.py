"""The kinds of certificates and how they are checked, as dated data from config/certificates."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from dateutil.relativedelta import relativedelta

from config.dated import Editions
from marketplace.core import clock
from marketplace.core.i18n import Text
from marketplace.core.text import legible


@dataclass(frozen=True)
class Kind:
    """One kind of certificate; `number_form` is what its numbers look like."""

    code: str
    label: Text
    issuer: Text
    law: Text
    validity_months: int
    number_form: str
    grades: tuple[str, ...]

    def number(self, typed: str) -> str | None:
        """A number as it is kept, without what Korean writes around it (제…호); None for what can't be one."""
        plain = re.sub(r"^제|호$", "", legible(typed).replace(" ", "")).upper()
        return plain if re.fullmatch(self.number_form, plain) else None

    def usual_end(self, valid_from: date) -> date:
        """The last day on which a certificate of that day is usually valid; the later one about a 29 February."""
        term = relativedelta(months=self.validity_months)
        return max(valid_from + term - timedelta(days=1), valid_from - timedelta(days=1) + term)


@dataclass(frozen=True)
class Terms:
    """One dated edition."""

    code: str
    valid_from: date
    look_working_days: int
    answer_days: int
    reminder_days: tuple[int, ...]
    kinds: Mapping[str, Kind]
    headings: Mapping[str, list[str]]


def _edition(data: dict[str, Any]) -> Terms:
    kinds = [Kind(**{**kind, "grades": tuple(kind["grades"])}) for kind in data.pop("kinds")]
    reminders = tuple(sorted(data.pop("reminder_days"), reverse=True))
    return Terms(kinds={kind.code: kind for kind in kinds}, reminder_days=reminders, **data)


EDITIONS = Editions("certificates", _edition)


def terms() -> Terms:
    """What is in force today."""
    return EDITIONS.on(clock.today())


def known(code: str) -> Kind:
    """A kind by its code, as the newest edition that has it describes it; LookupError for what is none."""
    described = [edition.kinds[code] for edition in EDITIONS.all if code in edition.kinds]
    if not described:
        raise LookupError(code)
    return described[-1]


def label(code: str) -> Text:
    """The name of a kind in both languages."""
    return known(code).label
