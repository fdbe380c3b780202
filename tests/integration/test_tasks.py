"""Durable tasks: asked for with the change, done once, given back, given up, kept for a time, shown when dead."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text

from marketplace.claims import service as claims
from marketplace.core import clock, db, housekeeping, task_queue, tasks
from marketplace.core.actors import SYSTEM, Actor
from marketplace.core.task_queue import BackgroundTask, LeaseLost, Queue
from marketplace.core.tasks import Event, Subscription
from marketplace.notifications import service as notifications
from marketplace.notifications.models import Message
from tests import business_time
from workers import celery_app

LEASE = timedelta(seconds=60)
ROOM = dict.fromkeys(Queue, 10)
HAPPENED = Event("thing.happened", thing_id=UUID, ends_at=datetime)


class Side(StrEnum):
    LEFT = "left"


@pytest.fixture(autouse=True)
def _declare_here_alone(app, monkeypatch):
    """What a test declares is gone after it."""
    for name in ("DECLARED", "_by_verb"):
        monkeypatch.setattr(tasks, name, dict(getattr(tasks, name)))
    monkeypatch.setattr(tasks, "_subscribers", tasks.subscribers())


@pytest.fixture
def handled():
    """What `note` was called with."""
    return []


@pytest.fixture
def note(handled):
    @tasks.task("note", "A note", Queue.MAIL)
    def note(thing_id: UUID, *, actor: Actor) -> None:
        handled.append(thing_id)

    return note


def ask(verb, thing_id=None, **options):
    thing_id = thing_id or uuid4()
    with db.unit_of_work():
        tasks.schedule(verb, thing_id=thing_id, **options)
    return db.session.scalars(select(BackgroundTask).where(BackgroundTask.key == f"thing:{thing_id}")).one()


def rows():
    return db.session.scalars(select(BackgroundTask).order_by(BackgroundTask.name, BackgroundTask.key)).all()


def test_a_task_is_asked_for_once(real_database, note):
    thing_id = uuid4()
    ask(note, thing_id)
    ask(note, thing_id)
    assert db.session.query(BackgroundTask).count() == 1


def test_a_task_goes_with_its_change_when_that_is_undone(real_database, note):
    with pytest.raises(RuntimeError), db.unit_of_work():
        tasks.schedule(note, thing_id=uuid4())
        raise RuntimeError
    assert db.session.query(BackgroundTask).count() == 0


def test_doubled_and_late_messages_change_nothing(real_database, note, handled):
    task = ask(note)
    assert celery_app.work(task.id) is True
    assert celery_app.work(task.id) is False
    assert [str(thing_id) for thing_id in handled] == [task.arguments["thing_id"]]


def test_a_forged_message_changes_nothing(real_database, handled):
    assert celery_app.work(uuid4()) is False


def test_a_claimed_task_is_nobody_elses_until_the_lease_ends(real_database, note):
    task = ask(note)
    with db.unit_of_work():
        assert task_queue.claim(task.id, lease=LEASE)
    with db.unit_of_work():
        assert task_queue.claim(task.id, lease=LEASE) is None
        db.session.execute(text("UPDATE background_tasks SET lease_until = clock_timestamp() - interval '1 second'"))
        assert task_queue.claim(task.id, lease=LEASE)


def test_whoever_lost_the_lease_throws_the_work_away(real_database, note):
    task = ask(note)
    with db.unit_of_work():
        slow = task_queue.claim(task.id, lease=timedelta(seconds=-1))
        assert task_queue.claim(task.id, lease=LEASE)
    with pytest.raises(LeaseLost), db.unit_of_work():
        task_queue.finish(slow)


def test_five_failures_make_a_task_dead_and_an_administrator_can_retry(real_database):
    @tasks.task("break_down", "Breaks down", Queue.MONEY)
    def break_down(thing_id: UUID) -> None:
        raise ValueError("no")

    task = ask(break_down)
    for _attempt in range(task_queue.MAX_FAILURES):
        celery_app.work(task.id)
        with db.unit_of_work():
            db.session.execute(text("UPDATE background_tasks SET run_after = app_now()"))
    task = db.session.get(BackgroundTask, task.id)
    assert (task.status, task.last_error) == ("dead", "ValueError: no")
    with db.unit_of_work():
        task_queue.retry(task.id, actor=SYSTEM)
    task = db.session.get(BackgroundTask, task.id)
    assert (task.status, task.failures) == ("pending", 0)


def test_what_a_failed_task_wrote_is_undone(real_database, note):
    @tasks.task("write_and_break", "Writes and breaks", Queue.MONEY)
    def write_and_break(thing_id: UUID) -> None:
        tasks.schedule(note, thing_id=uuid4())
        raise ValueError("no")

    celery_app.work(ask(write_and_break).id)
    assert db.session.query(BackgroundTask).count() == 1


def test_later_work_waits_for_business_time(real_database, note):
    task = ask(note, run_after=clock.now() + timedelta(days=3))
    assert celery_app.work(task.id) is False
    with db.unit_of_work():
        db.move_clock(timedelta(days=4))
    assert celery_app.work(task.id) is True
    business_time.come_back()


def test_the_sweeper_rings_once_in_a_while_for_what_is_due(real_database, note):
    task = ask(note)
    with db.unit_of_work():
        assert task_queue.due(ROOM) == [(task.id, "mail")]
    with db.unit_of_work():
        assert task_queue.due(ROOM) == []


def test_many_mails_do_not_keep_the_money_waiting(real_database, note):
    with db.unit_of_work():
        for _number in range(30):
            tasks.schedule(note, thing_id=uuid4(), run_after=clock.now() - timedelta(days=1))
        tasks.schedule(claims.end_holds, key="once")
    with db.unit_of_work():
        rung = [queue for _id, queue in task_queue.due(ROOM)]
    assert sorted(rung) == ["mail"] * 10 + ["money"]


def test_a_task_whose_worker_always_dies_is_given_up(real_database, note):
    task = ask(note)
    with db.unit_of_work():
        db.session.execute(text("UPDATE background_tasks SET attempts = :most"), {"most": task_queue.MAX_ATTEMPTS})
        assert task_queue.due(ROOM) == []
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
    one, other = (tasks.slot_key(datetime.fromisoformat(at).replace(tzinfo=UTC), every) for at in (earlier, later))
    assert (one == other) is same


def test_a_slot_says_when_it_began():
    moment = datetime(2026, 11, 30, 10, 17, tzinfo=UTC)
    assert tasks.slot_key(moment, timedelta(minutes=10)) == "slot:2026-11-30T10:10Z"
    assert tasks.slot_key(moment, timedelta(days=1)) == "slot:2026-11-30"


def test_two_schedulers_make_one_row_of_a_slot(real_database):
    for _scheduler in range(2):
        celery_app.tick("end_holds")
    (row,) = rows()
    assert (row.name, row.arguments) == ("end_holds", {})


def test_arguments_come_back_as_they_were(real_database):
    given = {
        "thing_id": uuid4(),
        "side": Side.LEFT,
        "number": 3,
        "day": date(2026, 11, 30),
        "at": datetime(2026, 11, 30, 10, tzinfo=UTC),
        "words": "가나다",
    }
    called = []

    @tasks.task("take_all", "Takes all", Queue.MONEY)
    def take_all(
        thing_id: UUID, side: Side, *, number: int, day: date, at: datetime, words: str, actor: Actor, key: str,
        size: int = 5,
    ) -> None:  # fmt: skip
        called.append({name: value for name, value in locals().items() if name in given})
        assert (actor, key, size) == (SYSTEM, f"take_all:{asked.key}", 5)

    with db.unit_of_work():
        tasks.schedule(take_all, **dict(reversed(given.items())))
    (asked,) = rows()
    assert asked.key == f"thing:{given['thing_id']}:left:3:2026-11-30:2026-11-30T10:00:00+00:00:가나다"
    assert celery_app.work(asked.id) is True
    assert called == [given]
    assert type(called[0]["side"]) is Side


@pytest.mark.parametrize(
    "wrong",
    [{}, {"thing": uuid4()}, {"thing_id": uuid4(), "more": 1}, {"thing_id": str(uuid4())}, {"thing_id": None}],
)
def test_wrong_arguments_are_refused_where_they_are_written(database, note, wrong):
    with pytest.raises(TypeError):
        tasks.schedule(note, **wrong)
    assert rows() == []


@pytest.mark.parametrize(("kind", "value"), [(int, True), (int, "1"), (Side, "left"), (date, datetime.now(UTC))])
def test_near_misses_of_a_type_are_refused(database, kind, value):
    def take(one) -> None:
        raise AssertionError

    take.__annotations__["one"] = kind
    tasks.task("take", "Takes", Queue.MONEY)(take)
    with pytest.raises(TypeError, match="one of take"):
        tasks.schedule(take, one=value)


def test_what_no_row_can_keep_is_refused_where_it_is_declared():
    def take(things: list[UUID]) -> None:
        raise AssertionError

    with pytest.raises(TypeError, match="things"):
        tasks.task("take", "Takes", Queue.MONEY)(take)
    with pytest.raises(ValueError, match="end_holds"):
        tasks.task("end_holds", "Another one", Queue.MONEY)(lambda: None)


def test_a_task_without_arguments_needs_a_key(database):
    with pytest.raises(TypeError, match="key"):
        tasks.schedule(claims.end_holds)


def test_nothing_is_asked_for_before_all_areas_are_wired(database, note, monkeypatch):
    monkeypatch.setattr(tasks, "_wired", False)
    for ask_for in (
        lambda: tasks.schedule(note, thing_id=uuid4()),
        lambda: tasks.announce(HAPPENED, thing_id=uuid4(), ends_at=clock.now()),
        lambda: tasks.schedule_each(note, select(Message.id)),
    ):
        with pytest.raises(RuntimeError, match="create_app"):
            ask_for()
    assert rows() == []


@pytest.fixture
def followers():
    """Two tasks that follow on HAPPENED, one of them on both sides and only at its end."""

    @tasks.task("follow", "Follows", Queue.MONEY, on=[Subscription(HAPPENED)])
    def follow(thing_id: UUID) -> None:
        raise AssertionError

    @tasks.task("end", "Ends", Queue.MAIL, on=[Subscription(HAPPENED, run_after="ends_at", side=Side.LEFT)])
    def end(thing_id: UUID, *, side: Side) -> None:
        raise AssertionError

    tasks.wire()


def test_all_who_follow_on_an_event_are_asked_in_one_statement(database, followers):
    thing_id, ends_at = uuid4(), clock.now() + timedelta(days=3)
    before = db.session.execute(text("SELECT count(*) FROM background_tasks")).scalar()
    tasks.announce(HAPPENED, thing_id=thing_id, ends_at=ends_at)
    tasks.announce(HAPPENED, ends_at=ends_at, thing_id=thing_id)
    end, follow = rows()
    assert before == 0
    assert (end.name, end.arguments) == ("end", {"thing_id": str(thing_id), "side": "left"})
    assert (follow.name, follow.arguments) == ("follow", {"thing_id": str(thing_id)})
    assert follow.key == f"thing.happened:thing:{thing_id}:{ends_at.isoformat()}"
    assert (end.run_after, follow.run_after <= clock.now()) == (ends_at, True)
    assert db.session.info["bells"] == [(follow.id, "money")]


def test_an_event_is_announced_with_what_it_tells(database, followers):
    for wrong in ({"thing_id": uuid4()}, {"thing_id": "x", "ends_at": clock.now()}):
        with pytest.raises(TypeError, match=r"thing\.happened"):
            tasks.announce(HAPPENED, **wrong)


@pytest.mark.parametrize(
    "subscription",
    [
        Subscription(HAPPENED),  # nobody tells the side
        Subscription(HAPPENED, side="left"),
        Subscription(HAPPENED, side=Side.LEFT, colour="red"),
        Subscription(HAPPENED, side=Side.LEFT, run_after="thing_id"),
        Subscription(Event("other.happened", thing_id=str), side=Side.LEFT),
    ],
)
def test_a_subscription_that_does_not_fit_stops_the_program(subscription):
    def end(thing_id: UUID, *, side: Side) -> None:
        raise AssertionError

    tasks.task("end", "Ends", Queue.MAIL, on=[subscription])(end)
    with pytest.raises(TypeError, match=r"\bend\b|no moment"):
        tasks.wire()


def test_cancelling_withdraws_what_begins_with_these_arguments(database):
    @tasks.task("remind", "Reminds", Queue.MAIL)
    def remind(number: int, thing_id: UUID) -> None:
        raise AssertionError

    thing_id = uuid4()
    for number in (1, 12):
        for subject in (thing_id, uuid4()):
            tasks.schedule(remind, number=number, thing_id=subject)
    tasks.cancel(remind, number=1)
    assert {(row.arguments["number"], row.status) for row in rows()} == {(1, "cancelled"), (12, "pending")}
    tasks.cancel(remind, number=12, thing_id=thing_id)
    pending = [row.arguments["thing_id"] for row in rows() if row.status == "pending"]
    assert len(pending) == 1
    assert str(thing_id) not in pending
    for wrong in ({}, {"thing_id": thing_id}, {"number": "12"}):
        with pytest.raises(TypeError, match="remind"):
            tasks.cancel(remind, **wrong)


def test_a_mail_asks_for_its_task_as_the_declaration_says(database, app):
    """The rows that statements of their own write for mails are those that schedule() would write."""
    notifications.queue("accounts/invitation", to=notifications.Recipient("a@example.com", "en"), key="one")
    (message_id,) = db.session.scalars(select(Message.id))
    (by_function,) = [(row.queue, row.key, row.arguments) for row in rows()]
    written = []
    for ask_for in (
        lambda: tasks.schedule(notifications.send, message_id=message_id),
        lambda: tasks.schedule_each(notifications.send, select(Message.id)),
    ):
        db.session.execute(text("DELETE FROM background_tasks"))
        db.session.expire_all()
        ask_for()
        written += [(row.queue, row.key, row.arguments) for row in rows()]
    assert written == [by_function, by_function]


def test_finished_rows_go_when_their_time_is_over_and_nothing_else(database, note):
    @tasks.task("short", "Is kept for a day", Queue.MAIL, keep=timedelta(days=1))
    def short(thing_id: UUID) -> None:
        raise AssertionError

    for verb in (note, short):
        for _status in task_queue.TaskStatus:
            tasks.schedule(verb, thing_id=uuid4())
    for row, status in zip(rows(), [*task_queue.TaskStatus] * 2, strict=True):
        row.status, row.finished_at = status, clock.now() - timedelta(days=2)
    db.flush()
    housekeeping.delete_finished_tasks()
    assert {row.status for row in rows() if row.name == "short"} == {"pending", "dead"}
    assert len([row for row in rows() if row.name == "note"]) == 4
    db.session.execute(text("UPDATE background_tasks SET finished_at = app_now() - interval '181 days'"))
    housekeeping.delete_finished_tasks()
    assert {row.status for row in rows()} == {"pending", "dead"}
    assert len(rows()) == 4
