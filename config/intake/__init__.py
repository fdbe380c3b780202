"""How a call takes applications and offers what comes back, as dated data."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Terms:
    """One dated edition; days are calendar days unless the name says working days."""

    valid_from: date
    waiting_room_minutes: int
    offer_working_days: int
    forecast_days: int
    forecast_least_days: int


def terms(on: date) -> Terms:
    """The newest edition in force on the day; the oldest there is before that."""
    editions = _editions()
    return next((edition for edition in reversed(editions) if edition.valid_from <= on), editions[0])


@cache
def _editions() -> tuple[Terms, ...]:
    files = Path(__file__).parent.glob("*.toml")
    found = [Terms(**tomllib.loads(file.read_text(encoding="utf-8"))) for file in files]
    return tuple(sorted(found, key=lambda edition: edition.valid_from))
