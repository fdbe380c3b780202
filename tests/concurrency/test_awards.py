"""Two awards of one job at once: exactly one is made, whatever the two choose."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from config.settings import Settings
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import DomainError
from marketplace.jobs import service
from marketplace.jobs.service import awards
from tests import business_time
from tests.factories.accounts import make_member, make_sme
from tests.factories.jobs import make_bid, make_published_job, pass_deadline, score_all


@pytest.fixture
def scored(app: Flask, real_database: Settings) -> Iterator[tuple[UUID, list[Actor], list[UUID]]]:
    """A stored job past its deadline with two scored bids, and its two signatories."""
    with app.app_context(), db.unit_of_work():
        sme = make_sme()
        other = make_member(sme, Role.SIGNATORY)
        job = make_published_job(sme)
        bids = [make_bid(job).id, make_bid(job).id]
        pass_deadline(job)
        score_all(job, sme, dict.fromkeys(bids, 80))
        service.declare_conflict(job.id, actor=other, has_conflict=False)
        job_id = job.id
    yield job_id, [sme, other], bids
    business_time.come_back()


def race(app: Flask, job_id: UUID, actors: list[Actor], choices: list[UUID], bids: list[UUID]) -> list[str]:
    """Both award at the same moment; what each got."""
    start = Barrier(2)

    def attempt(actor: Actor, bid_id: UUID) -> str:
        with app.app_context():
            start.wait()
            try:
                with db.unit_of_work():
                    service.award(job_id, actor=actor, bid_id=bid_id, reasons=dict.fromkeys(bids, "Scores."))
            except DomainError:
                return "refused"
            except Exception as error:
                return type(error).__name__
            return "awarded"

    with ThreadPoolExecutor(2) as pool:
        return sorted(pool.map(attempt, actors, choices))


def count(app: Flask, statement: str) -> int:
    with app.app_context(), db.unit_of_work():
        return db.session.scalar(text(statement)) or 0


def test_two_awards_of_one_job_at_once_make_one(app: Flask, scored: tuple[UUID, list[Actor], list[UUID]]) -> None:
    job_id, actors, bids = scored
    assert race(app, job_id, actors, [bids[0], bids[0]], bids) == ["awarded", "refused"]
    assert count(app, "SELECT count(*) FROM awards") == 1
    assert count(app, "SELECT count(*) FROM bids WHERE status = 'won'") == 1


def test_without_the_lock_the_database_still_refuses_the_second(
    app: Flask, scored: tuple[UUID, list[Actor], list[UUID]], monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id, actors, bids = scored
    unlocked = awards.queries.get_job
    monkeypatch.setattr(awards.queries, "get_job", lambda key, *, actor, lock=False: unlocked(key, actor=actor))
    monkeypatch.setattr(awards, "_check_best", lambda *_: None)
    answers = race(app, job_id, actors, bids, bids)
    assert answers.count("awarded") == 1
    assert count(app, "SELECT count(*) FROM awards") == 1
