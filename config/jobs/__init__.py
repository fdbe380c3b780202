"""How a job is put out to bid, as dated data: the days to bid, and the usual weights of the criteria."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Terms:
    """One dated edition; days are calendar days."""

    valid_from: date
    shortest_bidding_days: int
    usual_bidding_days: int
    usual_weights: Mapping[str, int]


def terms(on: date) -> Terms:
    """The newest edition in force on the day; the oldest there is before that."""
    editions = _editions()
    return next((edition for edition in reversed(editions) if edition.valid_from <= on), editions[0])


@cache
def _editions() -> tuple[Terms, ...]:
    files = Path(__file__).parent.glob("*.toml")
    found = [Terms(**tomllib.loads(file.read_text(encoding="utf-8"))) for file in files]
    return tuple(sorted(found, key=lambda edition: edition.valid_from))
