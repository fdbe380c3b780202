"""What a company gives back on success, as dated data by programme; a programme without a file takes nothing back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from config.dated import Editions, in_force


@dataclass(frozen=True)
class Terms:
    """One dated edition for one programme; days are calendar days, share and yearly interest are basis points."""

    programme: str
    valid_from: date
    share_basis_points: int
    years: int
    instalments_per_year: int
    first_due_after_months: int
    days_to_pay: int
    interest_basis_points: int
    reminder_days: list[int]

    @property
    def instalments(self) -> int:
        """How many instalments there are in all."""
        return self.years * self.instalments_per_year

    @property
    def every_months(self) -> int:
        """The months from one instalment to the next."""
        return 12 // self.instalments_per_year


EDITIONS = Editions("repayment", lambda data: Terms(**data))


def terms(programme: str, on: date) -> Terms | None:
    """The programme's newest edition in force on the day; None where nothing is given back."""
    return in_force([edition for edition in EDITIONS.all if edition.programme == programme], on)


def programmes() -> Sequence[str]:
    """The codes of the programmes that take something back."""
    return sorted({edition.programme for edition in EDITIONS.all})
