"""Does due background tasks inside this process and transaction."""

from sqlalchemy import text

from marketplace.core import db, tasks

# Done by this process in this very transaction, so that nobody else needs to be told that it has begun.
TAKE_DUE = text(
    "UPDATE background_tasks SET status = 'done', finished_at = app_now(), attempts = attempts + 1"
    " WHERE status = 'pending' AND run_after <= app_now() RETURNING run_after, name, key, arguments"
)


def run_due() -> None:
    """Do every task that is due, and what comes of it; a failure stops the generator, and is seen."""
    db.flush()
    while due := db.session.execute(TAKE_DUE).all():
        for _run_after, name, key, arguments in sorted(due, key=lambda row: row[:3]):
            tasks.perform(name, key, arguments)
            db.flush()
