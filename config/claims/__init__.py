"""How claims are handled, as dated data: days of each step, second approval, risk and the random sample."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from config.dated import Editions


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


def _edition(data: dict[str, Any]) -> Handling:
    return Handling(risk=Risk(**data.pop("risk")), **data)


EDITIONS = Editions("claims", _edition)
handling = EDITIONS.on
