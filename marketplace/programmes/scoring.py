"""How applications are scored: criteria, weights and certificates as dated data from config/scoring."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from config.dated import Editions


@dataclass(frozen=True)
class Scoring:
    """One dated edition, as a call keeps it."""

    valid_from: date
    terms: dict[str, Any]


def _edition(data: dict[str, Any]) -> Scoring:
    if sum(criterion["weight"] for criterion in data["criteria"]) != 100:
        raise ValueError(f"the weights of {data['code']} do not sum to 100")
    return Scoring(data.pop("valid_from"), data)


EDITIONS = Editions("scoring", _edition)


def on(day: date) -> dict[str, Any]:
    """The terms in force on the day, as a copy that a call may keep; weights sum to 100."""
    return dict(EDITIONS.on(day).terms)
