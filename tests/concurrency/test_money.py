"""Truly at once: of two redemptions, approvals, sessions, imports or equal forms only one takes effect."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from marketplace.claims import queries as claim_queries
from marketplace.claims import service as claims
from marketplace.claims.models import BankImport
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM
from marketplace.core.errors import DomainError
from marketplace.engagements import queries
from marketplace.engagements import service as engagements
from marketplace.engagements.models import Agreement, ConsultingSession, Redemption
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from tests.factories import claims as make_claims
from tests.factories import engagements as make
from tests.factories import milestones
from tests.factories.accounts import sign_in_as
from tests.milestones import Tale

pytestmark = pytest.mark.usefixtures("real_database")


@pytest.fixture
def at_once(app: Flask) -> Callable[..., list[str]]:
    """Runs each piece of work in a thread and transaction of its own, all started together; what became of each."""

    def run(*works: Callable[[], object]) -> list[str]:
        start = threading.Barrier(len(works))
        outcomes: list[str] = []

        def one(work: Callable[[], object]) -> None:
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

    return run


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.story


@pytest.fixture
def story(told_for_real: make.Story) -> make.Story:
    return told_for_real


def test_two_redemptions_each_of_the_whole_remainder(
    app: Flask, story: make.Story, at_once: Callable[..., list[str]]
) -> None:
    whole = dict.fromkeys(make.STAGES, 10_000_000)
    with app.app_context(), db.unit_of_work():
        first, second = make.make_agreement(story, whole), make.make_agreement(story, whole)
        assert first.aid == second.aid == 12_000_000
    outcomes = at_once(lambda: make.redeem(story, first, "a"), lambda: make.redeem(story, second, "b"))
    assert (outcomes.count("done"), len(outcomes)) == (1, 2)
    with app.app_context():
        assert sum(ledger.balances_by_owner(story.voucher.id, "reserved").values()) == 0
        assert ledger.verify().faults == []


def test_one_agreement_redeemed_twice(app: Flask, story: make.Story, at_once: Callable[..., list[str]]) -> None:
    with app.app_context(), db.unit_of_work():
        agreement = make.make_agreement(story, dict.fromkeys(make.STAGES, 1_000_000))
    outcomes = at_once(lambda: make.redeem(story, agreement, "a"), lambda: make.redeem(story, agreement, "b"))
    assert (outcomes.count("done"), len(outcomes)) == (1, 2)
    with app.app_context():
        assert sum(ledger.balances_by_owner(agreement.id, "committed").values()) == agreement.aid


def test_overlapping_sessions_of_one_consultant(
    app: Flask, story: make.Story, at_once: Callable[..., list[str]]
) -> None:
    small = dict.fromkeys(make.STAGES, 1_000_000)
    with app.app_context(), db.unit_of_work():
        both = [make.make_engagement(story, small), make.make_engagement(story, small)]
        db.move_clock(timedelta(days=1))
    now = clock.now()

    def record(index: int) -> Callable[[], object]:
        return lambda: engagements.record_session(
            both[index].id,
            actor=story.manager,
            consultant_id=story.consultants[0].id,
            starts_at=now - timedelta(hours=3 - index),
            ends_at=now - timedelta(hours=1),
            place="Plant",
            summary="Looked",
        )

    outcomes = at_once(record(0), record(1))
    assert (outcomes.count("done"), len(outcomes)) == (1, 2)
    with app.app_context():
        assert len(db.session.scalars(select(ConsultingSession)).all()) == 1


def test_two_approvals_and_two_imports_move_the_money_once(
    app: Flask, story: make.Story, at_once: Callable[..., list[str]]
) -> None:
    with app.app_context(), db.unit_of_work():
        engagement = make.make_engagement(story)
        make.accept_all(story, engagement, stages=1)
        claim = make_claims.submit(story, engagement)
        claims.check_claim(claim.id, actor=story.programme_officer)
    approvals = [
        lambda by=by: claims.approve_claim(claim.id, actor=by, key=str(uuid4())) for by in story.budget_officers
    ]
    assert at_once(*approvals).count("done") == 1
    with app.app_context(), db.unit_of_work():
        approver = claim_queries.get_claim(claim.id, actor=SYSTEM).approved_by
        first, second = story.budget_officers
        prepare, send = (first, second) if approver == first.person_id else (second, first)
        batch = claims.prepare_batch(actor=prepare, claim_ids=[claim.id], key=make_claims.new_key())
        claims.send_batch(batch.id, actor=send, key=make_claims.new_key())
        answer = make_claims.bank_answer(batch)
    taken = at_once(lambda: make_claims.take(answer, first), lambda: make_claims.take(answer, second))
    assert "done" in taken
    with app.app_context(), db.unit_of_work():
        # Whoever comes while the other one reads keeps the file for the background.
        for import_id in db.session.scalars(select(BankImport.id).where(BankImport.read_at.is_(None))):
            claims.read_bank_file(import_id, actor=SYSTEM)
    with app.app_context():
        assert ledger.balance(chart.co_payment_paid("KRW")) == claim.co_payment
        assert ledger.verify().faults == []


def test_a_hold_and_a_payment_never_pass_each_other(
    app: Flask, story: make.Story, at_once: Callable[..., list[str]]
) -> None:
    with app.app_context(), db.unit_of_work():
        engagement = make.make_engagement(story)
        make.accept_all(story, engagement, stages=1)
        claim = make_claims.approve(story, make_claims.submit(story, engagement))
        batch = claims.prepare_batch(actor=story.budget_officers[0], claim_ids=[claim.id], key=make_claims.new_key())
    at_once(
        lambda: claims.place_hold(engagement.id, actor=SYSTEM, reason="E17"),
        lambda: claims.send_batch(batch.id, actor=story.budget_officers[1], key=make_claims.new_key()),
    )
    with app.app_context():
        sent = claim_queries.get_batch(batch.id)
        (hold,) = claim_queries.holds_of(engagement.id)
        assert sent.status == "prepared" or (sent.sent_at is not None and sent.sent_at <= hold.placed_at)


def test_fifty_equal_redeem_forms_have_one_effect(app: Flask, story: make.Story) -> None:
    with app.app_context(), db.unit_of_work():
        agreement = make.make_agreement(story)
    client = app.test_client()
    with app.app_context():
        sign_in_as(client, story.sme)
    form = {"key": str(uuid4()), "agreed": "y"}

    def press(_number: int) -> tuple[int, str | None]:
        browser = app.test_client()
        browser._cookies = client._cookies
        response = browser.post(f"/agreements/{agreement.id}/redeem", data=form)
        return response.status_code, response.location

    with ThreadPoolExecutor(10) as pool:
        answers = set(pool.map(press, range(50)))
    with app.app_context():
        assert len(db.session.scalars(select(Redemption)).all()) == 1
        assert db.get(Agreement, agreement.id).status == "redeemed"
        assert queries.find_engagement(agreement.id) is not None
        assert db.session.scalar(text("SELECT count(*) FROM engagements")) == 1
        assert sum(ledger.balances_by_owner(agreement.id, "committed").values()) == agreement.aid
    assert len(answers) == 1
    assert answers.pop()[0] == 303


def test_an_end_and_an_acceptance_at_once_never_both(
    app: Flask, story: make.Story, at_once: Callable[..., list[str]]
) -> None:
    with app.app_context(), db.unit_of_work():
        engagement = make.make_engagement(story)
        stage_id = make.hand_in(story, engagement)
    officer = story.programme_officer
    at_once(
        lambda: engagements.terminate(engagement.id, actor=officer, reason="Sold", key="end"),
        lambda: engagements.accept_stage(stage_id, actor=story.sme),
    )
    with app.app_context():
        stages = queries.stages_of(engagement.id)
        agreement = queries.get_agreement(engagement.agreement_id, actor=SYSTEM)
        kept = sum(stage.agreed.aid for stage in stages if stage.status == "accepted")
        assert {stage.status for stage in stages} <= {"accepted", "ended"}
        assert sum(ledger.balances_by_owner(agreement.id, "committed").values()) == kept
        assert ledger.verify().faults == []


def test_a_lapse_and_the_payment_at_once(app: Flask, story: make.Story, at_once: Callable[..., list[str]]) -> None:
    with app.app_context(), db.unit_of_work():
        agreement = make.make_agreement(story)
        make.redeem(story, agreement)
        engagement = queries.find_engagement(agreement.id)
        assert engagement is not None
    at_once(
        lambda: engagements.lapse_engagement(engagement.id, actor=SYSTEM, key="lapse"),
        lambda: make.pay_share(agreement),
    )
    with app.app_context():
        ended = queries.find_engagement(agreement.id)
        assert ended is not None
        committed = sum(ledger.balances_by_owner(agreement.id, "committed").values())
        paid = ledger.balance(chart.co_payment(agreement.id))
        assert (ended.status, committed, paid) in {
            ("active", agreement.aid, agreement.co_payment),
            ("lapsed", 0, 0),
        }
        assert ledger.verify().faults == []


def test_one_refund_put_into_two_batches_at_once(
    app: Flask, story: make.Story, at_once: Callable[..., list[str]]
) -> None:
    with app.app_context(), db.unit_of_work():
        engagement = make.make_engagement(story)
        agreement_id = engagement.agreement_id
        refund = claims.request_refund(agreement_id, actor=SYSTEM, amount=1000, reason="Cut", key="refund")
    prepare = [
        lambda by=by: claims.prepare_batch(actor=by, refund_ids=[refund.id], key=make_claims.new_key())
        for by in story.budget_officers
    ]
    assert at_once(*prepare).count("done") == 1


def test_the_same_payment_in_two_files_at_once(
    app: Flask, story: make.Story, at_once: Callable[..., list[str]]
) -> None:
    """A notification and a statement name one movement; it counts once."""
    with app.app_context(), db.unit_of_work():
        agreement = make.make_agreement(story)
        make.redeem(story, agreement)
        payment = queries.find_co_payment(agreement.id)
        assert payment is not None
        notice = make_claims.co_payment_notice(payment.reference, payment.amount)
    statement = notice.replace(b"camt.054", b"camt.053").replace(b"BkToCstmrDbtCdtNtfctn", b"BkToCstmrStmt")
    statement = statement.replace(b"Ntfctn>", b"Stmt>")
    officers = story.budget_officers
    outcomes = at_once(lambda: make_claims.take(notice, officers[0]), lambda: make_claims.take(statement, officers[1]))
    assert outcomes == ["done", "done"]
    with app.app_context():
        assert db.session.scalar(text("SELECT count(*) FROM bank_entries WHERE NOT is_known")) == 1
        assert db.session.scalar(text("SELECT count(*) FROM bank_imports")) == 2
        assert ledger.balance(chart.co_payment(agreement.id)) == agreement.co_payment
