"""How claims are handled, as dated data: days of each step, second approval, risk and the random sample."""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Risk:
    """What a claim's facts weigh, up to which sum it is of low risk, and how many of 10,000 are drawn for people."""

    low_points: int
    sample_share: int
    changed_account_days: int
    look_back_days: int
    usual_gross_percent: int
    large_from: Mapping[str, int]
    points: Mapping[str, int]


@dataclass(frozen=True)
class Handling:
    """One dated edition; days are working days, amounts minor units."""

    valid_from: date
    check_days: int
    approve_days: int
    pay_days: int
    escalate_days: int
    straight_through_days: int
    ageing_days: Sequence[int]
    second_approval_from: Mapping[str, int]
    risk: Risk


def handling(on: date) -> Handling:
    """The newest edition in force on the day; the oldest there is before that."""
    editions = _editions()
    return next((edition for edition in reversed(editions) if edition.valid_from <= on), editions[0])


@cache
def _editions() -> tuple[Handling, ...]:
    files = Path(__file__).parent.glob("*.toml")
    read = [tomllib.loads(file.read_text(encoding="utf-8")) for file in files]
    found = [Handling(risk=Risk(**edition.pop("risk")), **edition) for edition in read]
    return tuple(sorted(found, key=lambda edition: edition.valid_from))
