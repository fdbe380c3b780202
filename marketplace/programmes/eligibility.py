"""The eligibility engine: what a size standard says of a company, rule by rule, on plain data alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from marketplace.programmes.states import Eligibility

Facts = Mapping[str, int]

EMPLOYEES = "employees"
FACTS = (EMPLOYEES, "capital", "sales", "turnover", "balance-sheet")


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
    """One row of a standard: the sectors it names (none: all) and its groups of tests."""

    sectors: Sequence[str]
    groups: Groups
    source: str


@dataclass(frozen=True)
class Band:
    """A size within the standard; bands are listed smallest first and are half-open."""

    code: str
    label: Mapping[str, str]
    groups: Groups


@dataclass(frozen=True)
class Standard:
    """A dated rule set that says which companies are small or medium."""

    code: str
    label: Mapping[str, str]
    currency: str
    date: date
    source: str
    by_sector: bool
    rows: Sequence[Row]
    bands: Sequence[Band]


@dataclass(frozen=True)
class Rule:
    """One test as it was applied; `passed` is None where the fact is missing. Money is in whole major units."""

    code: str
    value: int | None
    threshold: int
    unit: str
    passed: bool | None
    source: str
    date: date
    inclusive: bool


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


def assess(standard: Standard, *, sector: str | None, facts: Facts) -> Assessment:
    """What the standard says; a sector that no row names is undetermined, never "not eligible"."""
    row = find_row(standard, sector)
    if row is None:
        return Assessment(standard.code, Eligibility.UNDETERMINED, (), None, (Change("sector", None),))
    result = _result(_verdict(row.groups, facts))
    return Assessment(
        standard=standard.code,
        result=result,
        rules=tuple(_rule(test, row, standard, facts) for group in row.groups for test in group),
        band=_band(standard, facts) if result == Eligibility.ELIGIBLE else None,
        changes=tuple(_changes(row.groups, facts, result)),
    )


def find_row(standard: Standard, sector: str | None) -> Row | None:
    """The row that names the sector; a standard that is not by sector has one row for all."""
    if not standard.by_sector:
        return standard.rows[0]
    return next((row for row in standard.rows if sector in row.sectors), None)


def sectors(standard: Standard) -> list[str]:
    """The sectors the standard names, in its own order of rows."""
    return [code for row in standard.rows for code in row.sectors]


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


def _rule(test: Comparison, row: Row, standard: Standard, facts: Facts) -> Rule:
    return Rule(
        code=test.fact,
        value=facts.get(test.fact),
        threshold=test.threshold,
        unit=test.unit,
        passed=test.passed(facts),
        source=f"{standard.source}, {row.source}",
        date=standard.date,
        inclusive=test.inclusive,
    )


def _band(standard: Standard, facts: Facts) -> str | None:
    """The smallest band whose tests are met; None while a smaller one is still open or when none is met."""
    for band in standard.bands:
        verdict = _verdict(band.groups, facts)
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
