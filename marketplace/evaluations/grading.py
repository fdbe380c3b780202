"""The grade of a provider, 0 to 100: its parts, their weights, and how a small sample is shrunk toward the mean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol


@dataclass(frozen=True)
class GradeRules:
    """Shares of the parts in percent, the shrinking constant, and what a confirmed violation costs."""

    evaluators: int
    satisfaction: int
    plan: int
    outcome: int
    constant: int
    mean: int
    provisional_below: int
    violation: int


class Weighted(Protocol):
    """A criterion as far as the score needs it."""

    @property
    def code(self) -> str: ...
    @property
    def weight(self) -> int: ...


@dataclass(frozen=True)
class Parts:
    """The parts of one grade, each 0 to 100 or None when it is not known."""

    evaluators: int | None
    satisfaction: int | None
    plan: int | None
    outcome: int | None


def rubric_score(criteria: Sequence[Weighted], levels: Mapping[str, int], *, top: int) -> int:
    """Return 0 to 100: the weighted mean of level / top; every criterion must have a level."""
    total = sum((Fraction(criterion.weight * levels[criterion.code], top) for criterion in criteria), Fraction(0))
    return rounded(total * 100 / sum(criterion.weight for criterion in criteria))


def shrunk(values: Sequence[int], *, mean: int, constant: int) -> int:
    """Return (constant x mean + sum) / (constant + n): few values stay near the programme's mean."""
    return rounded(Fraction(constant * mean + sum(values), constant + len(values)))


def combine(parts: Parts, rules: GradeRules, *, violations: int = 0) -> int | None:
    """Return the grade 0 to 100; an absent part is left out, the rest re-normalised; a violation costs points."""
    weighted = [
        (value, weight)
        for value, weight in (
            (parts.evaluators, rules.evaluators),
            (parts.satisfaction, rules.satisfaction),
            (parts.plan, rules.plan),
            (parts.outcome, rules.outcome),
        )
        if value is not None
    ]
    if not weighted:
        return None
    grade = Fraction(sum(value * weight for value, weight in weighted), sum(weight for _, weight in weighted))
    return max(0, rounded(grade) - violations * rules.violation)


def plan_kept(*, sessions_agreed: int, sessions_confirmed: int, days_agreed: int, days_used: int) -> int | None:
    """Return 0 to 100: half for sessions confirmed of those agreed, half for days kept; None if nothing was agreed."""
    shares = []
    if sessions_agreed > 0:
        shares.append(min(Fraction(1), Fraction(sessions_confirmed, sessions_agreed)))
    if days_agreed > 0:
        shares.append(min(Fraction(1), Fraction(days_agreed, max(days_used, 1))))
    return rounded(100 * sum(shares, Fraction(0)) / len(shares)) if shares else None


def is_provisional(count: int, rules: GradeRules) -> bool:
    """Tell whether a published grade rests on too few engagements to be called settled."""
    return count < rules.provisional_below


def rounded(value: Fraction) -> int:
    """Return the nearest whole number, halves up."""
    return int((2 * value.numerator + value.denominator) // (2 * value.denominator))
