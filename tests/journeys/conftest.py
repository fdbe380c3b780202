"""What journeys stand on: Debian's Chromium and the whole program, running with demo data."""

import os
import shutil
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
    # Without windows it takes a third less; the whole browser shows the same.
    program = shutil.which("chromium-headless-shell") or shutil.which("chromium") or shutil.which("chromium-browser")
    if program:
        return program
    if os.environ.get("CI") == "true":
        pytest.fail("Chromium is not installed. Run `make browser`.")
    pytest.skip("Chromium is not installed; `make browser` installs it.")


@pytest.fixture(scope="session")
def browser_type_launch_args(chromium: str, short: bool) -> dict[str, Any]:
    """How pytest-playwright starts the browser; it never uses a download of its own."""
    options = ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    options += ["--no-sandbox"] * (os.getuid() == 0) + ["--disable-remote-fonts"] * short
    return {"executable_path": chromium, "args": options}


@pytest.fixture(scope="session")
def base_url(demo: Installation, chromium: str) -> str:
    """Addresses in `page.goto` are relative to this."""
    return demo.url


@pytest.fixture(scope="session")
def looked_at() -> dict[str, Inspector]:
    """What was looked at in each language and width, by whichever story came there first."""
    return {}


@pytest.fixture
def story(
    request: pytest.FixtureRequest,
    browser: Browser,
    base_url: str,
    tmp_path: Path,
    looked_at: dict[str, Inspector],
    short: bool,
) -> Iterator[Story]:
    """One telling in a language at a width; no page may have a fault."""
    fresh = Inspector(*request.param, axe_reads_one_in=3 if short else 1)
    inspector = looked_at.setdefault(request.param[0], fresh)
    inspector.faults.clear()
    tale, pictures = request.path.stem.removeprefix("test_"), request.config.getoption("--screenshots", default=False)
    told = Story(browser, base_url, inspector, tmp_path, tale, pictures)
    yield told
    for visitor in told.everybody:
        visitor.close()
    assert not inspector.faults
