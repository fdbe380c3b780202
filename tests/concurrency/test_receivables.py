"""Truly at once: two receipts are both booked, a write-off and a receipt come one after the other, set-offs fit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy.exc import DBAPIError

from marketplace.claims import queries as claim_queries
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM
from marketplace.core.errors import DomainError
from marketplace.receivables import queries, service
from marketplace.receivables.models import Receivable
from marketplace.reports import proof
from tests.factories import claims as make_claims
from tests.factories import engagements as make_work
from tests.factories import receivables as make
from tests.factories.engagements import Story

pytestmark = pytest.mark.usefixtures("real_database")

Work = Callable[[], object]


@pytest.fixture
def story(app: Flask) -> Iterator[Story]:
    with app.app_context(), db.unit_of_work():
        made = make_work.make_story()
    yield made
    clock.set_offset(timedelta())


@pytest.fixture
def debt_id(app: Flask, story: Story) -> UUID:
    with app.app_context(), db.unit_of_work():
        return make.make_recovery(story, "unmet").id


def at_once(app: Flask, *works: Work) -> list[str]:
    """Each piece of work in a thread and transaction of its own, all started together; what became of each."""
    start, outcomes = threading.Barrier(len(works)), []

    def one(work: Work) -> None:
        with app.app_context():
            start.wait()
            try:
                with db.unit_of_work():
                    work()
                outcomes.append("done")
            except (DomainError, DBAPIError) as error:
                outcomes.append(type(error).__name__)

    threads = [threading.Thread(target=one, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(outcomes)


def reported(app: Flask, story: Story, debt_id: UUID, *amounts: int) -> list[UUID]:
    """Payments that the bank has reported and that wait to be booked."""
    with app.app_context(), db.unit_of_work():
        debt = db.get(Receivable, debt_id)
        return [make.report(debt, amount, story.budget_officers[0]).entries[0].id for amount in amounts]


def booking(entry_id: UUID) -> Work:
    return lambda: service.take_receipt(entry_id, actor=SYSTEM, key=f"receipt:{entry_id}")


def test_two_receipts_at_once_are_both_booked_and_the_same_one_once(app: Flask, story: Story, debt_id: UUID) -> None:
    first, second = reported(app, story, debt_id, 4_000_000, 3_000_000)
    assert at_once(app, booking(first), booking(second), booking(first)) == ["done"] * 3
    with app.app_context(), db.unit_of_work():
        debt = db.get(Receivable, debt_id)
        assert debt.outstanding == 2 * 9_000_001 - 7_000_000
        assert len(debt.receipts) == 2
        assert proof.prove().faults == []


def test_a_write_off_and_a_receipt_come_one_after_the_other(app: Flask, story: Story, debt_id: UUID) -> None:
    (entry_id,) = reported(app, story, debt_id, 4_000_000)
    first, second = story.budget_officers
    with app.app_context(), db.unit_of_work():
        service.propose_write_off(debt_id, actor=first, reason="Insolvent")
    outcomes = at_once(app, booking(entry_id), lambda: service.sign_write_off(debt_id, actor=second, key="sign"))
    assert outcomes == ["done", "done"]
    with app.app_context(), db.unit_of_work():
        debt = db.get(Receivable, debt_id)
        (receipt,) = debt.receipts
        (write_off,) = queries.write_offs_of(debt_id)
        assert debt.status == "written_off"
        assert (write_off.amount or 0) + receipt.amount - receipt.excess == 2 * 9_000_001
        assert proof.prove().faults == []


def test_two_set_offs_at_once_never_exceed_what_is_owed(app: Flask, story: Story, debt_id: UUID) -> None:
    (claim_id,) = approved(app, story, 1)
    leave(app, story, debt_id, 1_500_000)
    outcomes = at_once(app, keeping_back(story, debt_id, claim_id, "a"), keeping_back(story, debt_id, claim_id, "b"))
    assert outcomes.count("done") == 1
    with app.app_context(), db.unit_of_work():
        assert claim_queries.kept_back(claim_id) == 1_000_000


def test_nor_do_set_offs_from_different_claims(app: Flask, story: Story, debt_id: UUID) -> None:
    """The claims' rows can't tell: what is promised already is held by the row of the debt."""
    claim_ids = approved(app, story, 4)
    leave(app, story, debt_id, 1_500_000)
    outcomes = at_once(app, *(keeping_back(story, debt_id, claim_id, str(claim_id)) for claim_id in claim_ids))
    assert outcomes.count("done") == 1
    with app.app_context(), db.unit_of_work():
        assert queries.promised(db.get(Receivable, debt_id)) == 1_000_000


def approved(app: Flask, story: Story, count: int) -> list[UUID]:
    """So many approved claims of the debtor, of 1,200,000 won each."""
    with app.app_context(), db.unit_of_work():
        engagements = [
            make_work.make_engagement(story, dict.fromkeys(make_work.STAGES, 400_000)) for _each in range(count)
        ]
        for engagement in engagements:
            make_work.accept_all(story, engagement)
        return [make_claims.approve(story, make_claims.submit(story, engagement)).id for engagement in engagements]


def leave(app: Flask, story: Story, debt_id: UUID, amount: int) -> None:
    """All but so much of the debt is paid."""
    with app.app_context(), db.unit_of_work():
        debt = db.get(Receivable, debt_id)
        make.pay(story, debt, debt.outstanding - amount)


def keeping_back(story: Story, debt_id: UUID, claim_id: UUID, key: str) -> Work:
    return lambda: service.set_off(
        debt_id, actor=story.budget_officers[0], claim_id=claim_id, amount=1_000_000, key=key
    )
