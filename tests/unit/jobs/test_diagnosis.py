"""The self-diagnosis engine: scores, the draft, and the data file it stands on."""

import pytest

from marketplace.jobs import diagnosis

QUESTIONNAIRE = diagnosis.EDITIONS.all[-1]


def answers(value: int = 5, **changed: int) -> dict[str, int]:
    return {question.code: value for question in QUESTIONNAIRE.questions} | changed


def test_the_data_file_asks_three_questions_per_line_in_both_languages() -> None:
    assert [sum(q.line == code for q in QUESTIONNAIRE.questions) for code in QUESTIONNAIRE.lines] == [3] * 5
    assert set(QUESTIONNAIRE.lines) == {"operations", "technology", "marketing", "e-business", "hrd"}
    for question in QUESTIONNAIRE.questions:
        for text in (question.text, question.low, question.middle):
            assert set(text) == {"ko", "en"}
            assert all(text.values())
    assert sorted(QUESTIONNAIRE.scale) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(("value", "need"), [(1, 100), (2, 75), (3, 50), (4, 25), (5, 0)])
def test_need_is_the_distance_from_full_agreement(value: int, need: int) -> None:
    assert set(diagnosis.score(QUESTIONNAIRE, answers(value)).values()) == {need}


def test_need_is_rounded_half_up_and_counts_its_own_line_only() -> None:
    scores = diagnosis.score(QUESTIONNAIRE, answers(customers=4))
    assert scores == {"operations": 0, "technology": 0, "marketing": 8, "e-business": 0, "hrd": 0}


@pytest.mark.parametrize("wrong", [answers(0), answers(6), answers(unknown=3), {"delivery": 3}, {}])
def test_incomplete_unknown_or_outlying_answers_are_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        diagnosis.score(QUESTIONNAIRE, wrong)


def test_the_draft_is_for_the_line_that_needs_help_most() -> None:
    draft = diagnosis.draft(QUESTIONNAIRE, answers(customers=1, skills=4))
    assert draft.service_line == "marketing"
    assert draft.situation["en"] == "Most of our sales come from one or two customers."
    assert draft.situation["ko"] == "매출의 대부분이 한두 거래처에서 나옵니다."


def test_of_equals_the_first_listed_line_is_drafted() -> None:
    assert diagnosis.draft(QUESTIONNAIRE, answers(3)).service_line == "operations"


def test_worse_answers_come_first_and_good_ones_stay_out() -> None:
    draft = diagnosis.draft(QUESTIONNAIRE, answers(delivery=3, quality=1))
    assert draft.situation["en"].splitlines() == [
        "Defects and rework are not recorded, so their causes stay unknown.",
        "We sometimes miss promised delivery dates.",
    ]


def test_a_named_line_is_drafted_even_when_all_is_well() -> None:
    draft = diagnosis.draft(QUESTIONNAIRE, answers(5), service_line="hrd")
    assert draft.service_line == "hrd"
    assert len(draft.situation["ko"].splitlines()) == 3
    assert draft.expected_results["en"].count("- ") == 3
