"""The caps on aid: since when a promise counts, and when one more would break a cap; on plain data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from dateutil.relativedelta import relativedelta


@dataclass(frozen=True)
class Promised:
    """Aid promised within the window, in minor units: by company, and by undertaking (companies that count as one)."""

    by_company: Counter[UUID]
    by_undertaking: Counter[UUID]

    def add(self, company: UUID, undertaking: UUID, amount: int) -> None:
        """Count one more promise."""
        self.by_company[company] += amount
        self.by_undertaking[undertaking] += amount


def window_start(moment: datetime, months: int) -> datetime:
    """The same day and time some months earlier, or the last day of a shorter month.

    A promise counts from the moment the voucher is given, as for de minimis aid (Regulation (EU) 2023/2831, article 3).
    """
    return moment - relativedelta(months=months)


def breaks(cap: int | None, *, promised: int, amount: int) -> bool:
    """Whether `amount` on top of what is promised exceeds the cap, in minor units; without a cap nothing does."""
    return cap is not None and promised + amount > cap
