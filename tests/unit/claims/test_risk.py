"""Points for plain facts, and a draw that can be drawn again."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.claims import handling
from marketplace.claims import risk
from marketplace.claims.risk import Facts
from marketplace.claims.rules import SIGNALS

LIMITS = handling(date(2026, 1, 1)).risk
PLAIN = Facts(
    net_amount=3_000_000,
    currency="KRW",
    invoice_gross=3_300_000,
    paid_before=2,
    returned_before=0,
    holds=0,
    account_changed=False,
    suspended_before=False,
    failed_checks=0,
)


@pytest.mark.parametrize(
    ("change", "signal"),
    [
        ({"net_amount": 20_000_000, "invoice_gross": 20_000_000}, "large_amount"),
        ({"currency": "XXX"}, "large_amount"),
        ({"paid_before": 0}, "first_claim"),
        ({"holds": 1}, "held_before"),
        ({"account_changed": True}, "account_changed"),
        ({"suspended_before": True}, "suspended_before"),
        ({"invoice_gross": 3_300_001}, "odd_invoice"),
        ({"returned_before": 1}, "returned_before"),
        ({"failed_checks": 1}, "failed_check"),
    ],
)
def test_each_fact_speaks_alone(change: dict[str, object], signal: str) -> None:
    assert risk.signals(PLAIN, LIMITS) == []
    assert risk.signals(replace(PLAIN, **change), LIMITS) == [signal]  # type: ignore[arg-type]


def test_every_signal_has_points_and_words() -> None:
    assert set(LIMITS.points) == set(SIGNALS)


@pytest.mark.parametrize(
    ("change", "drawn", "needs_two", "route"),
    [
        ({}, 1_000, False, "straight_through"),
        ({}, 999, False, "people"),
        ({}, 1_000, True, "people"),
        ({"returned_before": 1}, 9_999, False, "straight_through"),
        ({"returned_before": 1, "invoice_gross": 4_000_000}, 9_999, False, "people"),
        ({"paid_before": 0}, 9_999, False, "people"),
        ({"failed_checks": 1}, 9_999, False, "people"),
    ],
)
def test_low_risk_that_is_not_drawn_goes_straight_through(
    change: dict[str, object], drawn: int, needs_two: bool, route: str
) -> None:
    facts = replace(PLAIN, **change)  # type: ignore[arg-type]
    assert risk.decide(facts, LIMITS, drawn=drawn, needs_two=needs_two).route == route


@given(st.text(), st.text())
def test_a_draw_is_one_of_ten_thousand_and_always_the_same(seed: str, number: str) -> None:
    assert 0 <= risk.draw(seed, number) < risk.DRAWS
    assert risk.draw(seed, number) == risk.draw(seed, number)


def test_draws_are_spread_evenly() -> None:
    low = sum(risk.draw(f"seed {index}", "CLM-2026-000001") < 1_000 for index in range(10_000))
    assert 900 < low < 1_100
