"""How long a firm without work stays in lists, as dated data."""

from dataclasses import dataclass
from datetime import date, timedelta

from config.dated import Editions


@dataclass(frozen=True)
class Terms:
    """One dated edition."""

    valid_from: date
    dormant_years: int

    @property
    def dormant_after(self) -> timedelta:
        """The time without work after which a firm is dormant; a year counts 365 days."""
        return timedelta(days=365 * self.dormant_years)


EDITIONS = Editions("providers", lambda data: Terms(**data))
terms = EDITIONS.on
