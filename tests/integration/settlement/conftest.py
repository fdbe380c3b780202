"""The people, the claim and the changed figures that these tests begin with."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

import config.claims
from config.claims import handling
from marketplace.claims.models import Claim
from marketplace.core import clock as business_clock
from tests.factories import engagements, milestones
from tests.milestones import Tale


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.claimed


@pytest.fixture
def story(told: milestones.Claimed) -> engagements.Story:
    return told.story


@pytest.fixture
def claim(told: milestones.Claimed) -> Claim:
    """A claim of three stages, 15,000,001 won net."""
    return told.claim


@pytest.fixture
def edition(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Changes the figures of the edition in force, as an agency does in its data."""

    def change(**risks: Any) -> None:
        usual = handling(business_clock.today())
        changed = replace(usual, risk=replace(usual.risk, **risks))
        monkeypatch.setattr(config.claims.EDITIONS, "all", (changed,))

    return change
