"""Why aid is recovered, as dated data: the grounds with their surcharges, and the days that count."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from config.dated import Editions


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


def _edition(data: dict[str, Any]) -> Terms:
    grounds = {code: Ground(**facts) for code, facts in data.pop("grounds").items()}
    return Terms(**data, grounds=grounds)


EDITIONS = Editions("recovery", _edition)
terms = EDITIONS.on


def ground_name(code: str) -> Mapping[str, str]:
    """The ground in words, of the newest edition that knows it."""
    return next(edition.grounds[code].name for edition in reversed(EDITIONS.all) if code in edition.grounds)
