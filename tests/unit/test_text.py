"""What a text may hold, and which of our numbers it names."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from marketplace.core.text import number_in, numbers_in, storable, tidy

NUMBER = "COP-2026-000001"


@pytest.mark.parametrize(
    "written",
    [
        "COP-2026-000001",
        "Received COP-2026-000001",
        "KANCL2026COP-2026-000001",
        "cop-2026-000001",
        "cop 2026 000001",
        "COP2026000001",
        "COP_2026/000001",
        "ＣＯＰ－２０２６－０００００１",
        "COP\u20112026\u2013000001",
        "COP\u00ad-2026\u200b-000001",
        "새봄정밀COP-2026-000001자기부담금",
    ],
)
def test_a_number_is_known_however_it_is_written(written: str) -> None:
    assert numbers_in(written, "COP") == [NUMBER]


@pytest.mark.parametrize(
    "written", ["", "SCOP-2026-000001", "COP-2026-00001", "COP-26-000001", "COP-2026", "2026-000001"]
)
def test_what_is_no_number_of_ours_is_none(written: str) -> None:
    assert numbers_in(written, "COP") == []


def test_the_first_text_with_a_number_counts_and_two_numbers_are_none() -> None:
    assert number_in("COP", "cop 2026 1", f"for {NUMBER}") == NUMBER
    assert number_in("COP", "COP-2026-000002", NUMBER) == "COP-2026-000002"
    assert number_in("COP", f"{NUMBER} and COP-2026-000002") is None
    assert number_in("COP", f"{NUMBER}, once more cop2026000001") == NUMBER


@given(some.text(), some.text())
def test_a_number_is_found_whatever_stands_around_it(before: str, after: str) -> None:
    text = f"{before} {NUMBER} {after}"
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert NUMBER in numbers_in(unicodedata.normalize(form, text), "COP", "RCV")


@given(some.text())
def test_a_text_is_kept_in_one_form(text: str) -> None:
    assert tidy(tidy(text)) == tidy(text)
    assert tidy(unicodedata.normalize("NFD", text)) == tidy(text)


def test_marks_that_reorder_what_is_read_are_not_stored() -> None:
    assert storable("새봄정밀 (주)\n둘째 줄\t끝")
    assert not [sign for sign in "\x00\x1f\u202e\u2066\ufeff\ufffd" if storable(f"a{sign}b")]
