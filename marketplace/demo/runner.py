"""Does due background tasks inside this process and transaction; what does them is handed in by the application."""

from collections.abc import Callable, Mapping
from uuid import UUID

from sqlalchemy import text

from marketplace.core import db
from marketplace.core.tasks import Task

# Done by this process in this very transaction, so that nobody else needs to be told that it has begun.
TAKE_DUE = text(
    "UPDATE background_tasks SET status = 'done', finished_at = app_now(), attempts = attempts + 1"
    " WHERE status = 'pending' AND run_after <= app_now() RETURNING run_after, kind, subject, wave"
)

_handlers: Mapping[Task, Callable[[UUID, int], None]] = {}


def configure(handlers: Mapping[Task, Callable[[UUID, int], None]]) -> None:
    """Set the handlers: `marketplace` may not import the workers itself."""
    global _handlers
    _handlers = handlers


def run_due() -> None:
    """Do every task that is due, and what comes of it; a failure stops the generator, and is seen."""
    db.flush()
    while due := sorted(db.session.execute(TAKE_DUE).all()):
        for _run_after, task, subject, wave in due:
            _handlers[Task(task)](subject, wave)
            db.flush()
