"""Ten times as many applications as vouchers: exactly the budget is given, everybody has an answer, nothing is lost."""

from __future__ import annotations

import subprocess
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from multiprocessing import get_context
from random import Random
from uuid import UUID

import pytest
import redis
from flask import Flask
from sqlalchemy import func, select

from config.settings import Settings
from marketplace.core import db
from marketplace.core.actors import SYSTEM
from marketplace.core.audit import AuditEntry
from marketplace.core.task_queue import BackgroundTask
from marketplace.ledger import queries as ledger
from marketplace.notifications.models import Message
from marketplace.programmes import queries as programmes
from marketplace.programmes.models import Call
from marketplace.vouchers import queries, sealed_list, service
from marketplace.vouchers.models import AllocationEntry, Application, Assessment, Voucher
from tests.factories.applicants import make_applicants
from tests.factories.programmes import earlier, make_call
from tests.faults.test_killed_workers import PATIENCE_SECONDS, WORKER, background, kill, let_leases_pass
from tests.mail_server import MailServer


def closed_call(app: Flask, applications: int, *, vouchers: int, method: str) -> UUID:
    """A call whose time is over, with so many sealed applications."""
    with app.app_context(), db.unit_of_work():
        with earlier(days=2):
            call = make_call(vouchers=vouchers, closes_in=timedelta(days=1), method=method)
        make_applicants(call, applications)
        return call.id


def do_all(app: Flask, call_id: UUID) -> int:
    """Do the allocation's tasks as a worker does, each in its own transaction; how many pieces it took."""
    with app.app_context(), db.unit_of_work():
        service.close_call(call_id, actor=SYSTEM)
    for piece in range(1, 100):
        with app.app_context(), db.unit_of_work():
            service.allocate_batch(call_id, piece, actor=SYSTEM)
        with app.app_context(), db.unit_of_work():
            allocation = queries.find_allocation(call_id)
            if allocation is not None and allocation.finished_at is not None:
                return piece
    raise AssertionError("the allocation never ends")


def check_everybody_was_answered_once(call_id: UUID, applications: int, vouchers: int) -> None:
    """The budget and no more, a place for each of the rest, one of every row that belongs to it, sound books."""
    rest = applications - vouchers
    statuses = Counter(db.session.scalars(select(Application.status).where(Application.call_id == call_id)))
    assert statuses == {"allocated": vouchers, "waitlisted": rest}
    call = db.get(Call, call_id)
    meter = programmes.meter(call)
    assert (meter.available, meter.reserved) == (0, vouchers * call.programme.voucher_amount)
    waitlisted = select(AllocationEntry.position).where(AllocationEntry.outcome == "waitlisted")
    assert sorted(db.session.scalars(waitlisted)) == list(range(1, rest + 1))
    for model, count in ((Voucher, vouchers), (AllocationEntry, applications), (Assessment, applications)):
        assert db.session.scalar(select(func.count()).select_from(model)) == count
    mails = Counter(db.session.scalars(select(Message.template).where(Message.template.startswith("vouchers/"))))
    assert mails == {"vouchers/issued": vouchers, "vouchers/waitlisted": rest}
    moves = Counter(db.session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("application."))))
    assert moves == {"application.allocate": vouchers, "application.wait": rest}
    assert ledger.verify().faults == []
    assert sealed_list.replay(queries.sealed_file(call)).faults == []


@pytest.mark.parametrize(("applications", "vouchers"), [(600, 60), pytest.param(10_000, 1000, marks=pytest.mark.slow)])
def test_a_crowd_gets_exactly_the_budget_and_clear_answers(
    app: Flask, real_database: Settings, applications: int, vouchers: int
) -> None:
    call_id = closed_call(app, applications, vouchers=vouchers, method="lottery")
    began = time.monotonic()
    pieces = do_all(app, call_id)
    print(f"{applications} applications, {pieces} pieces, {time.monotonic() - began:.1f} s")
    with app.app_context(), db.unit_of_work():
        check_everybody_was_answered_once(call_id, applications, vouchers)


@pytest.mark.parametrize(("kills", "applications"), [(1, 2100), pytest.param(3, 4000, marks=pytest.mark.slow)])
def test_a_worker_killed_in_the_middle_loses_and_doubles_nothing(
    app: Flask, real_database: Settings, valkey: redis.Redis, mail_server: MailServer, kills: int, applications: int
) -> None:
    chance = Random(20261125)
    call_id = closed_call(app, applications, vouchers=applications // 10, method="first_come")
    with app.app_context(), background(real_database, mail_server, "scheduler"):
        with db.unit_of_work():
            service.close_call(call_id, actor=SYSTEM)
        for _kill in range(kills):
            with background(real_database, mail_server, *WORKER) as worker:
                before = pieces_done()
                wait_until(lambda before=before: pieces_done() > before, worker)  # type: ignore[misc]
                time.sleep(chance.uniform(0.0, 0.6))
                kill(worker)
            let_leases_pass()
        assert left(call_id) > 0, "the allocation was over before the last kill"
        with background(real_database, mail_server, *WORKER) as worker:
            wait_until(lambda: left(call_id) == 0, worker)
        check_everybody_was_answered_once(call_id, applications, applications // 10)


@pytest.mark.slow
def test_carrying_out_goes_on_where_it_was_killed(app: Flask, real_database: Settings) -> None:
    """The same death within a piece, twice, where many vouchers are given."""
    call_id = closed_call(app, 4000, vouchers=1500, method="first_come")
    for _kill in range(2):
        process = get_context("spawn").Process(target=do_all_elsewhere, args=(real_database, call_id))
        process.start()
        with app.app_context():
            before, end = answered(), time.monotonic() + PATIENCE_SECONDS
            while answered() == before:
                assert process.is_alive()
                assert time.monotonic() < end, "nothing happened"
                time.sleep(0.02)
            process.kill()
            process.join()
            db.rollback()
            db.session.remove()
    with app.app_context(), db.unit_of_work():
        assert 0 < left(call_id) < 4000
    do_all(app, call_id)
    with app.app_context(), db.unit_of_work():
        check_everybody_was_answered_once(call_id, 4000, 1500)


def do_all_elsewhere(settings: Settings, call_id: UUID) -> None:
    """Work at the allocation in a process of its own, which may be killed."""
    from app import create_app

    app = create_app(settings)
    with app.app_context(), db.unit_of_work():
        db.load_clock()
    do_all(app, call_id)


def wait_until(true: Callable[[], bool], worker: subprocess.Popen[bytes]) -> None:
    """Look again and again while the worker lives."""
    end = time.monotonic() + PATIENCE_SECONDS
    while not true():
        assert worker.poll() is None, "the worker ended by itself"
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.02)


def pieces_done() -> int:
    """How many pieces of allocations are done."""
    db.rollback()
    done = BackgroundTask.status == "done"
    return db.session.scalar(select(func.count()).where(done, BackgroundTask.name == "allocate_batch")) or 0


def answered() -> int:
    """How many applications have their answer."""
    db.rollback()
    return db.session.scalar(select(func.count()).where(Application.status.in_(("allocated", "waitlisted")))) or 0


def left(call_id: UUID) -> int:
    """Applications that have no answer yet."""
    db.rollback()
    waiting = select(func.count()).where(Application.call_id == call_id, Application.status == "accepted")
    return db.session.scalar(waiting) or 0
