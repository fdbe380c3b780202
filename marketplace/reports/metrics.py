"""What Prometheus is told of the service's state: what waits, what failed, what room there is."""

import os
from collections.abc import Iterator
from pathlib import Path

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError

from marketplace.claims.models import BankEntry
from marketplace.claims.queries import UNASSIGNED
from marketplace.core import db
from marketplace.core.task_queue import BackgroundTask, Queue, TaskStatus, seconds_since_beat
from marketplace.notifications.models import Message
from marketplace.notifications.states import MessageStatus

CONNECTIONS = text(
    "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity WHERE datname = current_database()"
)
NEVER = 1e9
"""Seconds since something that has not happened yet."""


class State(Collector):
    """Asks when it is read; a database that doesn't answer is told of as such, and the rest all the same."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Each figure with its name and meaning."""
        disk = os.statvfs(self.folder)
        yield _gauge("disk_free_bytes", "Room on the disk of DATA_DIR.", disk.f_bavail * disk.f_frsize)
        try:
            stored = list(_stored())
        except OperationalError:
            db.rollback()
            stored = []
        yield _gauge("database_up", "1 while the database answers.", int(bool(stored)))
        yield from stored


def _stored() -> Iterator[GaugeMetricFamily]:
    connections, limit = db.session.execute(CONNECTIONS).one()
    yield _gauge("database_connections", "Connections to this database, of whatever process.", connections)
    yield _gauge("database_connections_limit", "Connections that the server takes in all.", limit)
    yield _gauge("worker_silent_seconds", "Time since a worker was heard.", seconds_since_beat("worker") or NEVER)
    yield from _queues()
    dead = select(func.count()).where(BackgroundTask.status == TaskStatus.DEAD)
    yield _gauge("tasks_dead", "Background tasks that were given up.", db.session.scalar(dead))
    unmatched = select(func.count()).select_from(BankEntry).where(*UNASSIGNED)
    yield _gauge("bank_entries_unmatched", "Movements of money that nobody has assigned.", db.session.scalar(unmatched))
    unsent = select(Message.status, func.count()).where(Message.status != MessageStatus.SENT).group_by(Message.status)
    mails = dict(db.session.execute(unsent).all())
    yield _gauge("mails_waiting", "Mails not handed over yet.", mails.get(MessageStatus.QUEUED, 0))
    yield _gauge("mails_failed", "Mails that the mail server refused for good.", mails.get(MessageStatus.FAILED, 0))


def _queues() -> Iterator[GaugeMetricFamily]:
    """Due tasks of each queue, and how long the oldest waits in business time."""
    age = func.extract("epoch", func.app_now() - func.min(BackgroundTask.run_after))
    due = BackgroundTask.status == TaskStatus.PENDING, BackgroundTask.run_after <= func.app_now()
    waiting = select(BackgroundTask.queue, func.count(), age).where(*due).group_by(BackgroundTask.queue)
    queues = {queue: (count, seconds) for queue, count, seconds in db.session.execute(waiting)}
    lengths = GaugeMetricFamily("marketplace_queue_tasks", "Due background tasks.", labels=["queue"])
    ages = GaugeMetricFamily("marketplace_queue_oldest_seconds", "How long the oldest has been due.", labels=["queue"])
    for queue in Queue:
        count, seconds = queues.get(queue, (0, 0))
        lengths.add_metric([queue.value], count)
        ages.add_metric([queue.value], float(seconds))
    yield from (lengths, ages)


def _gauge(name: str, meaning: str, value: float | None) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"marketplace_{name}", meaning, value=float(value or 0))
