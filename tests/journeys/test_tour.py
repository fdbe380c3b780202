"""docs/tour.md is walked as it is written, step by step, on an installation of its own."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.installation import Installation
from tests.journeys.walker import Walker
from tests.tour import steps

pytestmark = [pytest.mark.journey, pytest.mark.slow]


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Installation]:
    """The demo as somebody finds it who has just started it: the other journeys move its clock."""
    running = Installation(tmp_path).start(DEMO="1", DEMO_SMALL="1")
    yield running
    running.end(signal.SIGTERM)


def test_the_tour_can_be_walked_as_it_is_written(browser: Browser, fresh: Installation, tmp_path: Path) -> None:
    walker = Walker(browser, fresh.url, tmp_path)
    for step in steps():
        walker.take(step)
    walker.close()
