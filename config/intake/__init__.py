"""How a call takes applications and offers what comes back, as dated data."""

from dataclasses import dataclass
from datetime import date

from config.dated import Editions


@dataclass(frozen=True)
class Terms:
    """One dated edition; days are calendar days unless the name says working days."""

    valid_from: date
    waiting_room_minutes: int
    offer_working_days: int
    forecast_days: int
    forecast_least_days: int


EDITIONS = Editions("intake", lambda data: Terms(**data))
terms = EDITIONS.on
