"""Truly at once: of two second approvals, a hold and the system, or a return and an approval, only one takes effect."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from threading import Barrier
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

import config.claims
from config.claims import handling
from marketplace.claims import queries
from marketplace.claims import service as claims
from marketplace.claims.models import Claim, PaymentBatch, Refund
from marketplace.claims.rules import Cut
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Role
from marketplace.ledger import queries as ledger
from marketplace.reports.proof import prove
from tests.concurrency.test_money import at_once, begins, story
from tests.factories import claims as make_claims
from tests.factories import engagements as make
from tests.factories.accounts import make_officer

__all__ = ["at_once", "begins", "story"]  # fixtures of the other module

pytestmark = pytest.mark.usefixtures("real_database")

Together = Callable[..., list[str]]


def submitted(story: make.Story, prices: dict[str, int]) -> Claim:
    engagement = make.make_engagement(story, prices)
    make.accept_all(story, engagement)
    return make_claims.submit(story, engagement)


def checked(story: make.Story, prices: dict[str, int]) -> Claim:
    made = submitted(story, prices)
    return claims.check_claim(made.id, actor=story.programme_officer)


def found(claim_id: UUID) -> Claim:
    return queries.get_claim(claim_id, actor=SYSTEM)


def test_two_second_approvals_move_the_money_once(app: Flask, story: make.Story, at_once: Together) -> None:
    with app.app_context(), db.unit_of_work():
        claim = checked(story, {"diagnosis": 40_000_000, "action-plan": 5_000_000, "execution": 5_000_000})
        others = [make_officer(Role.BUDGET_OFFICER) for _each in range(2)]
        claims.approve_claim(claim.id, actor=story.budget_officers[0], key="first")
    outcomes = at_once(*[lambda by=by: claims.countersign_claim(claim.id, actor=by, key=str(uuid4())) for by in others])
    assert (outcomes.count("done"), len(outcomes)) == (1, 2)
    with app.app_context():
        assert sum(ledger.balances_by_owner(claim.id, "payable").values()) == claim.aid
        assert prove().faults == []


def test_one_approval_sent_twice_at_once_is_one(app: Flask, story: make.Story, at_once: Together) -> None:
    with app.app_context(), db.unit_of_work():
        claim = checked(story, dict.fromkeys(make.STAGES, 1_000_000))
        cut = Cut(claim.lines[0].id, 400_000, "Less was done")
    officer = story.budget_officers[0]
    approvals = [lambda: claims.approve_claim(claim.id, actor=officer, lines=[cut], key="one")] * 3
    assert at_once(*approvals) == ["done"] * 3
    with app.app_context():
        assert len(db.session.scalars(select(Refund)).all()) == 1
        assert prove().faults == []


def test_a_return_and_an_approval_never_both_happen(app: Flask, story: make.Story, at_once: Together) -> None:
    with app.app_context(), db.unit_of_work():
        claim = checked(story, dict.fromkeys(make.STAGES, 1_000_000))
    outcomes = at_once(
        lambda: claims.return_claim(claim.id, actor=story.programme_officer, reasons=["No date"]),
        lambda: claims.approve_claim(claim.id, actor=story.budget_officers[0], key="a"),
        lambda: claims.refuse_claim(claim.id, actor=story.budget_officers[1], reason="No", key="b"),
    )
    assert outcomes.count("done") == 1
    with app.app_context():
        payable = sum(ledger.balances_by_owner(claim.id, "payable").values())
        assert (found(claim.id).status, payable) in [("returned", 0), ("approved", claim.aid), ("refused", 0)]
        assert prove().faults == []


def test_a_bank_report_and_a_payment_taken_out_wait_for_each_other(
    app: Flask, story: make.Story, at_once: Together
) -> None:
    """Both want the batch and its payment: whoever holds the batch gets the payment too."""
    with app.app_context(), db.unit_of_work():
        claim = claims.approve_claim(
            checked(story, dict.fromkeys(make.STAGES, 1_000_000)).id, actor=story.budget_officers[0], key="a"
        )
        batch = claims.prepare_batch(actor=story.budget_officers[0], claim_ids=[claim.id], key="b")
        (line,) = queries.lines_of(batch.id)
        report = make_claims.bank_answer(batch)
    held = Barrier(2)

    def take_out() -> None:
        db.get(PaymentBatch, batch.id, lock=True)
        held.wait()
        time.sleep(0.5)
        claims.remove_line(line.id, actor=story.budget_officers[0], reason="Wait")

    def take() -> None:
        held.wait()
        make_claims.take(report, story.budget_officers[1])

    assert at_once(take_out, take) == ["done", "done"]
    with app.app_context():
        assert found(claim.id).status == "approved"


def test_a_hold_and_the_system_never_pass_each_other(
    app: Flask, story: make.Story, at_once: Together, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = handling(clock.today())
    open_wide = replace(usual, risk=replace(usual.risk, sample_share=0, low_points=9))
    monkeypatch.setattr(config.claims.EDITIONS, "all", (open_wide,))
    with app.app_context(), db.unit_of_work():
        claim = submitted(story, dict.fromkeys(make.STAGES, 1_000_000))
        assert claim.route == "straight_through"
    at_once(
        lambda: claims.place_hold(claim.engagement_id, actor=SYSTEM, reason="E17"),
        lambda: claims.pass_claim(claim.id, actor=SYSTEM, key="pass"),
    )
    with app.app_context():
        now = found(claim.id)
        (hold,) = queries.holds_of(claim.engagement_id)
        if now.status == "approved":
            assert now.approved_at is not None
            assert now.approved_at <= hold.placed_at
        else:
            assert (now.status, now.route) == ("submitted", "people")
