"""The arithmetic of debts: due dates, equal instalments, simple interest, and what a sum of money covers."""

from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta

from marketplace.core.money import split

DAYS_OF_YEAR = 365
WHOLE = 10_000  # basis points: 100 %


@dataclass(frozen=True)
class Parts:
    """An amount in minor units by what it is for."""

    principal: int = 0
    surcharge: int = 0
    interest: int = 0

    @property
    def total(self) -> int:
        """All of it."""
        return self.principal + self.surcharge + self.interest

    def __add__(self, other: "Parts") -> "Parts":
        return Parts(self.principal + other.principal, self.surcharge + other.surcharge, self.interest + other.interest)

    def __sub__(self, other: "Parts") -> "Parts":
        return Parts(self.principal - other.principal, self.surcharge - other.surcharge, self.interest - other.interest)


def due_dates(first: date, count: int, every_months: int) -> list[date]:
    """`count` days, the first one and then one every so many months, counted from the first."""
    return [first + relativedelta(months=number * every_months) for number in range(count)]


def shares(owed: Parts, count: int) -> list[Parts]:
    """`owed` in equal instalments by largest remainder, so that they sum to it; interest due comes with the first."""
    equal = [1] * count
    split_parts = zip(split(owed.principal, equal), split(owed.surcharge, equal), strict=True)
    parts = [Parts(principal, surcharge) for principal, surcharge in split_parts]
    return [parts[0] + Parts(interest=owed.interest), *parts[1:]]


def interest(capital: int, basis_points: int, days: int) -> int:
    """Simple interest on minor units over so many days of a year of 365, rounded down to whole units."""
    return capital * basis_points * max(0, days) // (WHOLE * DAYS_OF_YEAR)


def cover(amount: int, owed: Parts, most_principal: int) -> Parts:
    """What `amount` pays of a debt: principal, of which at most so much can be taken; then surcharge, then interest."""
    principal = min(amount, owed.principal, most_principal)
    surcharge = min(amount - principal, owed.surcharge)
    return Parts(principal, surcharge, min(amount - principal - surcharge, owed.interest))
