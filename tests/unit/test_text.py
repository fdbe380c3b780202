"""What a text may hold, and which of our numbers it names."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as some

from marketplace.core.text import (
    legible,
    narrow,
    number_in,
    numbers_in,
    phone_number,
    plain_firm_name,
    plain_number,
    plain_text,
    shown,
    storable,
    tidy,
    tidy_name,
)

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
    "written", ["", "SCOP-2026-000001", "COP-2026-00001", "COP-26-000001", "COP-2026", "2026-000001", "COP-٢٠٢٦-٠٠٠٠٠١"]
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
    assert tidy(f"{text}가\r\n나") == tidy(f"{text}가\n나")


def test_marks_that_reorder_what_is_read_are_not_stored() -> None:
    assert storable("새봄정밀 (주)\n둘째 줄\t끝")
    assert not [sign for sign in "\x00\x1f\u202e\u2066\ufeff\ufffd\ud800" if storable(f"a{sign}b")]


UNSEEN = "\u00ad\u200b\u200c\u200d\u2060\u3164\u115f\u1160\uffa0\u2800\ufe0f\U000e0041"


@pytest.mark.parametrize("nothing", ["", " ", "\u3000", "\t\r\n", *UNSEEN, f" {UNSEEN}\u2003"])
def test_a_text_that_shows_nothing_is_kept_as_nothing(nothing: str) -> None:
    assert tidy(nothing) == ""
    assert tidy(f"{nothing}가") != ""


@given(some.text(), some.sampled_from(UNSEEN))
def test_a_text_is_compared_however_it_is_encoded_and_set(text: str, unseen: str) -> None:
    assert plain_text(plain_text(text)) == plain_text(text)
    assert legible(legible(text)) == legible(text)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert plain_text(unicodedata.normalize(form, text)) == plain_text(text)
    assert plain_text(f"{unseen} {unseen}".join(["\u3000가나#", text, " "])) == "가나#" + plain_text(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("새봄정밀", unicodedata.normalize("NFD", "새봄정밀")),
        ("새봄정밀", "새\u3164봄\u00ad정\u200b밀"),
        ("ＡＢＣ", "abc"),
        ("STRASSE", "Straße"),
        ("서울 1-2", "서울１\u2011２"),
        ("서울 1-2", "서울 1\u20132"),
        ("café", "cafe \u0301"),
    ],
)
def test_two_writings_of_one_text(one: str, other: str) -> None:
    assert plain_text(one) == plain_text(other)


@pytest.mark.parametrize(
    ("one", "other"), [("새봄정밀", "새봄정말"), ("1-2번지", "12번지"), ("가나", "나가"), ("é", "e")]
)
def test_two_texts_stay_two(one: str, other: str) -> None:
    assert plain_text(one) != plain_text(other)


@pytest.mark.parametrize(
    "written",
    [
        "한빛컨설팅",
        "주식회사 한빛컨설팅",
        "(주)한빛 컨설팅",
        "（주）한빛컨설팅",
        "한빛컨설팅㈜",
        "주식\u00ad회사\u3164한빛컨설팅",
    ],
)
def test_a_firm_is_known_with_and_without_its_legal_form(written: str) -> None:
    assert plain_firm_name(written) == "한빛컨설팅"


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        *((f"Hanbit{form}", "hanbit") for form in (" Co., Ltd.", " Co Ltd", "Co.,Ltd.", ", Inc.", " LTD", " Ｉｎｃ．")),
        ("Telco Ltd", "telco"),
        ("Zinc", "zinc"),
        ("(유)가온", "가온"),
    ],
)
def test_a_foreign_legal_form_is_no_part_of_the_name(written: str, plain: str) -> None:
    assert plain_firm_name(written) == plain


@pytest.mark.parametrize(
    "written", ["110-222-333", "110 222 333", "１１０\u2011２２２\u2013３３３", "110\u200b222\u00ad333"]
)
def test_an_account_number_is_its_digits_and_letters(written: str) -> None:
    assert plain_number(written) == "110222333"
    assert plain_number(f"kr{written}") == "KR110222333"


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("02-123-4567", "+8221234567"),
        ("(02) 123 4567", "+8221234567"),
        ("+82 2 123 4567", "+8221234567"),
        ("+82 (0)2-123-4567", "+8221234567"),
        ("０２\u2011１２３\u2013４５６７", "+8221234567"),
        ("02-123-\u200b4567", "+8221234567"),
        ("051-123-4567", "+82511234567"),
        ("031-123-4567", "+82311234567"),
        ("010-1234-5678", "+821012345678"),
        ("1588-1234", "+8215881234"),
        ("+1 650 253 0000", "+16502530000"),
        ("02-123-4567 ext. 12", "+8221234567"),
        ("02-123-4567 내선 12", "+8221234567"),
        ("0082-2-123-4567", "+8221234567"),
        ("12", ""),
        ("call us", ""),
        ("", ""),
    ],
)
def test_a_telephone_number_is_what_one_dials(written: str, dialled: str) -> None:
    assert phone_number(written) == dialled


@given(some.text())
def test_no_text_breaks_a_telephone_number(text: str) -> None:
    assert phone_number(text) == "" or phone_number(text).removeprefix("+").isdigit()


@pytest.mark.parametrize(
    ("typed", "read"),
    [("１，５００", "1,500"), ("2026\u201111\u201323", "2026-11-23"), ("10²", "10²"), ("\u200b5", "5")],
)
def test_a_typed_number_is_read_in_ascii_where_it_is_only_wider(typed: str, read: str) -> None:
    assert narrow(typed) == read


@pytest.mark.parametrize(
    "written",
    ["산들\u3164여우", "산들\u200b여우", "\u115f산들여우 ", "산들\U000e0041여우", "산들여우\ufe0f", "산\u00ad들여우"],
)
def test_a_name_is_kept_without_what_nobody_sees(written: str) -> None:
    assert tidy_name(written) == "산들여우"


@pytest.mark.parametrize(
    ("written", "kept"),
    [("a  b", "a b"), (" a ", "a"), ("새봄\x00정밀\x1f", "새봄정밀"), ("a\ud800b", "ab"), ("가\u202e나", "가나")],
)
def test_a_text_from_elsewhere_is_kept_like_a_name_without_controls(written: str, kept: str) -> None:
    assert shown(written) == kept


@pytest.mark.parametrize(
    ("written", "seen"), [("cafe\u200b\u0301", "café"), ("1\ufe582", "1-2"), ("a \u00a8", "a \u0308")]
)
def test_what_is_legible_is_composed_and_in_plain_signs(written: str, seen: str) -> None:
    assert legible(written) == seen


def test_a_name_is_composed_once_the_unseen_is_gone() -> None:
    assert tidy_name("cafe\u200b\u0301") == "café"


def test_a_name_keeps_what_is_seen_of_it() -> None:
    assert tidy_name("  ㈜ＡＢＣ\t\u3000 정밀 ") == "㈜ＡＢＣ 정밀"


@given(some.text())
def test_a_name_is_kept_as_it_was_kept(text: str) -> None:
    assert tidy_name(tidy_name(text)) == tidy_name(text)
