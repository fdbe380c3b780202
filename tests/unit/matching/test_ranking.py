"""The matching filter and order: who is left out and why, and what puts one before another."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.matching.ranking import Provider, Standing, Wanted, rank

WANTED = Wanted(service_line="marketing", region="busan", sector="manufacturing", language="ko")
FIT = Provider(
    id=UUID(int=1),
    name="Firm",
    standing=Standing.APPROVED,
    service_lines=frozenset({"marketing"}),
    regions=frozenset({"busan"}),
    sectors=frozenset({"manufacturing"}),
    languages=frozenset({"ko", "en"}),
    load=1,
    capacity=4,
    grade=70,
    ready_consultants=1,
)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        *(({"standing": standing}, standing.value) for standing in Standing if standing != Standing.APPROVED),
        ({"service_lines": frozenset({"hrd"})}, "service_line"),
        ({"languages": frozenset({"en"})}, "language"),
        ({"ready_consultants": 0}, "no_ready_consultant"),
        ({"load": 4}, "full"),
        ({"load": 9}, "full"),
    ],
)
def test_a_provider_that_cannot_take_the_job_is_left_out_with_its_reason(change: dict[str, object], code: str) -> None:
    ranking = rank([replace(FIT, **change)], WANTED)  # type: ignore[arg-type]
    assert ranking.candidates == ()
    assert ranking.excluded[0].reason.code == code
    assert not ranking.excluded[0].reason.holds


@pytest.mark.parametrize(
    "worse",
    [
        {"regions": frozenset({"seoul"}), "grade": 100},
        {"sectors": frozenset({"hotel"}), "grade": 100},
        {"grade": 69, "load": 0},
        {"grade": None, "load": 0},
        {"load": 2},
    ],
)
def test_region_then_sector_then_grade_then_room_decide(worse: dict[str, object]) -> None:
    other = replace(FIT, id=UUID(int=0), **worse)  # type: ignore[arg-type]
    ranking = rank([other, FIT], WANTED)
    assert [candidate.provider.id.int for candidate in ranking.candidates] == [1, 0]


def test_a_newcomer_without_a_grade_stands_before_a_poor_grade() -> None:
    poor = replace(FIT, id=UUID(int=2), grade=30)
    newcomer = replace(FIT, id=UUID(int=3), grade=None)
    assert [row.provider.id.int for row in rank([poor, newcomer], WANTED).candidates] == [3, 2]


def test_reasons_say_what_holds_and_what_does_not() -> None:
    reasons = rank([replace(FIT, regions=frozenset({"seoul"}), grade=0)], WANTED).candidates[0].reasons
    assert [(reason.code, reason.holds, reason.value) for reason in reasons] == [
        ("service_line", True, "marketing"),
        ("region", False, "busan"),
        ("sector", True, "manufacturing"),
        ("grade", True, "0"),
        ("room", True, "1/4"),
    ]


@given(st.permutations([replace(FIT, id=UUID(int=n), grade=n * 37 % 100, load=n % 5) for n in range(9)]))
def test_every_provider_appears_once_and_the_order_is_stable(providers: list[Provider]) -> None:
    ranking = rank(providers, WANTED)
    assert len(ranking.candidates) + len(ranking.excluded) == 9
    assert ranking == rank(sorted(providers, key=lambda row: row.id), WANTED)
