"""Calendar arithmetic that the rules need."""

from calendar import monthrange
from datetime import date


def months_before(day: date, months: int) -> date:
    """Return the same day so many months earlier, or that month's last day when it is shorter."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
