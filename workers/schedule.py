"""The whole timetable: what happens by itself, and how often."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from marketplace.core import clock
from marketplace.core.tasks import Queue, Task


@dataclass(frozen=True)
class Slot:
    """A task asked for once in every stretch of business time this long, however many schedulers run."""

    task: Task
    every: timedelta


SLOTS: Sequence[Slot] = (
    # Chain new audit entries and sign the head.
    Slot(Task.SEAL_AUDIT, timedelta(minutes=1)),
    # Vouchers end with the day on which they expire; what is left of them goes back.
    Slot(Task.EXPIRE_VOUCHERS, timedelta(minutes=10)),
    # Holders of vouchers are reminded when parts of the validity have passed.
    Slot(Task.REMIND_HOLDERS, timedelta(hours=1)),
    # Evaluators are reminded, and others asked where no score came in time.
    Slot(Task.CHASE_SCORERS, timedelta(hours=1)),
    # A call that is winding down ends once nothing of it is in flight.
    Slot(Task.WIND_UP_CALLS, timedelta(hours=1)),
    # Holds end by themselves.
    Slot(Task.END_HOLDS, timedelta(minutes=10)),
    # Payments leave in weekly batches, made by two officers; they are reminded of it.
    Slot(Task.REMIND_OF_BATCH, timedelta(days=1)),
    # Mandates and memberships end on their day.
    Slot(Task.END_MEMBERSHIPS, timedelta(hours=1)),
    # The books are proved once a day, and the result is published.
    Slot(Task.RECONCILE, timedelta(days=1)),
    # Rows of sessions long over, and one-time keys long spent.
    Slot(Task.PURGE_SESSIONS, timedelta(hours=6)),
)

# How often the sweeper looks for due work that no bell was heard for, in seconds.
SWEEP_SECONDS = 2
# How often each slot is asked for; the database keeps one row a slot.
TICK_SECONDS = 30


def slot_number(moment: datetime, every: timedelta) -> int:
    """Which stretch of this length the moment lies in; a day is the agency's, from its midnight to the next."""
    if every == timedelta(days=1):
        return moment.astimezone(clock.zone()).date().toordinal()
    return int(moment.timestamp()) // int(every.total_seconds())


def timetable() -> dict[str, dict[str, Any]]:
    """The timetable in Celery's form."""
    maintenance = {"queue": Queue.MAINTENANCE.value, "expires": TICK_SECONDS}
    entries: dict[str, dict[str, Any]] = {
        "sweep": {"task": "sweep", "schedule": SWEEP_SECONDS, "options": {**maintenance, "expires": SWEEP_SECONDS * 5}}
    }
    for slot in SLOTS:
        seconds = int(slot.every.total_seconds())
        entries[slot.task.value] = {
            "task": "tick",
            "schedule": min(TICK_SECONDS, seconds),
            "args": [slot.task.value, seconds],
            "options": maintenance,
        }
    return entries
