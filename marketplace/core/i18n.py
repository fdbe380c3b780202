"""Texts in the reader's language: lazy source texts, data texts, money and dates."""

from collections.abc import Mapping
from copy import copy
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any, TypeAlias

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import NumberPattern, format_decimal
from flask_babel import force_locale, get_locale, lazy_gettext, ngettext
from flask_babel.speaklater import LazyString

from marketplace.core import clock
from marketplace.core.money import exponent

__all__ = ["LOCALES", "LazyString", "Text", "_", "force_locale", "locale", "localized", "ngettext"]

LOCALES = ("ko", "en")

# Words that are data (programme names, sectors, questions) carry both languages themselves.
Text: TypeAlias = dict[str, str]


def _(source: str, **values: Any) -> LazyString:
    """A source text, translated when it is shown."""
    return lazy_gettext(source, **values)


def locale() -> str:
    """The reader's language: 'ko' or 'en'; Korean where nobody reads (command line, tests)."""
    found = get_locale()
    return found.language if found is not None and found.language in LOCALES else LOCALES[0]


def localized(text: Mapping[str, str] | str | None) -> str:
    """The reader's side of a data text; the other side where theirs is empty."""
    if text is None:
        return ""
    if isinstance(text, str):
        return text
    return text.get(locale()) or next((side for side in text.values() if side), "")


def money(amount: int | None, currency: str = "KRW") -> str:
    """An amount in minor units as the reader writes it: '₩12,000,000'."""
    if amount is None:
        return ""
    language, digits = locale(), exponent(currency)
    value = Decimal(amount).scaleb(-digits)
    text: str = _money_pattern(language, digits).apply(value, language, currency=currency, currency_digits=False)
    return text


@cache
def _money_pattern(language: str, digits: int) -> NumberPattern:
    """The language's pattern for money with the digits of ISO 4217; CLDR shows fewer for some currencies."""
    pattern: NumberPattern = copy(Locale(language).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern


def number(value: int | None) -> str:
    """A whole number with the reader's separators."""
    return "" if value is None else format_decimal(value, locale=locale())


def day(value: date | datetime | None) -> str:
    """A date in the agency's zone, as the reader writes it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(clock.zone()).date()
    return format_date(value, "y년 M월 d일" if locale() == "ko" else "d MMMM y", locale=locale())


def moment(value: datetime | None) -> str:
    """A date and time in the agency's zone, as the reader writes it."""
    if value is None:
        return ""
    local = value.astimezone(clock.zone())
    pattern = "y년 M월 d일 HH:mm" if locale() == "ko" else "d MMMM y, HH:mm"
    return format_datetime(local, pattern, locale=locale())
