"""The Korean size standards by average sales: annexes, how the average is computed, bands, which edition holds."""

from __future__ import annotations

from datetime import date

import pytest

from config import lists
from marketplace.programmes import rules, standards
from marketplace.programmes.eligibility import Row, assess, average_sales, sectors

NOW = standards.standards()["kr-2025"]
HUNDRED_MILLION = 100_000_000
SEATS = {"C30393", "C31202", "C31322"}

# Annex 1 written out again in hundred millions of won, so that a slip in the data files is found: industries by limit.
ANNEX_1 = {
    "kr-2015": {
        1500: "C14 C15 C17 C24 C28 C32",
        1000: "A B C10 C12 C13 C16 C19 C20 C22 C25 C26 C29 C30 C31 D E36 F G",
        800: "C11 C18 C21 C23 C27 C33 E H J",
        600: "C34 M N Q R S",
        400: "I K L N76 P",
    },
    "kr-2025": {
        1800: "C17 C24 C28",
        1500: "C14 C15 C32",
        1200: "C10 C20 C22 C25 C29 C30 C31 F G",
        1000: "A B C12 C13 C16 C19 C26 C33 D E36 H J",
        800: "C11 C18 C21 C23 C27 E N",
        600: "C34 M Q R S",
        400: "I K L N76 P",
    },
}


@pytest.mark.parametrize("code", ANNEX_1)
def test_limits_are_those_of_the_annex(code: str) -> None:
    standard = standards.standards()[code]
    written = {industry: limit for limit, listed in ANNEX_1[code].items() for industry in listed.split()}
    assert len(written) == 44
    assert set(sectors(standard)) == set(written) | SEATS == set(lists.industries()) - {"none"}
    for industry, limit in written.items():
        most = limit * HUNDRED_MILLION
        known = {"employees": 10_000, "total-assets": 499_999_999_999, "sales-so-far": most, "months-so-far": 12}
        assert assess(standard, sector=industry, facts=known).result == "eligible"
        assert assess(standard, sector=industry, facts=known | {"sales-so-far": most + 1}).result == "not_eligible"
        rich = known | {"total-assets": 500_000_000_000}
        assert assess(standard, sector=industry, facts=rich).result == "not_eligible"


@pytest.mark.parametrize(("band", "raised", "steps"), [(None, 16, 7), ("small", 12, 9)])
def test_2025_raised_what_the_ministry_announced(band: str | None, raised: int, steps: int) -> None:
    def limits(code: str) -> dict[str, int]:
        return {row.names[0]: limit(row) for row in standards.standards()[code].rows if row.names[0] not in SEATS}

    def limit(row: Row) -> int:
        return (row.bands[band] if band else row.groups)[0][0].threshold

    old, new = limits("kr-2015"), limits("kr-2025")
    assert sum(new[code] > old[code] for code in old) == raised
    assert all(new[code] >= old[code] for code in old)
    assert len(set(new.values())) == steps


@pytest.mark.parametrize(
    ("stated", "average", "basis"),
    [
        ({"sales-year-1": 30, "sales-year-2": 20, "sales-year-3": 11}, 21, "three-years"),  # 20 1/3 counts as 21
        ({"sales-year-1": 30, "sales-year-2": 20}, 25, "whole-years"),
        ({"sales-year-1": 0}, 0, "whole-years"),
        ({"sales-year-1": 30, "sales-so-far": 1, "months-so-far": 1}, 30, "whole-years"),
        ({"sales-so-far": 100, "months-so-far": 12}, 100, "twelve-months"),
        ({"sales-so-far": 100, "months-so-far": 5}, 240, "annualised"),
    ],
)
def test_average_sales_are_computed_as_article_7_says(stated: dict[str, int], average: int, basis: str) -> None:
    assert average_sales(stated) == (average, basis)
    rule = assess(NOW, sector="C25", facts=stated | {"employees": 5, "total-assets": 1}).rules[0]
    assert (rule.code, rule.value, rule.basis) == ("average-sales", average, basis)
    assert basis in NOW.averages


@pytest.mark.parametrize(
    "stated", [{}, {"sales-so-far": 5}, {"months-so-far": 5}, {"sales-so-far": 5, "months-so-far": 13}]
)
def test_without_sales_a_person_decides_unless_the_assets_already_do(stated: dict[str, int]) -> None:
    assert assess(NOW, sector="C25", facts=stated | {"total-assets": 1}).result == "undetermined"
    assert assess(NOW, sector="C25", facts=stated | {"total-assets": 500_000_000_000}).result == "not_eligible"


@pytest.mark.parametrize(
    ("industry", "employees", "sales", "band"),
    [
        ("C25", 9, 120, "micro"),
        ("C25", 10, 120, "small"),
        ("C25", 9, 121, "medium"),
        ("G", 4, 60, "micro"),
        ("G", 5, 60, "small"),
        ("G", 4, 61, "medium"),
        ("C24", 300, 1800, "medium"),
        ("C24", 300, 1801, None),
        ("G", None, 60, None),  # micro is still open
    ],
)
def test_bands_of_2025(industry: str, employees: int | None, sales: int, band: str | None) -> None:
    facts = {"sales-year-1": sales * HUNDRED_MILLION, "total-assets": 1}
    facts |= {"employees": employees} if employees is not None else {}
    assert assess(NOW, sector=industry, facts=facts).band == band


def test_the_edition_in_force_is_chosen_by_the_day_unless_one_is_named() -> None:
    days = {date(2014, 12, 31): "kr-2015", date(2025, 8, 31): "kr-2015", date(2025, 9, 1): "kr-2025"}
    assert {day: standards.standard_on("kr", day).code for day in days} == days
    assert standards.standard_on("kr-2002", date(2025, 9, 1)).code == "kr-2002"
    assert standards.standard_on("eu-2003-361", date(1999, 1, 1)).code == "eu-2003-361"
    assert list(standards.choices()) == ["kr", "eu-2003-361", "kr-2002", "kr-2015", "kr-2025"]


def test_a_sector_in_one_industry_alone_stands_for_it() -> None:
    facts = {"sector": "construction", "employees": 5, "sales_year_1": 1, "total_assets": 1}
    assert rules.assess(NOW, facts).result == "eligible"
    assert rules.assess(NOW, facts | {"sector": "manufacturing"}).result == "undetermined"
    assert rules.assess(NOW, facts | {"sector": "manufacturing", "industry": "C25"}).result == "eligible"
    assert set(lists.sole_industries().values()) < set(lists.industries())


def test_what_could_not_be_confirmed_is_said_in_both_languages() -> None:
    for code in ANNEX_1:
        standard = standards.standards()[code]
        assert standard.unconfirmed
        assert all(set(sentence) == {"ko", "en"} for sentence in (*standard.unconfirmed, *standard.left_out))
