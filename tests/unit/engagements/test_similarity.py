"""Near-copies are found, honest reports aren't, in both languages and without spaces."""

import random
from unicodedata import normalize

import pytest

from marketplace.engagements import similarity

SEED = random.Random(7)
WORDS = ["".join(SEED.choices("가나다라마바사아자차카타파하", k=3)) for _ in range(900)]


def report(words: int, seed: int) -> str:
    return " ".join(random.Random(seed).choices(WORDS, k=words))


def alike(one: str, other: str) -> float:
    return similarity.resemblance(similarity.sketch(one), similarity.sketch(other))


def test_the_same_text_is_a_copy_whatever_its_case_spacing_and_form() -> None:
    text = report(800, 1) + " Process ABC"
    assert alike(text, "  " + text.upper().replace(" ", "\n")) == 1.0


def test_a_copy_with_unseen_signs_in_its_words_is_a_copy() -> None:
    text = report(800, 1)
    assert alike(text, "\u00ad".join(text)) == 1.0
    assert alike(text, normalize("NFD", text.replace("가", "가\u200b"))) == 1.0


def test_a_copy_with_every_fortieth_word_changed_is_found() -> None:
    words = report(3000, 2).split()
    changed = [word if at % 40 else "다른말" for at, word in enumerate(words)]
    assert similarity.is_near_copy(alike(" ".join(words), " ".join(changed)))


def test_reports_that_share_only_a_template_are_no_copies() -> None:
    template = report(120, 3)
    assert alike(template + report(900, 4), template + report(900, 5)) < 0.25


def test_korean_without_spaces_is_compared_by_characters() -> None:
    text = report(300, 6).replace(" ", "")
    assert alike(text, text[:200] + "생산관리" + text[204:]) > 0.9
    assert alike(text, report(300, 8).replace(" ", "")) < 0.1


@pytest.mark.parametrize("text", ["", "  \n ", "표지", "1"])
def test_too_little_text_is_like_nothing(text: str) -> None:
    assert similarity.sketch(text) == []
    assert alike(text, text) == 0.0


def test_the_estimate_stays_near_the_true_share() -> None:
    one, other = report(4000, 10).split(), report(4000, 11).split()
    mixed = " ".join(one[:3000] + other[:1000])
    first, second = similarity.shingles(" ".join(one)), similarity.shingles(mixed)
    true = len(first & second) / len(first | second)
    assert abs(alike(" ".join(one), mixed) - true) < 0.1


def test_hashes_fit_into_the_database() -> None:
    assert all(0 <= value < 2**63 for value in similarity.sketch(report(500, 12)))
