"""The people and the share that these tests begin with, unless a file names another milestone."""

import pytest

from marketplace.claims.models import Claim
from marketplace.core.actors import Actor
from marketplace.engagements.models import CoPayment
from tests.factories import engagements, milestones
from tests.milestones import Tale


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.share_awaited


@pytest.fixture
def story(told: milestones.Awaited | milestones.Claimed) -> engagements.Story:
    return told.story


@pytest.fixture
def officer(story: engagements.Story) -> Actor:
    return story.budget_officers[0]


@pytest.fixture
def share(told: milestones.Awaited) -> CoPayment:
    """A co-payment of some millions that is awaited."""
    return told.co_payment


@pytest.fixture
def claim(told: milestones.Claimed) -> Claim:
    """A claim that is approved, of an engagement whose share has arrived."""
    return told.claim
