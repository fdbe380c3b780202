"""How a job is put out to bid, as dated data: the days to bid, and the usual weights of the criteria."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from config.dated import Editions


@dataclass(frozen=True)
class Terms:
    """One dated edition; days are calendar days."""

    valid_from: date
    shortest_bidding_days: int
    usual_bidding_days: int
    usual_weights: Mapping[str, int]


EDITIONS = Editions("jobs", lambda data: Terms(**data))
terms = EDITIONS.on
