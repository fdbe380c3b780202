"""Truly at once: two receipts are both booked, a write-off and a receipt come one after the other, set-offs fit."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.claims import queries as claim_queries
from marketplace.core import db
from marketplace.core.actors import SYSTEM
from marketplace.core.errors import DomainError
from marketplace.engagements.models import Engagement
from marketplace.receivables import queries, service
from marketplace.receivables.models import Receivable, WriteOff
from marketplace.reports import proof
from tests.factories import claims as make_claims
from tests.factories import engagements as make_work
from tests.factories import receivables as make
from tests.factories.engagements import Story
from tests.factories.milestones import Work, paid
from tests.milestones import Tale

Deed = Callable[[], object]


@pytest.fixture(scope="session")
def begins() -> Tale:
    return paid


@pytest.fixture
def story(told_for_real: Work) -> Story:
    """The people of work that was paid."""
    return told_for_real.story


@pytest.fixture
def engagement(told_for_real: Work) -> Engagement:
    """9,000,001 won of aid, all paid."""
    return told_for_real.engagement


@pytest.fixture
def debt_id(app: Flask, story: Story, engagement: Engagement) -> UUID:
    with app.app_context(), db.unit_of_work():
        return make.make_recovery(story, "unmet", paid=engagement).id


def at_once(app: Flask, *works: Deed) -> list[str]:
    """Each piece of work in a thread and transaction of its own, all started together; what became of each."""
    start, outcomes = threading.Barrier(len(works)), []

    def one(work: Deed) -> None:
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


def second(app: Flask, first: Deed, later: Deed) -> str:
    """What becomes of work that must wait for the end of another transaction."""
    with ThreadPoolExecutor(1) as pool:
        with app.app_context(), db.unit_of_work():
            first()
            waiting = pool.submit(at_once, app, later)
            with pytest.raises(TimeoutError):
                waiting.result(timeout=0.7)
        return waiting.result()[0]


def reported(app: Flask, story: Story, debt_id: UUID, *amounts: int) -> list[UUID]:
    """Payments that the bank has reported and that wait to be booked."""
    with app.app_context(), db.unit_of_work():
        debt = db.get(Receivable, debt_id)
        return [make.report(debt, amount, story.budget_officers[0]).entries[0].id for amount in amounts]


def booking(entry_id: UUID) -> Deed:
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
        write_off = db.session.scalars(select(WriteOff)).one()
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


def test_two_officers_at_once_ask_back_no_more_than_was_paid(app: Flask, story: Story, engagement: Engagement) -> None:
    first, later = (lambda: make.propose_recovery(story, engagement, amount=5_000_000) for _officer in range(2))
    assert second(app, first, later) == "Invalid"
    with app.app_context(), db.unit_of_work():
        assert [receivable.principal for receivable in queries.receivables_of(engagement.id)] == [5_000_000]


def test_the_database_itself_waits_where_more_than_was_paid_could_be_asked_back(
    app: Flask, story: Story, engagement: Engagement
) -> None:
    with app.app_context(), db.unit_of_work():
        dropped = make.propose_recovery(story, engagement, amount=5_000_000)
        service.drop(dropped, actor=story.budget_officers[0], reason="By mistake")
    plant = text(
        "INSERT INTO receivables (number, kind, engagement_id, debtor_id, currency, aid_paid, principal, surcharge,"
        " parts, ground, reason, days_to_pay, interest_basis_points, reminder_days, status, proposed_by)"
        " SELECT :number, kind, engagement_id, debtor_id, currency, aid_paid, principal, surcharge, parts, ground,"
        " reason, days_to_pay, interest_basis_points, reminder_days, 'proposed', proposed_by"
        " FROM receivables WHERE id = :id"
    )
    first, later = (
        lambda number=number: db.session.execute(plant, {"number": number, "id": dropped}) for number in ("a", "b")
    )
    assert second(app, first, later) == "IntegrityError"


def test_the_database_itself_waits_where_more_than_a_claim_bears_could_be_kept_back(
    app: Flask, story: Story, debt_id: UUID
) -> None:
    (claim_id,) = approved(app, story, 1)
    plant = text(
        "INSERT INTO deductions (claim_id, reference, amount, status, agreed_by, agreed_at)"
        " SELECT :claim, number, 700000, 'agreed', proposed_by, app_now() FROM receivables WHERE id = :debt"
    )

    def keep_back() -> None:
        db.session.execute(plant, {"claim": claim_id, "debt": debt_id})

    assert second(app, keep_back, keep_back) == "IntegrityError"


def test_the_database_itself_waits_where_a_debt_could_be_paid_that_is_given_up(
    app: Flask, story: Story, debt_id: UUID
) -> None:
    (entry_id,) = reported(app, story, debt_id, 1)
    proposes, signs = story.budget_officers
    with app.app_context(), db.unit_of_work():
        service.propose_write_off(debt_id, actor=proposes, reason="Insolvent")
    plant = text(
        "INSERT INTO receipts (number, receivable_id, bank_entry_id, amount, principal, surcharge, interest, excess,"
        " booked_on) VALUES ('planted', :debt, :entry, 1, 1, 0, 0, 0, current_date)"
    )

    def sign() -> None:
        service.sign_write_off(debt_id, actor=signs, key="sign")

    def pay() -> None:
        db.session.execute(plant, {"debt": debt_id, "entry": entry_id})

    assert second(app, sign, pay) == "IntegrityError"


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


def keeping_back(story: Story, debt_id: UUID, claim_id: UUID, key: str) -> Deed:
    return lambda: service.set_off(
        debt_id, actor=story.budget_officers[0], claim_id=claim_id, amount=1_000_000, key=key
    )
