"""How a closing time is told: by the day that it ends."""

from datetime import UTC, datetime

import pytest

from marketplace.core import i18n


@pytest.mark.parametrize(
    ("closes_at", "english", "korean"),
    [
        # Midnight in Seoul is 15:00 UTC of the day before.
        (datetime(2026, 12, 29, 15, tzinfo=UTC), "the end of 29 December 2026", "2026년 12월 29일 24:00"),
        (datetime(2026, 12, 31, 15, tzinfo=UTC), "the end of 31 December 2026", "2026년 12월 31일 24:00"),
        (datetime(2026, 12, 29, 15, 0, 1, tzinfo=UTC), "30 December 2026, 00:00", "2026년 12월 30일 00:00"),
        (datetime(2026, 12, 29, 9, tzinfo=UTC), "29 December 2026, 18:00", "2026년 12월 29일 18:00"),
        (None, "", ""),
    ],
)
def test_what_closes_at_midnight_closes_at_the_end_of_the_day_before(
    closes_at: datetime | None, english: str, korean: str
) -> None:
    with i18n.force_locale("en"):
        assert i18n.until(closes_at) == english
    with i18n.force_locale("ko"):
        assert i18n.until(closes_at) == korean
