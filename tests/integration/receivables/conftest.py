"""Refusals are read in English here; the people and the debt that most tests begin with."""

from collections.abc import Iterator

import pytest

from marketplace.core.i18n import force_locale
from marketplace.receivables.models import Receivable
from tests.factories import engagements as make_work
from tests.factories import receivables as make
from tests.factories.engagements import Story


@pytest.fixture(autouse=True)
def english(database: object) -> Iterator[None]:
    """Words of refusals in English, whatever the agency's own language is."""
    with force_locale("en"):
        yield


@pytest.fixture
def story(database: object) -> Story:
    """The people of a programme that takes something back on success."""
    return make_work.make_story(programme=make.REPAYABLE)


@pytest.fixture
def recovery(story: Story) -> Receivable:
    """A confirmed recovery from the firm, because conditions were broken."""
    return make.make_recovery(story)
