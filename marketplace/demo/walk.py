"""Walks business time from long ago to now and lets each story go on when its hour has come."""

import heapq
import itertools
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TypeAlias

from marketplace.core import clock, db
from marketplace.demo import runner

Story: TypeAlias = Iterator[datetime]
"""A story does its next steps in one unit of work, then yields the moment at which it goes on."""


class Walk:
    """The stories that wait for their hour, and how far business time was moved."""

    def __init__(self) -> None:
        self.today = clock.now()
        self.steps = 0
        self._moved = timedelta()
        self._waiting: list[tuple[datetime, int, Story]] = []
        self._order = itertools.count()

    def ago(self, days: float) -> datetime:
        """The moment so many days before today."""
        return self.today - timedelta(days=days)

    def tell(self, at: datetime, story: Story) -> None:
        """Let a story begin at that moment."""
        heapq.heappush(self._waiting, (at, next(self._order), story))

    def go_on(self) -> datetime | None:
        """Do the next step of the story whose turn it is; None when all that is left lies after today."""
        if not self._waiting or self._waiting[0][0] > self.today:
            return None
        at, _, story = heapq.heappop(self._waiting)
        with db.unit_of_work():
            by = at - clock.now()
            db.move_clock(by)
            following = next(story, None)
            runner.run_due()
        self._moved += by
        self.steps += 1
        if following is not None:
            self.tell(max(following, at), story)
        return at

    def set_out(self) -> None:
        """From now on no step waits for the disk: whoever is stopped on the way begins anew."""
        with db.unit_of_work():
            db.wait_for_disk(False)

    def come_back(self) -> None:
        """Business time is the real time again, and all that was made is on disk."""
        with db.unit_of_work():
            db.move_clock(-self._moved)
            db.wait_for_disk(True)


def later(days: float, *, hour: int = 10, minute: int = 0) -> datetime:
    """A working day about so many days from now, at that hour of the agency's zone."""
    local = (clock.now() + timedelta(days=days)).astimezone(clock.zone())
    while local.weekday() > 4:
        local += timedelta(days=1)
    return local.replace(hour=hour, minute=minute, second=0, microsecond=0)
