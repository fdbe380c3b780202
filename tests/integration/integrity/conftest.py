"""Where these tests begin: one finished engagement."""

import pytest

from marketplace.engagements.models import Engagement
from tests.factories import milestones
from tests.factories.engagements import Story
from tests.milestones import Tale


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.finished


@pytest.fixture
def finished(told: milestones.Work) -> tuple[Story, Engagement]:
    """The finished engagement and who plays in it."""
    return told.story, told.engagement
