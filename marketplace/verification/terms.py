"""How companies are verified, as dated data from config/verification."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from config.dated import Editions
from marketplace.core import clock


@dataclass(frozen=True)
class Terms:
    """One dated edition."""

    code: str
    valid_from: date
    look_working_days: int
    reply_working_days: int
    open_disputes: int


def _edition(data: dict[str, Any]) -> Terms:
    return Terms(**data)


EDITIONS = Editions("verification", _edition)


def terms() -> Terms:
    """What is in force today."""
    return EDITIONS.on(clock.today())


def look_by() -> date:
    """The day by which an officer looks at what comes today."""
    return _in_working_days(terms().look_working_days)


def reply_by() -> date:
    """The day until which those who sign for a company may reply."""
    return _in_working_days(terms().reply_working_days)


def _in_working_days(days: int) -> date:
    return clock.add_working_days(clock.now(), days).astimezone(clock.zone()).date()
