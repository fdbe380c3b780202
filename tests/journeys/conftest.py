"""What journeys stand on: Debian's Chromium and the whole program, running with demo data."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.installation import Installation
from tests.journeys.story import Story
from tests.journeys.visitor import Inspector


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest tests/journeys --screenshots` makes the pictures of docs/tour.md anew."""
    parser.addoption("--screenshots", action="store_true", help="keep pictures of the story for docs/tour.md")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Debian's Chromium; without it a journey is skipped, or fails where continuous integration runs."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail("Chromium is not installed. Run `make browser`.")
    pytest.skip("Chromium is not installed; `make browser` installs it.")


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium: str) -> dict[str, Any]:
    """How pytest-playwright starts the browser; it never uses a download of its own."""
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    return {"executable_path": chromium, "args": [*quiet, *(["--no-sandbox"] if os.getuid() == 0 else [])]}


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory, chromium: str) -> Iterator[Installation]:
    """Web, worker and scheduler with demo data, as `make run` starts them."""
    running = Installation(tmp_path_factory.mktemp("installation")).start(DEMO="1", DEMO_SMALL="1")
    yield running
    running.end(signal.SIGTERM)


@pytest.fixture(scope="session")
def base_url(installation: Installation) -> str:
    """Addresses in `page.goto` are relative to this."""
    return installation.url


@pytest.fixture
def story(request: pytest.FixtureRequest, browser: Browser, base_url: str, tmp_path: Path) -> Iterator[Story]:
    """One telling in a language at a width; no page may have a fault."""
    inspector = Inspector(*request.param)
    tale, pictures = request.path.stem.removeprefix("test_"), request.config.getoption("--screenshots", default=False)
    told = Story(browser, base_url, inspector, tmp_path, tale, pictures)
    yield told
    for visitor in told.everybody:
        visitor.close()
    assert not inspector.faults
