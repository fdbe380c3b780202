"""The arithmetic of a grade: weights, re-normalising, shrinking, violations."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.evaluations import grading, rubric
from marketplace.evaluations.grading import Parts

RUBRIC = rubric.current(date(2026, 6, 1))
RULES = RUBRIC.grade
points = st.integers(0, 100)
maybe = st.none() | points


def test_weights_are_forty_thirty_fifteen_fifteen() -> None:
    assert grading.combine(Parts(100, 0, 0, 0), RULES) == 40
    assert grading.combine(Parts(0, 100, 0, 0), RULES) == 30
    assert grading.combine(Parts(0, 0, 100, 0), RULES) == 15
    assert grading.combine(Parts(0, 0, 0, 100), RULES) == 15


def test_an_absent_part_is_left_out_and_the_rest_re_normalised() -> None:
    assert grading.combine(Parts(80, 60, 100, None), RULES) == 76  # (3200 + 1800 + 1500) / 85 = 76.47
    assert grading.combine(Parts(80, None, None, None), RULES) == 80
    assert grading.combine(Parts(None, None, None, None), RULES) is None


def test_each_confirmed_violation_costs_twenty_but_never_below_zero() -> None:
    whole = Parts(50, 50, 50, 50)
    assert [grading.combine(whole, RULES, violations=n) for n in range(4)] == [50, 30, 10, 0]


@given(maybe, maybe, maybe, maybe)
def test_a_grade_lies_between_its_parts(one: int | None, two: int | None, three: int | None, four: int | None) -> None:
    known = [part for part in (one, two, three, four) if part is not None]
    grade = grading.combine(Parts(one, two, three, four), RULES)
    assert grade is None if not known else min(known) <= (grade or 0) <= max(known)


@pytest.mark.parametrize(
    ("values", "expected"),
    [([100], 80), ([100] * 3, 84), ([92] * 20, 88), ([92] * 60, 90), ([40] * 2, 70), ([], 78)],
)
def test_small_samples_stay_near_the_mean(values: list[int], expected: int) -> None:
    assert grading.shrunk(values, mean=78, constant=8) == expected


def test_the_rubric_score_is_the_weighted_mean_of_levels() -> None:
    lowest = {criterion.code: 0 for criterion in RUBRIC.criteria}
    highest = {criterion.code: 4 for criterion in RUBRIC.criteria}
    assert grading.rubric_score(RUBRIC.criteria, lowest, top=4) == 0
    assert grading.rubric_score(RUBRIC.criteria, highest, top=4) == 100
    assert grading.rubric_score(RUBRIC.criteria, lowest | {"diagnosis": 4}, top=4) == 25


def test_plan_kept_is_half_sessions_half_days() -> None:
    kept = grading.plan_kept(sessions_agreed=4, sessions_confirmed=4, days_agreed=30, days_used=30)
    assert kept == 100
    assert grading.plan_kept(sessions_agreed=4, sessions_confirmed=2, days_agreed=30, days_used=60) == 50
    assert grading.plan_kept(sessions_agreed=0, sessions_confirmed=0, days_agreed=30, days_used=15) == 100
    assert grading.plan_kept(sessions_agreed=0, sessions_confirmed=0, days_agreed=0, days_used=9) is None


def test_provisional_below_five() -> None:
    assert grading.is_provisional(4, RULES)
    assert not grading.is_provisional(5, RULES)


def test_every_criterion_has_five_anchored_levels_in_both_languages() -> None:
    for criterion in RUBRIC.criteria:
        assert len(criterion.levels) == 5
        assert all(level["ko"] and level["en"] for level in criterion.levels)
