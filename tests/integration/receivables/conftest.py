"""Refusals are read in English here; the people and the debt that most tests begin with."""

from collections.abc import Iterator

import pytest

from marketplace.core.i18n import force_locale
from marketplace.engagements.models import Engagement
from marketplace.receivables.models import Receivable
from tests.factories import milestones
from tests.factories import receivables as make
from tests.factories.engagements import Story
from tests.milestones import Tale


@pytest.fixture(autouse=True)
def english(database: object) -> Iterator[None]:
    """Words of refusals in English, whatever the agency's own language is."""
    with force_locale("en"):
        yield


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.paid


@pytest.fixture
def story(told: milestones.Work) -> Story:
    """The people of a programme that takes something back on success."""
    return told.story


@pytest.fixture
def engagement(told: milestones.Work) -> Engagement:
    """9,000,001 won of aid, all paid."""
    return told.engagement


@pytest.fixture
def recovery(story: Story, engagement: Engagement) -> Receivable:
    """A confirmed recovery from the firm, because conditions were broken."""
    return make.make_recovery(story, paid=engagement)
