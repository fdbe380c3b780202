from random import Random

import pytest

from marketplace.accounts import business_number

PUBLISHED = ["1248100998", "2208162517", "1208147521"]  # printed on these listed companies' own pages


@pytest.mark.parametrize("digits", PUBLISHED)
def test_published_numbers_are_valid(digits: str) -> None:
    assert business_number.is_valid(digits)


@pytest.mark.parametrize("digits", PUBLISHED)
def test_any_single_wrong_digit_is_found(digits: str) -> None:
    for place in range(10):
        for other in "0123456789":
            changed = digits[:place] + other + digits[place + 1 :]
            assert business_number.is_valid(changed) == (changed == digits), changed


@pytest.mark.parametrize(
    "digits", ["", "0" * 10, "124810099", "12481009988", "１２４８１００９９８", "12481\x0000998", "124810099٨"]
)
def test_other_forms_are_not_valid(digits: str) -> None:
    assert not business_number.is_valid(digits)


@pytest.mark.parametrize(
    "typed", ["124-81-00998", "1248100998", " 124 81 00998 ", "１２４\u201181\u201300998", "124\u200b-81-00\u00ad998"]
)
def test_normalise_gives_ten_digits(typed: str) -> None:
    assert business_number.normalise(typed) == "1248100998"


@pytest.mark.parametrize("typed", ["", "124--8100998", "124-81-0099", "1_248_100998", "-1248100998", "124-81-00998\n1"])
def test_normalise_refuses_other_forms(typed: str) -> None:
    assert business_number.normalise(typed) is None


def test_generated_numbers_are_valid_and_follow_the_seed() -> None:
    numbers = [business_number.generate(Random(seed)) for seed in range(500)]
    assert all(business_number.is_valid(number) for number in numbers)
    assert business_number.generate(Random(7)) == business_number.generate(Random(7))
    assert len(set(numbers)) > 490


def test_written_has_hyphens() -> None:
    assert business_number.written("1248100998") == "124-81-00998"
