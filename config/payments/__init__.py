"""How the agency takes and pays money, as dated data: and the days that count."""

from dataclasses import dataclass
from datetime import date

from config.dated import Editions


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
    largest_charge_percent: int
    statement_after_working_days: int
    reports: list[str]


EDITIONS = Editions("payments", lambda data: Terms(**data))
terms = EDITIONS.on
