"""Texts in the reader's language: lazy source texts, data texts, money and dates."""

import gettext as catalogues
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar, Token
from copy import copy
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, TypeAlias

from babel import Locale
from babel.dates import format_date
from babel.numbers import NumberPattern, format_decimal
from flask_babel.speaklater import LazyString as LazyString

from config.settings import ROOT
from marketplace.core import clock, translations
from marketplace.core.money import exponent

LOCALES = ("ko", "en")

# Words that are data (programme names, sectors, questions) carry both languages themselves.
Text: TypeAlias = dict[str, str]

# Set once for each request or mail.
_reader: ContextVar[str] = ContextVar("reader")


def configure(choose: Callable[[], str]) -> None:
    """Say how the language is chosen while none is set."""
    global _choose
    _choose = choose


def _choose() -> str:
    return LOCALES[0]


def _(source: str, **values: Any) -> LazyString:
    """A source text, translated when it is shown."""
    return LazyString(gettext, source, **values)


def gettext(source: str, **values: Any) -> str:
    """The source text in the reader's language, with the values in its `%(name)s`."""
    text = catalogue(locale()).gettext(source)
    return text % values if values else text


def ngettext(singular: str, plural: str, num: int, **values: Any) -> str:
    """The same of a text that differs with a number, which it may show as `%(num)s`."""
    return catalogue(locale()).ngettext(singular, plural, num) % {"num": num, **values}


@cache
def catalogue(locale: str) -> catalogues.NullTranslations:
    """Every text of one language; the sources themselves are English."""
    translations.compile_if_stale()
    return catalogues.translation("messages", ROOT / "translations", [locale], fallback=True)


def locale() -> str:
    """The reader's language: 'ko' or 'en'."""
    return _reader.get("") or _choose()


def read_in(locale: str) -> Token[str]:
    """From now on the reader's language is this one, until `read_again` is given the token."""
    return _reader.set(locale)


def read_again(before: Token[str]) -> None:
    """The reader's language is what it was before."""
    _reader.reset(before)


@contextmanager
def force_locale(locale: str) -> Iterator[None]:
    """Inside the block the reader's language is this one."""
    before = read_in(locale)
    try:
        yield
    finally:
        read_again(before)


def in_all_languages(words: object) -> Text:
    """A source text as data, for words that are stored and shown to readers of either language later."""
    texts = {}
    for language in LOCALES:
        with force_locale(language):
            texts[language] = str(words)
    return texts


def localized(text: Mapping[str, str] | str | None) -> str:
    """The reader's side of a data text; the other side where theirs is empty."""
    if text is None:
        return ""
    if isinstance(text, str):
        return text
    return text.get(locale()) or next((side for side in text.values() if side), "")


def money(amount: int | None, currency: str = "KRW") -> str:
    """An amount in minor units as the reader writes it: '₩12,000,000'."""
    return "" if amount is None else _money(amount, currency, locale())


def unit(currency: str) -> str:
    """A currency's whole unit in words: "won"; where people know its code better, the code."""
    return gettext("won") if currency == "KRW" else currency


def number(value: int | None) -> str:
    """A whole number with the reader's separators."""
    return "" if value is None else _number(value, locale())


def day(value: date | datetime | None) -> str:
    """A date in the agency's zone, as the reader writes it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        value = value.astimezone(clock.zone()).date()
    return _day(value, locale())


def moment(value: datetime | None) -> str:
    """A date and time in the agency's zone, as the reader writes it."""
    if value is None:
        return ""
    local, reader = value.astimezone(clock.zone()), locale()
    return f"{_day(local.date(), reader)}{' ' if reader == 'ko' else ', '}{local:%H:%M}"


def until(value: datetime | None) -> str:
    """The moment at which something closes: midnight, at which a day's deadlines end, as the end of that day."""
    if value is None:
        return ""
    local = value.astimezone(clock.zone())
    if local.time() != time():
        return moment(value)
    last = _day(local.date() - timedelta(days=1), locale())
    return f"{last} 24:00" if locale() == "ko" else f"the end of {last}"


# Babel reads its pattern anew each time, so what was written once is kept: lists repeat their days and amounts.
@lru_cache(maxsize=5000)
def _money(amount: int, currency: str, locale: str) -> str:
    digits = exponent(currency)
    value = Decimal(amount).scaleb(-digits)
    text: str = _money_pattern(locale, digits).apply(value, locale, currency=currency, currency_digits=False)
    return text


@cache
def _money_pattern(locale: str, digits: int) -> NumberPattern:
    """The language's pattern for money with the digits of ISO 4217; CLDR shows fewer for some currencies."""
    pattern: NumberPattern = copy(Locale(locale).currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern


@lru_cache(maxsize=5000)
def _number(value: int, locale: str) -> str:
    return format_decimal(value, locale=locale)


@lru_cache(maxsize=5000)
def _day(value: date, locale: str) -> str:
    return format_date(value, "y년 M월 d일" if locale == "ko" else "d MMMM y", locale=locale)
