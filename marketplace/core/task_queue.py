"""The table of background tasks: the database is the truth about work to be done, the broker only a doorbell."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.core import clock, db, logging
from marketplace.core.actors import Actor
from marketplace.core.audit import record
from marketplace.core.db import Model
from marketplace.core.i18n import _
from marketplace.core.states import TextChoices

MAX_FAILURES = 5
# A task whose worker dies each time is given up as well, but not for a few unlucky crashes.
MAX_ATTEMPTS = 20


class Queue(StrEnum):
    """The queues that workers consume."""

    ETHICS = "ethics"
    SURVEYS = "surveys"
    MAIL = "mail"
    MONEY = "money"
    MAINTENANCE = "maintenance"
    DOWNLOADS = "downloads"


class TaskStatus(TextChoices):
    """Where a task stands; those given up come first, since they need a person."""

    DEAD = "dead", _("Given up")
    PENDING = "pending", _("Waiting")
    DONE = "done", _("Done")
    CANCELLED = "cancelled", _("Cancelled")


class BackgroundTask(Model):
    """One piece of work that must happen exactly once: a declared task, and what this piece of it is about."""

    __tablename__ = "background_tasks"
    __table_args__ = (
        UniqueConstraint("name", "key"),
        CheckConstraint("status IN ('pending', 'done', 'dead', 'cancelled')", name="status"),
        Index("ix_background_tasks_due", "queue", "run_after", postgresql_where=text("status = 'pending'")),
        Index("ix_background_tasks_created_at", "created_at"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    name: Mapped[str]
    queue: Mapped[Queue]
    # By bytes, so that the index of the unique constraint also knows all keys with the same beginning.
    key: Mapped[str] = mapped_column(Text(collation="C"))
    arguments: Mapped[dict[str, Any]]
    status: Mapped[TaskStatus] = mapped_column(server_default=TaskStatus.PENDING)
    run_after: Mapped[datetime] = mapped_column(server_default=func.app_now())
    created_at: Mapped[datetime] = mapped_column(server_default=func.app_now())
    finished_at: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    rung_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    failures: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str | None]
    # Of the web request that asked for it, as the log names it.
    request_id: Mapped[str | None]


class Heartbeat(Model):
    """When each part of the background was last seen alive, on the database's real clock."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


@dataclass(frozen=True)
class NewTask:
    """A row to be written; its arguments are plain JSON. Without `run_after` it is due at once."""

    name: str
    queue: Queue
    key: str
    arguments: Mapping[str, str | int]
    run_after: datetime | None = None
    request_id: str | None = field(default_factory=logging.request_id)
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True)
class Claim:
    """A task that this worker holds until its lease ends."""

    id: UUID
    token: UUID
    name: str
    key: str
    arguments: Mapping[str, Any]
    request_id: str | None


class LeaseLost(Exception):
    """Another worker owns the task now; what was done here is thrown away."""


WRITE = text(
    """
    INSERT INTO background_tasks (id, name, queue, key, arguments, run_after, request_id)
    SELECT id, name, queue, key, arguments, coalesce(run_after, app_now()), request_id
      FROM json_to_recordset(CAST(:tasks AS json))
        AS task (id uuid, name text, queue text, key text, arguments jsonb, run_after timestamptz, request_id text)
    ON CONFLICT (name, key) DO NOTHING
    RETURNING id, queue, run_after <= app_now() AS is_due
    """
)


def write(tasks: Sequence[NewTask]) -> None:
    """Write the rows in one statement, each once per name and key; the bells for those due ring after the commit."""
    if not tasks:
        return
    made = db.session.execute(WRITE, {"tasks": json.dumps([vars(task) for task in tasks], default=str)})
    db.session.info.setdefault("bells", []).extend((row.id, row.queue) for row in made if row.is_due)


_ring: Callable[[list[tuple[UUID, str]]], None] | None = None


def ring_after_commit(ring: Callable[[list[tuple[UUID, str]]], None]) -> None:
    """Hint the workers of fresh tasks once they are stored; a lost hint is repeated by the sweeper."""
    global _ring
    _ring = ring
    db.after_commit(_ring_bells)


@contextmanager
def silent() -> Iterator[None]:
    """Inside the block nobody is hinted: whoever works here does the tasks itself."""
    global _ring
    usual, _ring = _ring, None
    try:
        yield
    finally:
        _ring = usual


def _ring_bells(stored: Session) -> None:
    bells = stored.info.pop("bells", [])
    if bells and _ring is not None:
        _ring(bells)


def claim(task_id: UUID, *, lease: timedelta) -> Claim | None:
    """Take a due task whose lease is free, on the database's clock; None if somebody else has or had it."""
    token = uuid4()
    row = db.session.execute(
        text(
            """
            UPDATE background_tasks
               SET lease_token = :token, lease_until = clock_timestamp() + :lease, attempts = attempts + 1
             WHERE id = :id AND status = 'pending' AND run_after <= app_now()
               AND (lease_until IS NULL OR lease_until < clock_timestamp())
            RETURNING name, key, arguments, request_id
            """
        ),
        {"token": token, "lease": lease, "id": task_id},
    ).first()
    return None if row is None else Claim(task_id, token, *row)


def finish(claimed: Claim) -> None:
    """Mark the work done in the work's own transaction; LeaseLost if the claim is no longer ours."""
    done = db.session.execute(
        text(
            """
            UPDATE background_tasks
               SET status = 'done', finished_at = app_now(), lease_token = NULL, lease_until = NULL, last_error = NULL
             WHERE id = :id AND lease_token = :token AND status = 'pending'
            RETURNING id
            """
        ),
        {"id": claimed.id, "token": claimed.token},
    ).first()
    if done is None:
        raise LeaseLost(claimed.id)


def fail(claimed: Claim, error: str) -> None:
    """Give the task back with a growing delay; after five failures it is dead and an administrator sees it."""
    db.session.execute(
        text(
            """
            UPDATE background_tasks
               SET failures = failures + 1, last_error = :error, lease_token = NULL, lease_until = NULL,
                   run_after = app_now() + interval '10 seconds' * power(3, failures),
                   status = CASE WHEN failures + 1 >= :most THEN 'dead' ELSE 'pending' END
             WHERE id = :id AND lease_token = :token
            """
        ),
        {"id": claimed.id, "token": claimed.token, "error": error[:2000], "most": MAX_FAILURES},
    )


def due(room: Mapping[Queue, int]) -> list[tuple[UUID, str]]:
    """Due tasks to ring for, up to so many of each queue, marked as rung; any number of sweepers may run at once.

    By queue, so that thousands of mails never keep the money waiting.
    """
    db.session.execute(
        text(
            """
            UPDATE background_tasks SET status = 'dead', last_error = coalesce(last_error, 'its worker died each time')
             WHERE status = 'pending' AND attempts >= :most
               AND (lease_until IS NULL OR lease_until < clock_timestamp())
            """
        ),
        {"most": MAX_ATTEMPTS},
    )
    rows = db.session.execute(
        text(
            """
            UPDATE background_tasks SET rung_at = clock_timestamp()
             WHERE id IN (SELECT found.id
                            FROM unnest(CAST(:queues AS text[]), CAST(:rooms AS int[])) AS each (name, room), LATERAL (
                               SELECT id FROM background_tasks
                                WHERE status = 'pending' AND queue = each.name AND run_after <= app_now()
                                  AND (lease_until IS NULL OR lease_until < clock_timestamp())
                                  AND (rung_at IS NULL OR rung_at < clock_timestamp() - interval '10 seconds')
                                ORDER BY run_after LIMIT each.room FOR UPDATE SKIP LOCKED) AS found)
            RETURNING id, queue
            """
        ),
        {"queues": [queue.value for queue in room], "rooms": list(room.values())},
    )
    return [(row.id, row.queue) for row in rows]


def cancel(name: str, key: str) -> None:
    """Withdraw the pending tasks of this name whose key is this one or goes on from it."""
    # All texts that begin with "key:" lie between it and "key;", the next sign.
    goes_on = (BackgroundTask.key >= f"{key}:") & (BackgroundTask.key < f"{key};")
    db.session.execute(
        update(BackgroundTask)
        .where(BackgroundTask.name == name, BackgroundTask.status == TaskStatus.PENDING)
        .where(or_(BackgroundTask.key == key, goes_on))
        .values(status=TaskStatus.CANCELLED, finished_at=func.app_now())
        .execution_options(synchronize_session=False)
    )


def retry(task_id: UUID, *, actor: Actor) -> None:
    """Give a dead task another five attempts."""
    task = db.get(BackgroundTask, task_id, lock=True)
    if task.status != TaskStatus.DEAD:
        return
    db.session.execute(
        text(
            "UPDATE background_tasks SET status = 'pending', failures = 0, attempts = 0, run_after = app_now(),"
            " rung_at = NULL, lease_token = NULL, lease_until = NULL WHERE id = :id"
        ),
        {"id": task_id},
    )
    record(actor, "task.retry", ("background_tasks", task_id), after={"name": task.name, "key": task.key})


def delete_finished(kept: Mapping[str, timedelta]) -> None:
    """Delete the done and withdrawn rows of each name that ended longer ago than they are kept."""
    db.session.execute(
        text(
            """
            DELETE FROM background_tasks
             USING unnest(CAST(:names AS text[]), CAST(:spans AS interval[])) AS kept (name, span)
             WHERE background_tasks.name = kept.name AND status IN ('done', 'cancelled')
               AND finished_at < app_now() - kept.span
            """
        ),
        {"names": list(kept), "spans": list(kept.values())},
    )


def beat(name: str) -> None:
    """Say that this part of the background is alive."""
    db.session.execute(
        insert(Heartbeat)
        .values(name=name)
        .on_conflict_do_update(index_elements=["name"], set_={"beat_at": func.clock_timestamp()})
    )


def seconds_since_beat(name: str) -> float | None:
    """Real seconds since the last heartbeat of this name; None if there never was one."""
    age = func.extract("epoch", func.clock_timestamp() - Heartbeat.beat_at)
    value = db.session.scalar(select(age).where(Heartbeat.name == name))
    return None if value is None else float(value)


def oldest_waiting_seconds() -> float:
    """For how long the oldest due task has been waiting, in seconds of business time; 0 if none waits."""
    oldest = db.session.scalar(
        select(func.min(BackgroundTask.run_after)).where(
            BackgroundTask.status == TaskStatus.PENDING, BackgroundTask.run_after <= func.app_now()
        )
    )
    return 0.0 if oldest is None else max(0.0, (clock.now() - oldest).total_seconds())
