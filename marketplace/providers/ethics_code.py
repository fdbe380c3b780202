"""The versions of the code of ethics that consultants sign, as dated data."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from config.dated import Editions

Text = dict[str, str]


@dataclass(frozen=True)
class Article:
    """One numbered article."""

    number: int
    title: Text
    text: Text


@dataclass(frozen=True)
class EthicsCode:
    """One version, in force from its day until the next one's."""

    version: str
    valid_from: date
    title: Text
    preamble: Text
    articles: tuple[Article, ...]


def _code(data: dict[str, Any]) -> EthicsCode:
    return EthicsCode(articles=tuple(Article(**article) for article in data.pop("articles")), **data)


EDITIONS = Editions("ethics_code", _code)
current = EDITIONS.on


def find(version: str) -> EthicsCode | None:
    """The version of that name, or None."""
    return next((code for code in EDITIONS.all if code.version == version), None)


def season(on: date) -> int:
    """The season a day belongs to: its calendar year."""
    return on.year
