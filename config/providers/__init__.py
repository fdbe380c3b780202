"""How long a firm without work stays in lists, as dated data."""

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Terms:
    """One dated edition."""

    valid_from: date
    dormant_years: int

    @property
    def dormant_after(self) -> timedelta:
        """The time without work after which a firm is dormant; a year counts 365 days."""
        return timedelta(days=365 * self.dormant_years)


def terms(on: date) -> Terms:
    """The newest edition in force on the day; the oldest there is before that."""
    editions = _editions()
    return next((edition for edition in reversed(editions) if edition.valid_from <= on), editions[0])


@cache
def _editions() -> tuple[Terms, ...]:
    files = Path(__file__).parent.glob("*.toml")
    found = [Terms(**tomllib.loads(file.read_text(encoding="utf-8"))) for file in files]
    return tuple(sorted(found, key=lambda edition: edition.valid_from))
