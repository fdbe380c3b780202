"""When the holder of a voucher is reminded: at shares of its validity, on plain data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime


def moments(issued_at: datetime, expires_at: datetime, percents: Sequence[int]) -> dict[int, datetime]:
    """When each reminder is due, by its per cent of the validity."""
    return {percent: issued_at + (expires_at - issued_at) * percent / 100 for percent in percents}


def reached(issued_at: datetime, expires_at: datetime, percents: Sequence[int], now: datetime) -> int:
    """The highest of these per cents of the validity that has passed; 0 before the first."""
    due = moments(issued_at, expires_at, percents)
    return max((percent for percent, moment in due.items() if moment <= now), default=0)
