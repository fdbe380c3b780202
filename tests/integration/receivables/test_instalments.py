"""Instalments agreed anew, notified and reminded, and the interest on those in arrears."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.errors import Invalid
from marketplace.core.task_queue import BackgroundTask
from marketplace.engagements.models import Engagement
from marketplace.ledger.rules import KeyReused
from marketplace.receivables import queries, rules, service
from marketplace.receivables.models import Receivable
from tests.conftest import MovableClock
from tests.factories import receivables as make
from tests.factories.engagements import Story

pytestmark = pytest.mark.usefixtures("database", "clock")


def test_arrears_bear_simple_interest_from_the_day_after_they_were_due(
    story: Story, recovery: Receivable, clock: MovableClock
) -> None:
    capital = 3 * make.AID
    clock.advance(days=30)
    assert queries.interest_today(recovery, business_clock.today()) == 0
    clock.advance(days=73)
    interest = capital * 5 // 500  # 5 % a year for a fifth of it
    assert queries.interest_today(recovery, business_clock.today()) == interest
    receipt = make.pay(story, recovery, capital + 1_000)
    assert (receipt.interest, receipt.excess) == (1_000, 0)
    assert recovery.outstanding == interest - 1_000
    make.check_books(recovery)
    clock.advance(days=365)  # interest bears no interest
    receipt = make.pay(story, recovery, interest)
    assert (receipt.interest, receipt.excess, recovery.status) == (interest - 1_000, 1_000, "settled")
    assert make.total("income") == 2 * make.AID + interest
    make.check_books(recovery)


def test_interest_after_a_part_was_paid_is_on_the_rest_alone(
    story: Story, recovery: Receivable, clock: MovableClock
) -> None:
    clock.advance(days=30 + 73)
    make.pay(story, recovery, 2 * make.AID)
    clock.advance(days=73)
    booked = 3 * make.AID * 5 // 500
    assert queries.interest_today(recovery, business_clock.today()) == booked + make.AID * 5 // 500


def test_other_instalments_are_agreed_for_all_that_is_left(
    story: Story, recovery: Receivable, clock: MovableClock
) -> None:
    clock.advance(days=30 + 73)
    make.pay(story, recovery, 1_000_001)
    officer, today = story.budget_officers[0], business_clock.today()
    interest = queries.interest_today(recovery, today)
    plan = {"first_due_on": today + timedelta(days=10), "every_months": 1, "reason": "Asked for"}
    once = make.key()
    service.agree_instalments(recovery.id, actor=officer, count=7, key=once, **plan)  # type: ignore[arg-type]
    assert [instalment.status for instalment in recovery.instalments] == ["replaced"] + ["scheduled"] * 7
    assert recovery.outstanding == 3 * make.AID - 1_000_001 + interest
    assert recovery.live[0].interest == interest
    assert queries.interest_today(recovery, today) == interest
    make.check_books(recovery)
    service.agree_instalments(recovery.id, actor=officer, count=7, key=once, **plan)  # type: ignore[arg-type]
    assert len(recovery.instalments) == 8
    with pytest.raises(KeyReused):
        service.agree_instalments(recovery.id, actor=officer, count=6, key=once, **plan)  # type: ignore[arg-type]
    for wrong in ({"count": 0}, {"count": 61}, {"first_due_on": today - timedelta(days=1)}, {"every_months": 0}):
        with pytest.raises(Invalid):
            service.agree_instalments(
                recovery.id,
                actor=officer,
                key=make.key(),
                **{"count": 2} | plan | wrong,  # type: ignore[arg-type]
            )
    make.pay(story, recovery, recovery.outstanding)
    assert recovery.status == "settled"
    make.check_books(recovery)


def test_each_instalment_is_notified_and_reminded_on_its_days(
    story: Story, recovery: Receivable, clock: MovableClock, run_tasks: Callable[[], int]
) -> None:
    run_tasks()
    recovery = db.get(Receivable, recovery.id)
    (instalment,) = recovery.instalments
    assert (instalment.status, make.mails("receivables/payment_notice"), make.mails("receivables/reminder")) == (
        "notified",
        1,
        0,
    )
    for days, reminders in ((22, 0), (1, 1), (7, 1), (1, 2), (13, 3), (16, 4), (300, 4)):
        clock.advance(days=days)
        run_tasks()
        assert make.mails("receivables/reminder") == reminders
    recovery = db.get(Receivable, recovery.id)
    make.pay(story, recovery, recovery.outstanding + queries.interest_today(recovery, business_clock.today()))
    assert recovery.status == "settled"


def test_nobody_is_written_to_about_an_instalment_that_is_paid_or_replaced(
    story: Story, engagement: Engagement, clock: MovableClock, run_tasks: Callable[[], int]
) -> None:
    receivable = make.make_repayment(story, engagement)
    make.pay(story, receivable, 540_000)
    first, *others = receivable.instalments
    service.agree_instalments(
        receivable.id, actor=story.budget_officers[0], count=1, every_months=1, reason="Asked for",
        first_due_on=others[-1].due_on + timedelta(days=400), key=make.key(),
    )  # fmt: skip
    clock.advance(days=5 * 366)
    run_tasks()
    assert (make.mails("receivables/payment_notice"), make.mails("receivables/reminder")) == (0, 0)
    pending = select(BackgroundTask).where(
        BackgroundTask.name == "remind_instalment", BackgroundTask.status == "pending"
    )
    about = {task.arguments["instalment_id"] for task in db.session.scalars(pending)}
    assert about == {str(receivable.live[0].id)}
    assert first.status == "paid"


def test_interest_on_an_instalment_starts_where_it_was_booked_up_to(recovery: Receivable) -> None:
    (instalment,) = recovery.instalments
    due = instalment.due_on
    assert rules.accrued(instalment, 500, due + timedelta(days=10)) > 0
    instalment.interest_until = due + timedelta(days=10)
    assert rules.accrued(instalment, 500, due + timedelta(days=10)) == 0
    assert rules.accrued(instalment, 500, due) == 0


@pytest.mark.parametrize("late_first", [True, False])
def test_interest_runs_until_the_value_date_in_whatever_order_payments_are_reported(
    story: Story, recovery: Receivable, clock: MovableClock, late_first: bool
) -> None:
    """2/3 of the capital is paid 73 days after it was due, 1 won 73 days later: interest is the same either way."""
    due = recovery.instalments[0].due_on
    clock.advance(days=30 + 146)
    payments = [(2 * make.AID, due + timedelta(days=73)), (1, due + timedelta(days=146))]
    for amount, day in reversed(payments) if late_first else payments:
        make.pay(story, recovery, amount, valued_on=day)
        make.check_books(recovery)
    interest = 3 * make.AID * 5 // 500 + make.AID * 5 // 500
    assert abs(queries.interest_today(recovery, business_clock.today()) - interest) <= 1
    assert recovery.outstanding == make.AID - 1 + queries.interest_today(recovery, business_clock.today())


def test_interest_agreed_into_new_instalments_stands(story: Story, recovery: Receivable, clock: MovableClock) -> None:
    due = recovery.instalments[0].due_on
    clock.advance(days=30 + 146)
    service.agree_instalments(
        recovery.id, actor=story.budget_officers[0], count=1, every_months=1, reason="Asked for", key=make.key(),
        first_due_on=business_clock.today(),
    )  # fmt: skip
    receipt = make.pay(story, recovery, recovery.outstanding, valued_on=due)
    assert (receipt.excess, recovery.status) == (0, "settled")
    make.check_books(recovery)
