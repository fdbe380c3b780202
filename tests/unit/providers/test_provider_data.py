"""The data and engines of providers: code of ethics, training, account numbers."""

from datetime import date

import pytest

from marketplace.core import account_numbers
from marketplace.providers import ethics_code, training


@pytest.mark.parametrize(
    ("on", "version"),
    [
        (date(2023, 5, 1), "2024-1"),
        (date(2024, 1, 1), "2024-1"),
        (date(2025, 12, 31), "2024-1"),
        (date(2026, 1, 1), "2026-1"),
    ],
)
def test_the_code_in_force_changes_on_its_day(on: date, version: str) -> None:
    assert ethics_code.current(on).version == version


def test_every_version_of_the_code_has_numbered_articles_in_both_languages() -> None:
    for code in ethics_code.EDITIONS.all:
        assert [article.number for article in code.articles] == list(range(1, len(code.articles) + 1))
        for article in code.articles:
            assert all(article.title[side] and article.text[side] for side in ("ko", "en"))
    assert ethics_code.find("2024-1") is ethics_code.EDITIONS.all[0]
    assert ethics_code.find("1999-1") is None


def test_required_courses_gate_bidding() -> None:
    assert training.required() == ["ethics", "method"]
    for course in training.courses().values():
        assert course.modules
        assert all(module.hours > 0 for module in course.modules)


@pytest.mark.parametrize(
    ("course", "passed_on", "expires_on"),
    [
        ("ethics", date(2026, 3, 15), date(2027, 3, 15)),
        ("ethics", date(2024, 2, 29), date(2025, 2, 28)),
        ("method", date(2026, 12, 31), date(2029, 12, 31)),
        ("e-business", date(2026, 1, 31), date(2028, 1, 31)),
    ],
)
def test_a_pass_is_valid_for_its_months(course: str, passed_on: date, expires_on: date) -> None:
    assert training.expires_on(course, passed_on) == expires_on


@pytest.mark.parametrize(
    ("scheme", "typed", "identifier"),
    [
        ("iban", "DE89 3704 0044 0532 0130 00", "DE89370400440532013000"),
        ("iban", "gb82 west 1234 5698 7654 32", "GB82WEST12345698765432"),
        ("iban", "DE88 3704 0044 0532 0130 00", None),
        ("iban", "110-123-456789", None),
        ("other", "110-123-456789", "110123456789"),
        ("other", "１１０\u2011123\u2013456\u200b789", "110123456789"),
        ("iban", "ＤＥ89\u00a03704 0044 0532 0130 00", "DE89370400440532013000"),
        ("other", "12345", None),
        ("other", "١٢٣٤٥٦٧", None),
        ("other", "110-123-45678X", None),
    ],
)
def test_account_numbers_are_told_from_typing_errors(scheme: str, typed: str, identifier: str | None) -> None:
    assert account_numbers.normalise(scheme, typed) == identifier


def test_a_masked_account_shows_its_last_four_digits() -> None:
    assert account_numbers.masked("110123456789") == "••••••••6789"
