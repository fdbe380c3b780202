"""Why aid is recovered, as dated data: the grounds with their surcharges, and the days that count."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Ground:
    """One ground: its surcharge in per cent of the principal, and whether the debtor's name is published."""

    surcharge_percent: int
    listed: bool
    name: Mapping[str, str]


@dataclass(frozen=True)
class Terms:
    """One dated edition; days are calendar days, interest is in basis points a year."""

    valid_from: date
    days_to_pay: int
    interest_basis_points: int
    reminder_days: list[int]
    most_instalments: int
    listed_after_days: int
    listed_days: int
    grounds: Mapping[str, Ground]


def terms(on: date) -> Terms:
    """The newest edition in force on the day; the oldest there is before that."""
    editions = _editions()
    return next((edition for edition in reversed(editions) if edition.valid_from <= on), editions[0])


def ground_name(code: str) -> Mapping[str, str]:
    """The ground in words, of the newest edition that knows it."""
    return next(edition.grounds[code].name for edition in reversed(_editions()) if code in edition.grounds)


@cache
def _editions() -> tuple[Terms, ...]:
    files = Path(__file__).parent.glob("*.toml")
    found = [_edition(tomllib.loads(file.read_text(encoding="utf-8"))) for file in files]
    return tuple(sorted(found, key=lambda edition: edition.valid_from))


def _edition(read: dict[str, Any]) -> Terms:
    grounds = {code: Ground(**facts) for code, facts in read.pop("grounds").items()}
    return Terms(**read, grounds=grounds)
