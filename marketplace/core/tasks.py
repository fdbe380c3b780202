"""Durable background tasks: the database is the truth, the broker only a doorbell."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, CheckConstraint, Index, Select, UniqueConstraint, func, literal, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import record
from marketplace.core.db import Model, session

NOBODY = UUID(int=0)
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


class Task(StrEnum):
    """Every background task by name; `queue` says who does it."""

    queue: Queue

    def __new__(cls, value: str, queue: Queue = Queue.MAINTENANCE) -> "Task":
        member = str.__new__(cls, value)
        member._value_ = value
        member.queue = queue
        return member

    SEND_MAIL = "send_mail", Queue.MAIL
    ALLOCATE_BATCH = "allocate_batch", Queue.MONEY
    OFFER_FROM_WAITLIST = "offer_from_waitlist", Queue.MONEY
    EXPIRE_VOUCHERS = "expire_vouchers", Queue.MONEY
    REMIND_HOLDERS = "remind_holders", Queue.MAIL
    CHASE_SCORERS = "chase_scorers", Queue.MONEY
    PASS_CLAIM = "pass_claim", Queue.MONEY
    ESCALATE_CLAIM = "escalate_claim", Queue.MAINTENANCE
    END_HOLDS = "end_holds", Queue.MONEY
    LAPSE_ENGAGEMENT = "lapse_engagement", Queue.MONEY
    REMIND_OF_BATCH = "remind_of_batch", Queue.MONEY
    REFUND_CO_PAYMENT = "refund_co_payment", Queue.MONEY
    CLOSE_CALL = "close_call", Queue.MONEY
    LAPSE_OFFER = "lapse_offer", Queue.MONEY
    WATCH_CEILING = "watch_ceiling", Queue.MONEY
    DRAW_WAITING_ROOM = "draw_waiting_room", Queue.MONEY
    WIND_DOWN_CALL = "wind_down_call", Queue.MONEY
    WIND_UP_CALLS = "wind_up_calls", Queue.MONEY
    TELL_OF_WINDING_DOWN = "tell_of_winding_down", Queue.MAINTENANCE
    CLOSE_JOB = "close_job", Queue.MAINTENANCE
    COMPARE_DELIVERABLE = "compare_deliverable", Queue.ETHICS
    ETHICS_CHECK = "ethics_check", Queue.ETHICS
    TRACE_BANK_IMPORT = "trace_bank_import", Queue.ETHICS
    CLOSE_REPLY = "close_reply", Queue.ETHICS
    INVITE_SURVEY = "invite_survey", Queue.SURVEYS
    REMIND_SURVEY = "remind_survey", Queue.SURVEYS
    CLOSE_SURVEY = "close_survey", Queue.SURVEYS
    ASSIGN_EVALUATION = "assign_evaluation", Queue.SURVEYS
    INVOICE_INSTALMENT = "invoice_instalment", Queue.MONEY
    REMIND_INSTALMENT = "remind_instalment", Queue.MONEY
    TAKE_RECEIPT = "take_receipt", Queue.MONEY
    TAKE_SET_OFF = "take_set_off", Queue.MONEY
    SEAL_AUDIT = "seal_audit", Queue.MAINTENANCE
    RECONCILE = "reconcile", Queue.MAINTENANCE
    END_MEMBERSHIPS = "end_memberships", Queue.MAINTENANCE
    PURGE_SESSIONS = "purge_sessions", Queue.MAINTENANCE


class BackgroundTask(Model):
    """One piece of work that must happen exactly once."""

    __tablename__ = "background_tasks"
    __table_args__ = (
        UniqueConstraint("kind", "subject", "wave"),
        CheckConstraint("status IN ('pending', 'done', 'dead', 'cancelled')", name="status"),
        Index("ix_background_tasks_due", "queue", "run_after", postgresql_where=text("status = 'pending'")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    kind: Mapped[str]
    queue: Mapped[str]
    subject: Mapped[UUID]
    wave: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(server_default="pending")
    run_after: Mapped[datetime] = mapped_column(server_default=func.app_now())
    created_at: Mapped[datetime] = mapped_column(server_default=func.app_now())
    finished_at: Mapped[datetime | None]
    lease_token: Mapped[UUID | None]
    lease_until: Mapped[datetime | None]
    rung_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(server_default="0")
    failures: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str | None]


class Heartbeat(Model):
    """When each part of the background was last seen alive, on the database's real clock."""

    __tablename__ = "heartbeats"

    name: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


@dataclass(frozen=True)
class Claim:
    """A task that this worker holds until its lease ends."""

    id: UUID
    token: UUID
    task: Task
    subject: UUID
    wave: int


class LeaseLost(Exception):
    """Another worker owns the task now; what was done here is thrown away."""


def schedule(task: Task, subject: UUID, *, wave: int = 0, run_after: datetime | None = None) -> None:
    """Ask for a task in the same transaction as the change that needs it; once per (task, subject, wave)."""
    values = {"id": uuid4(), "kind": task.value, "queue": task.queue.value, "subject": subject, "wave": wave}
    if run_after is not None:
        values["run_after"] = run_after
    made = session.scalar(insert(BackgroundTask).values(**values).on_conflict_do_nothing().returning(BackgroundTask.id))
    if made is not None and (run_after is None or run_after <= clock.now()):
        session.info.setdefault("bells", []).append((made, task.queue))


def schedule_all(task: Task, subjects: Select[UUID]) -> None:
    """Ask for a task for each row of a select of ids; the sweeper rings for them, as many as the queue takes."""
    rows = subjects.add_columns(func.gen_random_uuid(), literal(task.value), literal(task.queue.value), literal(0))
    names = ["subject", "id", "kind", "queue", "wave"]
    made = insert(BackgroundTask).from_select(names, rows, include_defaults=False)
    session.execute(made.on_conflict_do_nothing())


_ring: Callable[[UUID, str], None] | None = None


def ring_after_commit(ring: Callable[[UUID, str], None]) -> None:
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
    for task_id, queue in stored.info.pop("bells", []):
        if _ring is not None:
            _ring(task_id, queue)


def claim(task_id: UUID, *, lease: timedelta) -> Claim | None:
    """Take a due task whose lease is free, on the database's clock; None if somebody else has or had it."""
    token = uuid4()
    row = session.execute(
        text(
            """
            UPDATE background_tasks
               SET lease_token = :token, lease_until = clock_timestamp() + :lease, attempts = attempts + 1
             WHERE id = :id AND status = 'pending' AND run_after <= app_now()
               AND (lease_until IS NULL OR lease_until < clock_timestamp())
            RETURNING kind, subject, wave
            """
        ),
        {"token": token, "lease": lease, "id": task_id},
    ).first()
    return None if row is None else Claim(task_id, token, Task(row.kind), row.subject, row.wave)


def finish(claimed: Claim) -> None:
    """Mark the work done in the work's own transaction; LeaseLost if the claim is no longer ours."""
    done = session.execute(
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
    session.execute(
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
    session.execute(
        text(
            """
            UPDATE background_tasks SET status = 'dead', last_error = coalesce(last_error, 'its worker died each time')
             WHERE status = 'pending' AND attempts >= :most
               AND (lease_until IS NULL OR lease_until < clock_timestamp())
            """
        ),
        {"most": MAX_ATTEMPTS},
    )
    rows = session.execute(
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


def beat(name: str) -> None:
    """Say that this part of the background is alive."""
    session.execute(
        insert(Heartbeat)
        .values(name=name)
        .on_conflict_do_update(index_elements=["name"], set_={"beat_at": func.clock_timestamp()})
    )


def seconds_since_beat(name: str) -> float | None:
    """Real seconds since the last heartbeat of this name; None if there never was one."""
    age = func.extract("epoch", func.clock_timestamp() - Heartbeat.beat_at)
    value = session.scalar(select(age).where(Heartbeat.name == name))
    return None if value is None else float(value)


def oldest_waiting_seconds() -> float:
    """For how long the oldest due task has been waiting, in seconds of business time; 0 if none waits."""
    oldest = session.scalar(
        select(func.min(BackgroundTask.run_after)).where(
            BackgroundTask.status == "pending", BackgroundTask.run_after <= func.app_now()
        )
    )
    return 0.0 if oldest is None else max(0.0, (clock.now() - oldest).total_seconds())


def retry(task_id: UUID, *, actor: Actor) -> None:
    """Give a dead task another five attempts."""
    task = db.get(BackgroundTask, task_id, lock=True)
    if task.status != "dead":
        return
    session.execute(
        text(
            "UPDATE background_tasks SET status = 'pending', failures = 0, attempts = 0, run_after = app_now(),"
            " rung_at = NULL, lease_token = NULL, lease_until = NULL WHERE id = :id"
        ),
        {"id": task_id},
    )
    record(actor, "task.retry", ("background_tasks", task_id), after={"kind": task.kind})


def cancel(task: Task, subject: UUID) -> None:
    """Withdraw the pending tasks of this kind for this subject."""
    session.execute(
        text(
            "UPDATE background_tasks SET status = 'cancelled', finished_at = app_now()"
            " WHERE kind = :kind AND subject = :subject AND status = 'pending'"
        ),
        {"kind": task.value, "subject": subject},
    )
