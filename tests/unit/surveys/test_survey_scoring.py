"""The score of a survey and the signs of a careless answer."""

from datetime import date

import pytest

from marketplace.surveys import instruments, scoring

SATISFACTION = instruments.current("satisfaction", date(2026, 6, 1))
PROVIDER = instruments.current("provider", date(2026, 6, 1))


def everywhere(value: int) -> dict[str, int]:
    return {item.code: value for item in SATISFACTION.items}


def test_the_best_answer_is_a_hundred_and_the_worst_zero() -> None:
    best = {item.code: 0 if item.reversed else 10 for item in SATISFACTION.items}
    worst = {item.code: 10 if item.reversed else 0 for item in SATISFACTION.items}
    assert scoring.score(SATISFACTION, best, about="provider") == 100
    assert scoring.score(SATISFACTION, worst, about="provider") == 0


def test_the_reversed_item_counts_the_other_way() -> None:
    answers = everywhere(10)
    assert scoring.score(SATISFACTION, answers, about="provider") == 91  # ten of eleven: 90.9


def test_the_programmes_item_is_not_the_providers_fault() -> None:
    answers = everywhere(5) | {"process": 0}
    assert scoring.score(SATISFACTION, answers, about="provider") == 50
    assert scoring.score(SATISFACTION, answers, about="programme") == 0


def test_no_items_about_a_subject_is_no_score() -> None:
    answers = {item.code: 5 for item in PROVIDER.items}
    assert scoring.score(PROVIDER, answers, about="provider") is None


@pytest.mark.parametrize(("value", "expected"), [(10, True), (0, True), (5, False)])
def test_straight_line_is_told_by_the_reversed_item(value: int, expected: bool) -> None:
    assert scoring.is_straight_line(SATISFACTION, everywhere(value)) is expected


def test_one_different_answer_is_no_straight_line() -> None:
    assert not scoring.is_straight_line(SATISFACTION, everywhere(10) | {"understood": 9})


def test_speed_is_measured_against_the_instrument() -> None:
    assert scoring.signs(SATISFACTION, everywhere(10), seconds=19.9) == ["straight_line", "fast"]
    assert scoring.signs(SATISFACTION, everywhere(5), seconds=20) == []


def test_the_satisfaction_survey_is_as_settled() -> None:
    assert len(SATISFACTION.items) == 12
    assert sum(item.reversed for item in SATISFACTION.items) == 1
    assert len(SATISFACTION.facts) == 4
    assert len(SATISFACTION.texts) == 2
    codes = [item.code for item in SATISFACTION.items] + [fact.code for fact in SATISFACTION.facts]
    assert len(set(codes)) == 16
