"""The timetable, made from the tasks that say how often they are done."""

from typing import Any

from marketplace.core.task_queue import Queue
from marketplace.core.tasks import DECLARED

# How often the sweeper looks for due work that no bell was heard for, in seconds.
SWEEP_SECONDS = 2
# How often each timed task is asked for; the database keeps one row for each stretch of time.
TICK_SECONDS = 30


def timetable() -> dict[str, dict[str, Any]]:
    """The timetable in Celery's form."""
    maintenance = {"queue": Queue.MAINTENANCE.value, "expires": TICK_SECONDS}
    sweep = {"task": "sweep", "schedule": SWEEP_SECONDS, "options": {**maintenance, "expires": SWEEP_SECONDS * 5}}
    return {"sweep": sweep} | {
        name: {"task": "tick", "schedule": TICK_SECONDS, "args": [name], "options": maintenance}
        for name, task in DECLARED.items()
        if task.every is not None
    }
