"""The eligibility engine: what a size standard says of a company, rule by rule, on plain data alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from marketplace.programmes.states import Eligibility

Facts = Mapping[str, int]

EMPLOYEES = "employees"
AVERAGE_SALES = "average-sales"  # computed from what a company states of its years, or of its months so far
YEARS = ("sales-year-1", "sales-year-2", "sales-year-3")  # the last whole business year first
SALES_SO_FAR, MONTHS_SO_FAR = "sales-so-far", "months-so-far"
STATED_SALES = (*YEARS, SALES_SO_FAR, MONTHS_SO_FAR)
FACTS = (EMPLOYEES, "capital", "sales", *STATED_SALES, "total-assets", "turnover", "balance-sheet")


@dataclass(frozen=True)
class Comparison:
    """One comparison of one fact; staff is "less than", money is "or less"."""

    fact: str
    threshold: int
    inclusive: bool
    unit: str

    def passed(self, facts: Facts) -> bool | None:
        """None when the fact is not known."""
        value = facts.get(self.fact)
        if value is None:
            return None
        return value <= self.threshold if self.inclusive else value < self.threshold


Groups = Sequence[Sequence[Comparison]]


@dataclass(frozen=True)
class Row:
    """One row of a standard: the sectors or industries it names (none: all), its tests, and those of each band."""

    names: Sequence[str]
    groups: Groups
    source: Mapping[str, str]
    bands: Mapping[str, Groups]


@dataclass(frozen=True)
class Band:
    """A size within the standard; bands are listed smallest first and are half-open."""

    code: str
    label: Mapping[str, str]


@dataclass(frozen=True)
class Standard:
    """A dated rule set that says which companies are small or medium; editions of one family follow each other."""

    code: str
    family: str
    label: Mapping[str, str]
    currency: str
    date: date
    source: Mapping[str, str]
    rows_by: str  # the fact by which a row is found: sector, industry, or none
    rows: Sequence[Row]
    bands: Sequence[Band]
    joined: Mapping[str, str]  # how its rules are joined, in words
    averages: Mapping[str, Mapping[str, str]]  # how average sales were computed, in words
    left_out: Sequence[Mapping[str, str]]  # what the law asks besides, for everybody
    unconfirmed: Sequence[Mapping[str, str]]  # what was not confirmed in the law's own text, for officers


@dataclass(frozen=True)
class Rule:
    """One test as it was applied; `passed` is None where the fact is missing. Money is in whole major units."""

    code: str
    value: int | None
    threshold: int
    unit: str
    passed: bool | None
    source: Mapping[str, str]
    date: date
    inclusive: bool
    basis: str | None = None  # how the value was computed, where it was


@dataclass(frozen=True)
class Change:
    """One thing that alone would change the answer: this fact meeting, or no longer meeting, its threshold."""

    code: str
    becomes: Eligibility | None
    meets: bool | None = None
    threshold: int | None = None
    unit: str | None = None
    inclusive: bool | None = None


@dataclass(frozen=True)
class Assessment:
    """The answer, every rule behind it, the size band where it is known, and what would change the answer."""

    standard: str
    result: Eligibility
    rules: tuple[Rule, ...]
    band: str | None
    changes: tuple[Change, ...]


def average_sales(facts: Facts) -> tuple[int, str] | None:
    """Sales of an average year and how they were computed; None where too little was stated.

    Whole business years count before months. A part of a unit counts as a whole one: no limit is met by rounding.
    """
    years = [facts[year] for year in YEARS if year in facts]
    if years:
        return _upwards(sum(years), len(years)), "three-years" if len(years) == len(YEARS) else "whole-years"
    months = facts.get(MONTHS_SO_FAR, 0)
    if SALES_SO_FAR not in facts or not 1 <= months <= 12:
        return None
    return _upwards(facts[SALES_SO_FAR] * 12, months), "twelve-months" if months == 12 else "annualised"


def _upwards(total: int, parts: int) -> int:
    return -(-total // parts)


def assess(standard: Standard, *, sector: str | None, facts: Facts) -> Assessment:
    """What the standard says; a sector or industry that no row names is undetermined, never "not eligible"."""
    row = find_row(standard, sector)
    if row is None:
        return Assessment(standard.code, Eligibility.UNDETERMINED, (), None, (Change(standard.rows_by, None),))
    average = average_sales(facts)
    if average:
        facts = {**facts, AVERAGE_SALES: average[0]}
    result = _result(_verdict(row.groups, facts))
    return Assessment(
        standard=standard.code,
        result=result,
        rules=tuple(
            _rule(test, row, standard, facts, average[1] if average and test.fact == AVERAGE_SALES else None)
            for group in row.groups
            for test in group
        ),
        band=_band(standard, row, facts) if result == Eligibility.ELIGIBLE else None,
        changes=tuple(_changes(row.groups, facts, result)),
    )


def find_row(standard: Standard, sector: str | None) -> Row | None:
    """The row that names the sector or industry; a standard by neither has one row for all."""
    if not standard.rows_by:
        return standard.rows[0]
    return next((row for row in standard.rows if sector in row.names), None)


def sectors(standard: Standard) -> list[str]:
    """The sectors or industries the standard names, in its own order of rows."""
    return [code for row in standard.rows for code in row.names]


def _any(values: Sequence[bool | None]) -> bool | None:
    """One true is enough; otherwise an unknown leaves the answer open."""
    if True in values:
        return True
    return None if None in values else False


def _all(values: Sequence[bool | None]) -> bool | None:
    """One false is enough to refuse; otherwise an unknown leaves the answer open."""
    if False in values:
        return False
    return None if None in values else True


def _verdict(groups: Groups, facts: Facts, flipped: Mapping[str, bool] | None = None) -> bool | None:
    """Every group must be met, one met test is enough for a group; `flipped` says what some facts' tests would give."""
    would = flipped or {}
    return _all([_any([would.get(test.fact, test.passed(facts)) for test in group]) for group in groups])


def _result(verdict: bool | None) -> Eligibility:
    if verdict is None:
        return Eligibility.UNDETERMINED
    return Eligibility.ELIGIBLE if verdict else Eligibility.NOT_ELIGIBLE


def _rule(test: Comparison, row: Row, standard: Standard, facts: Facts, basis: str | None) -> Rule:
    return Rule(
        code=test.fact,
        value=facts.get(test.fact),
        threshold=test.threshold,
        unit=test.unit,
        passed=test.passed(facts),
        source={language: f"{standard.source[language]}, {row.source[language]}" for language in standard.source},
        date=standard.date,
        inclusive=test.inclusive,
        basis=basis,
    )


def _band(standard: Standard, row: Row, facts: Facts) -> str | None:
    """The smallest band whose tests are met; None while a smaller one is still open or when none is met."""
    for band in standard.bands:
        verdict = _verdict(row.bands[band.code], facts)
        if verdict is not False:
            return band.code if verdict else None
    return None


def _changes(groups: Groups, facts: Facts, result: Eligibility) -> list[Change]:
    """Each single test that, coming out the other way, would change the answer."""
    changes = []
    for test in (test for group in groups for test in group):
        passed = test.passed(facts)
        for meets in (True, False) if passed is None else (not passed,):
            becomes = _result(_verdict(groups, facts, {test.fact: meets}))
            if becomes != result:
                changes.append(Change(test.fact, becomes, meets, test.threshold, test.unit, test.inclusive))
    return changes
