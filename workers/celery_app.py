"""The Celery application: the doorbell, the runner of durable tasks, and the sweeper that rings again."""

import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import redis
import structlog
from celery import Celery, signals
from kombu.exceptions import OperationalError

from config.settings import Settings
from marketplace.core import db, logging, task_queue, tasks
from marketplace.core.task_queue import Claim, LeaseLost, Queue

log = structlog.get_logger()

LEASE = timedelta(seconds=120)
SOFT_LIMIT, HARD_LIMIT = 90, 100
# Ringing further into a long queue only makes messages that nobody reads.
DEEPEST_QUEUE = 200
# How long nobody rings after the broker failed.
QUIET_SECONDS = 15
# How long whoever has just stored something waits for a broker that says nothing.
RING_SECONDS = 0.5
# A worker asks for its next task and is answered within a second, if only that there is none.
LISTEN_SECONDS = 5

celery = Celery("marketplace")


def connect(settings: Settings, context: Callable[[], AbstractContextManager[Any]]) -> None:
    """Point Celery at the broker; every task runs inside `context`, which knows languages and settings."""
    celery.conf.update(
        broker_url=settings.broker_url,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_transport_options={
            # Whoever rings doesn't wait for another try; a worker connects again by itself.
            "max_retries": 0,
            "socket_timeout": RING_SECONDS,
            "socket_connect_timeout": RING_SECONDS,
            "visibility_timeout": 3600,
            "global_keyprefix": settings.data_dir.name if settings.testing else "",
        },
        task_serializer="json",
        accept_content=["json"],
        task_ignore_result=True,
        task_acks_late=False,
        task_publish_retry=False,
        worker_prefetch_multiplier=1,
        task_soft_time_limit=SOFT_LIMIT,
        task_time_limit=HARD_LIMIT,
        task_default_queue=Queue.MAINTENANCE.value,
        worker_redirect_stdouts=False,
        worker_enable_remote_control=False,
        timezone="UTC",
    )
    _Runtime.settings, _Runtime.context, _Runtime.quiet_until = settings, context, 0.0


def listen() -> None:
    """This process waits for tasks from now on: it gives the broker longer than whoever only rings."""
    celery.conf.broker_transport_options["socket_timeout"] = LISTEN_SECONDS


class _Runtime:
    settings: Settings
    context: Callable[[], AbstractContextManager[Any]] = nullcontext
    quiet_until = 0.0  # on the monotonic clock


@signals.setup_logging.connect
def _own_log(**_: Any) -> None:
    """What Celery reports goes where everything goes."""
    logging.take_over()


@signals.worker_process_init.connect
def _own_connections(**_: Any) -> None:
    """A forked worker must not share its parent's database connections."""
    db.connect(_Runtime.settings.database_url, statement_timeout=timedelta(seconds=60), pool_size=2)


def ring(bells: Iterable[tuple[UUID, str]]) -> None:
    """Hint workers of tasks in their queues; whatever goes wrong here, the sweeper rings again.

    Whoever has just stored something waits here: a broker that failed is left alone for a while.
    """
    if time.monotonic() < _Runtime.quiet_until:
        return
    try:
        for task_id, queue in bells:
            run.apply_async(args=[str(task_id)], queue=queue, retry=False)
    except (OperationalError, OSError, redis.RedisError) as error:
        _Runtime.quiet_until = time.monotonic() + QUIET_SECONDS
        log.warning("broker out of reach; the sweeper will ring", error=str(error))


def broker_answers() -> bool:
    """True while the broker answers."""
    with redis.Redis.from_url(_Runtime.settings.redis_url, socket_timeout=2, socket_connect_timeout=2) as client:
        return bool(client.ping())


@celery.task(name="run")
def run(task_id: str) -> None:
    """Do one durable task, exactly once, or give it back."""
    work(UUID(task_id))


def work(task_id: UUID, *, lease: timedelta = LEASE) -> bool:
    """Claim, do and finish a task; False if it wasn't there to be had."""
    with db.unit_of_work():
        claimed = task_queue.claim(task_id, lease=lease)
    if claimed is None:
        return False
    began = time.monotonic()
    logging.begin(claimed.request_id or uuid4().hex[:12], task=claimed.name, task_id=str(task_id))
    try:
        with _Runtime.context(), db.unit_of_work():
            if _Runtime.settings.clock_may_move:
                db.load_clock()
            tasks.perform(claimed.name, claimed.key, claimed.arguments)
            task_queue.finish(claimed)
        log.info("task done", ms=round((time.monotonic() - began) * 1000))
    except LeaseLost:
        log.warning("lease lost; the work is thrown away")
        return False
    except Exception as error:
        log.exception("task failed")
        _give_back(claimed, error)
        return False
    finally:
        logging.end()
    return True


def _give_back(claimed: Claim, error: Exception) -> None:
    with db.unit_of_work():
        task_queue.fail(claimed, f"{type(error).__name__}: {error}")


@celery.task(name="sweep")
def sweep() -> int:
    """Ring for what is due and wasn't heard, and say that the background is alive."""
    with db.unit_of_work():
        task_queue.beat("worker")
    room = {queue: DEEPEST_QUEUE - depth for queue, depth in _waiting_messages().items() if depth < DEEPEST_QUEUE}
    with db.unit_of_work():
        due = task_queue.due(room)
    ring(due)
    return len(due)


@celery.task(name="tick")
def tick(name: str) -> None:
    """Ask for the current slot of a timed task; two schedulers make one row."""
    with db.unit_of_work():
        if _Runtime.settings.clock_may_move:
            db.load_clock()
        tasks.schedule_slot(name)


def _waiting_messages() -> dict[Queue, int]:
    prefix = celery.conf.broker_transport_options.get("global_keyprefix", "")
    with redis.Redis.from_url(_Runtime.settings.redis_url, socket_timeout=5) as client:
        return {queue: int(client.llen(f"{prefix}{queue.value}")) for queue in Queue}
