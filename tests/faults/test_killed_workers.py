"""Workers killed with -9 and a broker that forgets: every check done once, every survey made once, mail sent once."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

import pytest
import redis
from flask import Flask
from sqlalchemy import func, select, text

from config.settings import Settings
from marketplace.core import db
from marketplace.core.task_queue import BackgroundTask
from marketplace.ethics.models import EthicsCheck
from marketplace.notifications.models import Message
from marketplace.surveys.models import Survey
from tests.factories.crowd import make_crowd
from tests.mail_server import MailServer

PATIENCE_SECONDS = 240
# One process: one kill is one crash.
WORKER = ("worker", "--concurrency", "1")


@contextmanager
def background(settings: Settings, mail: MailServer, *words: str) -> Iterator[subprocess.Popen[bytes]]:
    """A real worker or scheduler in a process group of its own."""
    env = {
        **{name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ},
        "TESTING": "1",
        "DATA_DIR": str(settings.data_dir),
        "DATABASE_URL": settings.database_url,
        "OWNER_DATABASE_URL": settings.owner_database_url,
        "REDIS_URL": settings.redis_url,
        "SMTP_URL": mail.url,
    }
    program = Path(sys.executable).with_name("marketplace")
    with (settings.data_dir / f"{words[0]}.log").open("ab") as log:
        process = subprocess.Popen([program, *words], env=env, stdout=log, stderr=log, start_new_session=True)
    try:
        yield process
    finally:
        kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group at once, as a power cut would."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=30)


def count_done() -> int:
    """How many background tasks are done."""
    db.rollback()
    return db.session.scalar(select(func.count()).where(BackgroundTask.status == "done")) or 0


def wait_for(more_than: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until more tasks are done than this."""
    end = time.monotonic() + PATIENCE_SECONDS
    while count_done() <= more_than:
        assert process.poll() is None, "the worker ended by itself"
        assert time.monotonic() < end, "no task was done"
        time.sleep(0.02)


def pending_now() -> int:
    """Tasks that are due and not done; later ones (reminders, closing) don't count."""
    db.rollback()
    due = select(func.count()).where(BackgroundTask.status == "pending", BackgroundTask.run_after <= func.app_now())
    return db.session.scalar(due) or 0


def let_leases_pass() -> None:
    """The time of every lease is over; called only while no worker lives."""
    db.session.execute(text("UPDATE background_tasks SET lease_until = clock_timestamp() WHERE status = 'pending'"))
    db.commit()


def run_story(
    app: Flask, settings: Settings, valkey: "redis.Redis", mail: MailServer, *, count: int, kills: int
) -> None:
    """Finish engagements, kill the worker so many times, flush the broker each other time; then let it end."""
    chance = random.Random(20261123)
    with app.app_context():
        engagements = make_crowd(settings, count)
        with background(settings, mail, "scheduler"):
            for number in range(kills):
                with background(settings, mail, *WORKER) as worker:
                    wait_for(count_done(), worker)
                    time.sleep(chance.uniform(0.0, 0.3))
                    kill(worker)
                let_leases_pass()
                if number % 2 == 0:
                    valkey.flushdb()
            assert pending_now() > 0, "the work was over before the last kill"
            with background(settings, mail, *WORKER) as worker:
                end = time.monotonic() + PATIENCE_SECONDS
                while pending_now():
                    assert worker.poll() is None
                    assert time.monotonic() < end, "tasks were lost"
                    time.sleep(0.2)
        check_everything_happened_once(engagements, mail, kills=kills)


def check_everything_happened_once(engagements: list[UUID], mail: MailServer, *, kills: int) -> None:
    """One check, one survey per side, one mail per survey; a crash costs at most one more, with the same Message-ID."""
    db.rollback()
    # The own share was paid in time, which calls off the lapse that waited for its due date.
    asked_for = BackgroundTask.name != "lapse_engagement"
    statuses = set(db.session.scalars(select(BackgroundTask.status).where(asked_for)))
    assert statuses <= {"done", "pending"}
    checks = Counter(db.session.scalars(select(EthicsCheck.engagement_id).where(EthicsCheck.occasion == "finish")))
    assert checks == Counter(engagements)
    surveys = Counter(db.session.execute(select(Survey.engagement_id, Survey.side)).all())
    assert surveys == Counter((engagement, side) for engagement in engagements for side in ("sme", "provider"))
    invited = db.session.scalars(select(Message.message_id).where(Message.template == "surveys/invitation")).all()
    assert len(invited) == len(set(invited)) == 2 * len(engagements)
    sent = Counter(str(message["Message-ID"]).strip("<>").partition("@")[0] for message in mail.messages)
    assert set(invited) <= set(sent)
    assert sum(sent.values()) - len(sent) <= kills


def test_nothing_is_lost_or_done_twice(
    app: Flask, real_database: Settings, valkey: "redis.Redis", mail_server: MailServer
) -> None:
    run_story(app, real_database, valkey, mail_server, count=20, kills=1)


@pytest.mark.slow
def test_nothing_is_lost_or_done_twice_in_a_long_night(
    app: Flask, real_database: Settings, valkey: "redis.Redis", mail_server: MailServer
) -> None:
    run_story(app, real_database, valkey, mail_server, count=200, kills=20)
