"""The versions of the code of ethics that consultants sign, as dated data."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "config" / "ethics_code"

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


@cache
def versions() -> tuple[EthicsCode, ...]:
    """Every version, the oldest first."""
    found = []
    for path in FOLDER.glob("*.toml"):
        data = tomllib.loads(path.read_text("utf-8"))
        articles = tuple(Article(**article) for article in data.pop("articles"))
        found.append(EthicsCode(articles=articles, **data))
    return tuple(sorted(found, key=lambda code: code.valid_from))


def current(on: date) -> EthicsCode:
    """The version in force on that day (the first one before any was)."""
    in_force = [code for code in versions() if code.valid_from <= on]
    return in_force[-1] if in_force else versions()[0]


def find(version: str) -> EthicsCode | None:
    """The version of that name, or None."""
    return next((code for code in versions() if code.version == version), None)


def season(on: date) -> int:
    """The season a day belongs to: its calendar year."""
    return on.year
