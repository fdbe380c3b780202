"""What tests of providers share: refusals in English."""

from collections.abc import Iterator

import pytest
from sqlalchemy.orm import Session, scoped_session

from marketplace.core.i18n import force_locale


@pytest.fixture(autouse=True)
def english(database: scoped_session[Session]) -> Iterator[None]:
    """Refusals are read in English."""
    with force_locale("en"):
        yield
