"""When the tests take place: each run begins on the same working morning, so none depends on the hour it is run at.

`TESTS_BEGIN=2028-02-29T23:50 make test` lets it begin at another moment of the agency's time.
"""

import os
from datetime import UTC, datetime, timedelta

from marketplace.core import clock

BEGINS = datetime.fromisoformat(os.environ.get("TESTS_BEGIN", "2026-11-11T10:00")).replace(tzinfo=clock.zone())
# The processes of one run inherit it, so that all of them and the template of their databases agree.
SHIFT = timedelta(
    seconds=float(os.environ.setdefault("TESTS_SHIFT", str((BEGINS - datetime.now(UTC)).total_seconds())))
)


def come_back() -> None:
    """Business time runs on from where the run began, whatever a test did to it."""
    clock.set_offset(SHIFT)


def ahead(by: timedelta) -> None:
    """This process alone is so much later than where the run began; the database isn't."""
    clock.set_offset(SHIFT + by)
