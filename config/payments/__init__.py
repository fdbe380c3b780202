"""How the agency takes and pays money, as dated data: its account, and the days that count."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Terms:
    """One dated edition; days are calendar days unless the name says working days."""

    valid_from: date
    co_payment_days: int
    co_payment_grace_days: int
    hold_working_days: int
    changed_account_days: int
    batch_every_days: int
    account_return_reasons: list[str]
    holder: str
    number: str
    bank: str


def terms(on: date) -> Terms:
    """The newest edition in force on the day; the oldest there is before that."""
    editions = _editions()
    return next((edition for edition in reversed(editions) if edition.valid_from <= on), editions[0])


@cache
def _editions() -> tuple[Terms, ...]:
    files = Path(__file__).parent.glob("*.toml")
    read = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    found = [Terms(**edition.pop("account"), **edition) for edition in read]
    return tuple(sorted(found, key=lambda edition: edition.valid_from))
