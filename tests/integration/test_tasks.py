"""Durable tasks: asked for with the change, done once, given back, given up, and shown when dead."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, text

from marketplace.core import clock, db, tasks
from marketplace.core.actors import SYSTEM
from marketplace.core.tasks import BackgroundTask, LeaseLost, Queue, Task
from tests import business_time
from workers import celery_app
from workers.schedule import slot_number

LEASE = timedelta(seconds=60)
ROOM = dict.fromkeys(Queue, 10)


@pytest.fixture
def handled(monkeypatch):
    """Subjects that the handler of SEND_MAIL was called with."""
    calls = []
    monkeypatch.setitem(celery_app.handlers, Task.SEND_MAIL, lambda subject, wave: calls.append(subject))
    return calls


def ask(subject=None, **options):
    subject = subject or uuid4()
    with db.unit_of_work():
        tasks.schedule(Task.SEND_MAIL, subject, **options)
    return db.session.scalars(select(BackgroundTask).where(BackgroundTask.subject == subject)).one()


def test_a_task_is_asked_for_once(real_database):
    subject = uuid4()
    ask(subject)
    ask(subject)
    assert db.session.query(BackgroundTask).count() == 1


def test_a_task_goes_with_its_change_when_that_is_undone(real_database):
    with pytest.raises(RuntimeError), db.unit_of_work():
        tasks.schedule(Task.SEND_MAIL, uuid4())
        raise RuntimeError
    assert db.session.query(BackgroundTask).count() == 0


def test_doubled_and_late_messages_change_nothing(real_database, handled):
    task = ask()
    assert celery_app.work(task.id) is True
    assert celery_app.work(task.id) is False
    assert handled == [task.subject]


def test_a_forged_message_changes_nothing(real_database, handled):
    assert celery_app.work(uuid4()) is False


def test_a_claimed_task_is_nobody_elses_until_the_lease_ends(real_database):
    task = ask()
    with db.unit_of_work():
        assert tasks.claim(task.id, lease=LEASE)
    with db.unit_of_work():
        assert tasks.claim(task.id, lease=LEASE) is None
        db.session.execute(text("UPDATE background_tasks SET lease_until = clock_timestamp() - interval '1 second'"))
        assert tasks.claim(task.id, lease=LEASE)


def test_whoever_lost_the_lease_throws_the_work_away(real_database):
    task = ask()
    with db.unit_of_work():
        slow = tasks.claim(task.id, lease=timedelta(seconds=-1))
        assert tasks.claim(task.id, lease=LEASE)
    with pytest.raises(LeaseLost), db.unit_of_work():
        tasks.finish(slow)


def test_five_failures_make_a_task_dead_and_an_administrator_can_retry(real_database, monkeypatch):
    def break_down(subject, wave):
        raise ValueError("no")

    monkeypatch.setitem(celery_app.handlers, Task.SEND_MAIL, break_down)
    task = ask()
    for _attempt in range(tasks.MAX_FAILURES):
        celery_app.work(task.id)
        with db.unit_of_work():
            db.session.execute(text("UPDATE background_tasks SET run_after = app_now()"))
    task = db.session.get(BackgroundTask, task.id)
    assert (task.status, task.last_error) == ("dead", "ValueError: no")
    with db.unit_of_work():
        tasks.retry(task.id, actor=SYSTEM)
    task = db.session.get(BackgroundTask, task.id)
    assert (task.status, task.failures) == ("pending", 0)


def test_what_a_failed_task_wrote_is_undone(real_database, monkeypatch):
    def write_and_break(subject, wave):
        tasks.schedule(Task.SEND_MAIL, uuid4())
        raise ValueError("no")

    monkeypatch.setitem(celery_app.handlers, Task.SEND_MAIL, write_and_break)
    celery_app.work(ask().id)
    assert db.session.query(BackgroundTask).count() == 1


def test_later_work_waits_for_business_time(real_database, handled):
    task = ask(run_after=clock.now() + timedelta(days=3))
    assert celery_app.work(task.id) is False
    with db.unit_of_work():
        db.move_clock(timedelta(days=4))
    assert celery_app.work(task.id) is True
    business_time.come_back()


def test_the_sweeper_rings_once_in_a_while_for_what_is_due(real_database):
    task = ask()
    with db.unit_of_work():
        assert tasks.due(ROOM) == [(task.id, "mail")]
    with db.unit_of_work():
        assert tasks.due(ROOM) == []


def test_many_mails_do_not_keep_the_money_waiting(real_database):
    with db.unit_of_work():
        for _number in range(30):
            tasks.schedule(Task.SEND_MAIL, uuid4(), run_after=clock.now() - timedelta(days=1))
        tasks.schedule(Task.TAKE_RECEIPT, uuid4())
    with db.unit_of_work():
        rung = [queue for _id, queue in tasks.due(ROOM)]
    assert sorted(rung) == ["mail"] * 10 + ["money"]


def test_a_task_whose_worker_always_dies_is_given_up(real_database):
    task = ask()
    with db.unit_of_work():
        db.session.execute(text("UPDATE background_tasks SET attempts = :most"), {"most": tasks.MAX_ATTEMPTS})
        assert tasks.due(ROOM) == []
    task = db.session.get(BackgroundTask, task.id)
    assert task.status == "dead"


@pytest.mark.parametrize(
    ("every", "earlier", "later", "same"),
    [
        (timedelta(days=1), "2026-03-01T14:59:59", "2026-03-01T15:00:00", False),  # midnight in Seoul
        (timedelta(days=1), "2026-03-01T15:00:00", "2026-03-02T14:59:59", True),  # one day there, two in UTC
        (timedelta(hours=1), "2026-03-01T15:00:00", "2026-03-01T15:59:59", True),
        (timedelta(hours=1), "2026-03-01T15:59:59", "2026-03-01T16:00:00", False),
    ],
)
def test_a_daily_slot_is_the_agencys_day(every, earlier, later, same):
    one, other = (slot_number(datetime.fromisoformat(at).replace(tzinfo=UTC), every) for at in (earlier, later))
    assert (one == other) is same
