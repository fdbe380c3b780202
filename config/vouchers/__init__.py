"""How the holders of vouchers are treated, as dated data: when they are reminded to use them."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Terms:
    """One dated edition; a reminder is due when so many per cent of the validity have passed."""

    valid_from: date
    reminder_percents: tuple[int, ...]


def terms(on: date) -> Terms:
    """The newest edition in force on the day; the oldest there is before that."""
    editions = _editions()
    return next((edition for edition in reversed(editions) if edition.valid_from <= on), editions[0])


@cache
def _editions() -> tuple[Terms, ...]:
    files = Path(__file__).parent.glob("*.toml")
    read = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    found = [Terms(edition["valid_from"], tuple(sorted(edition["reminder_percents"]))) for edition in read]
    return tuple(sorted(found, key=lambda edition: edition.valid_from))
