"""Does due background tasks inside this process and transaction; what does them is handed in by the application."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from uuid import UUID

from marketplace.core import db, tasks
from marketplace.core.tasks import Queue, Task

_handlers: Mapping[Task, Callable[[UUID, int], None]] = {}


def configure(handlers: Mapping[Task, Callable[[UUID, int], None]]) -> None:
    """Set the handlers: `marketplace` may not import the workers itself."""
    global _handlers
    _handlers = handlers


def run_due() -> None:
    """Do every task that is due, and what comes of it; a failure stops the generator, and is seen."""
    db.flush()
    while found := tasks.due(dict.fromkeys(Queue, 100)):
        for task_id, _queue in found:
            claimed = tasks.claim(task_id, lease=timedelta(minutes=10))
            if claimed is not None:
                _handlers[claimed.task](claimed.subject, claimed.wave)
                db.flush()
                tasks.finish(claimed)
