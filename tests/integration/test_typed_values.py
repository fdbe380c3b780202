"""What a form reads from what was typed: numbers and times."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from marketplace.core import clock
from marketplace.core.forms import DateField, DateTimeField, Form, MoneyField, WholeNumberField


class Typed(Form):
    count = WholeNumberField("Count", required=False)
    price = MoneyField("Price", required=False)
    begins_on = DateField("Begins", required=False)
    meets_at = DateTimeField("Meets", required=False)


def read(app: Flask, field: str, typed: str) -> tuple[object, list[str]]:
    with app.test_request_context("/?lang=en", method="POST", data={field: typed}):
        form = Typed()
        form.validate()
        return form[field].data, [str(error) for error in form[field].errors]


@pytest.mark.parametrize(
    ("field", "typed", "value"),
    [
        ("count", "１２", 12),
        ("count", "1\u200b2", 12),
        ("price", "１，５００，０００", 1_500_000),
        ("begins_on", "2026\u201111\u201323", date(2026, 11, 23)),
        ("meets_at", "２０２６-11-23T09：00", datetime(2026, 11, 23, 0, tzinfo=UTC)),
    ],
)
def test_a_number_is_read_however_wide_its_signs_are(app: Flask, field: str, typed: str, value: object) -> None:
    assert read(app, field, typed) == (value, [])


@pytest.mark.parametrize("typed", ["10²", "①", "½", "\u202e21", "\u2066" + "12"])
def test_a_number_that_is_only_like_one_or_shown_as_another_is_refused(app: Flask, typed: str) -> None:
    assert read(app, "count", typed) == (None, ["Use digits only, such as 25."])


@pytest.fixture
def madrid() -> Iterator[None]:
    """An agency where clocks are changed: forward on 29 March 2026 at 02:00, back on 25 October at 03:00."""
    usual = clock.zone().key
    clock.configure(time_zone="Europe/Madrid")
    yield
    clock.configure(time_zone=usual)


@pytest.mark.usefixtures("madrid")
def test_a_time_that_the_clocks_skip_is_refused_in_words(app: Flask) -> None:
    value, (words,) = read(app, "meets_at", "2026-03-29T02:30")
    assert value is None
    assert "this time does not exist" in words
    assert read(app, "meets_at", "2026-03-29T03:00") == (datetime(2026, 3, 29, 1, tzinfo=UTC), [])
    assert read(app, "meets_at", "2026-03-29T01:59") == (datetime(2026, 3, 29, 0, 59, tzinfo=UTC), [])


@pytest.mark.usefixtures("madrid")
def test_of_an_hour_that_comes_twice_the_first_counts(app: Flask) -> None:
    assert read(app, "meets_at", "2026-10-25T02:30") == (datetime(2026, 10, 25, 0, 30, tzinfo=UTC), [])
