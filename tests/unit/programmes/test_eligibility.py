"""The eligibility engine at every boundary of both standards."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config import lists
from marketplace.programmes import standards
from marketplace.programmes.eligibility import Assessment, assess, sectors

KR = standards.standards()["kr-2002"]
EU = standards.standards()["eu-2003-361"]

# Written out again from Table 1, so that a slip in the data file is found.
TABLE_1 = {
    **dict.fromkeys(["manufacturing"], (300, "capital", 8_000_000_000)),
    **dict.fromkeys(["mining", "construction", "transportation"], (300, "capital", 3_000_000_000)),
    **dict.fromkeys(["retail-large", "hotel", "computer-related"], (300, "sales", 30_000_000_000)),
    **dict.fromkeys(
        ["seeds", "fishing", "utilities", "tour", "warehouse", "telecommunication", "engineering", "medical", "film"],
        (200, "sales", 20_000_000_000),
    ),
    **dict.fromkeys(
        ["wholesale", "product-intermediation", "science-service", "sewage"], (100, "sales", 10_000_000_000)
    ),
}

people = st.integers(min_value=0, max_value=100_000)
money = st.integers(min_value=0, max_value=10**13)


def korean(sector: str | None, **facts: int) -> Assessment:
    return assess(KR, sector=sector, facts=facts)


def test_the_korean_standard_names_exactly_the_sectors_of_the_table() -> None:
    assert sectors(KR) == list(TABLE_1)


@pytest.mark.parametrize("sector", TABLE_1)
def test_each_korean_row_at_its_boundaries(sector: str) -> None:
    staff, fact, amount = TABLE_1[sector]
    over = {"employees": staff, fact: amount + 1}
    assert assess(KR, sector=sector, facts=over).result == "not_eligible"
    assert assess(KR, sector=sector, facts=over | {"employees": staff - 1}).result == "eligible"
    assert assess(KR, sector=sector, facts=over | {fact: amount}).result == "eligible"


@given(sector=st.sampled_from(list(TABLE_1)), employees=people, amount=money)
def test_either_korean_test_is_enough(sector: str, employees: int, amount: int) -> None:
    staff, fact, most = TABLE_1[sector]
    assessment = assess(KR, sector=sector, facts={"employees": employees, fact: amount})
    assert (assessment.result == "eligible") == (employees < staff or amount <= most)


@given(sector=st.sampled_from(list(TABLE_1)), employees=people)
def test_a_missing_korean_amount_is_unknown_and_never_a_refusal(sector: str, employees: int) -> None:
    staff = TABLE_1[sector][0]
    expected = "eligible" if employees < staff else "undetermined"
    assert assess(KR, sector=sector, facts={"employees": employees}).result == expected


@given(sector=st.text(max_size=20).filter(lambda code: code not in TABLE_1) | st.none(), employees=people, amount=money)
def test_a_sector_that_no_row_names_is_undetermined(sector: str | None, employees: int, amount: int) -> None:
    assessment = assess(KR, sector=sector, facts={"employees": employees, "capital": amount, "sales": amount})
    assert (assessment.result, assessment.rules) == ("undetermined", ())
    assert [change.code for change in assessment.changes] == ["sector"]


def test_the_fact_of_another_row_does_not_count() -> None:
    assert korean("manufacturing", employees=300, sales=1).result == "undetermined"


def european(employees: int | None = None, turnover: int | None = None, balance: int | None = None) -> Assessment:
    facts = {"employees": employees, "turnover": turnover, "balance-sheet": balance}
    return assess(EU, sector="whatever", facts={fact: value for fact, value in facts.items() if value is not None})


@given(employees=people, turnover=money, balance=money)
def test_the_european_standard_joins_staff_and_money_by_and(employees: int, turnover: int, balance: int) -> None:
    expected = employees < 250 and (turnover <= 50_000_000 or balance <= 43_000_000)
    assert (european(employees, turnover, balance).result == "eligible") == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ((249, 50_000_000, 43_000_001), "eligible"),
        ((249, 50_000_001, 43_000_000), "eligible"),
        ((249, 50_000_001, 43_000_001), "not_eligible"),
        ((250, 0, 0), "not_eligible"),
        ((250, None, None), "not_eligible"),
        ((249, None, None), "undetermined"),
        ((249, 50_000_001, None), "undetermined"),
        ((249, 50_000_001, 1), "eligible"),
        ((None, 1, 1), "undetermined"),
        ((None, 50_000_001, 43_000_001), "not_eligible"),
    ],
)
def test_the_european_boundaries(facts: tuple[int | None, int | None, int | None], expected: str) -> None:
    assert european(*facts).result == expected


@pytest.mark.parametrize(
    ("employees", "band"), [(9, "micro"), (10, "small"), (49, "small"), (50, "medium"), (299, "medium"), (300, None)]
)
def test_korean_bands_are_half_open(employees: int, band: str | None) -> None:
    assert korean("manufacturing", employees=employees, capital=1).band == band


@pytest.mark.parametrize(
    ("facts", "band"),
    [
        ((9, 2_000_000, None), "micro"),
        ((9, 2_000_001, None), None),
        ((9, 2_000_001, 2_000_001), "small"),
        ((10, 2_000_000, None), "small"),
        ((50, 1, 1), "medium"),
        ((9, 10_000_001, 10_000_001), "medium"),
    ],
)
def test_european_bands_need_the_money_too(facts: tuple[int, int, int | None], band: str | None) -> None:
    assert european(*facts).band == band


def test_each_rule_says_what_it_compared_and_whence_it_comes() -> None:
    staff, capital = korean("manufacturing", employees=299, capital=9_000_000_000).rules
    assert (staff.code, staff.value, staff.threshold, staff.unit, staff.passed) == (
        "employees",
        299,
        300,
        "people",
        True,
    )
    assert (capital.code, capital.value, capital.unit, capital.passed) == ("capital", 9_000_000_000, "KRW", False)
    assert "Table 1" in capital.source["en"]
    assert capital.date.year == 2002


def test_what_would_change_the_answer() -> None:
    refused = korean("manufacturing", employees=300, capital=9_000_000_000)
    assert [(change.code, change.meets, change.becomes) for change in refused.changes] == [
        ("employees", True, "eligible"),
        ("capital", True, "eligible"),
    ]
    by_staff = korean("manufacturing", employees=299, capital=9_000_000_000)
    assert [(change.code, change.meets, change.becomes) for change in by_staff.changes] == [
        ("employees", False, "not_eligible")
    ]
    assert korean("manufacturing", employees=299, capital=1).changes == ()
    missing = korean("manufacturing", employees=300)
    assert [(change.code, change.meets, change.becomes) for change in missing.changes] == [
        ("employees", True, "eligible"),
        ("capital", True, "eligible"),
        ("capital", False, "not_eligible"),
    ]


def test_every_sector_region_and_service_has_both_labels() -> None:
    for labels in (lists.sectors(), lists.regions(), lists.service_lines()):
        assert all(label["ko"] and label["en"] for label in labels.values())
    assert len(lists.regions()) == 17
    assert set(TABLE_1) <= set(lists.sectors())
