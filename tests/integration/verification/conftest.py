"""Refusals are read in English here."""

from collections.abc import Iterator

import pytest

from marketplace.core.i18n import force_locale


@pytest.fixture(autouse=True)
def english(database: object) -> Iterator[None]:
    """Words of refusals in English, whatever the agency's own language is."""
    with force_locale("en"):
        yield
