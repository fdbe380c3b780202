"""The bank takes the payment of a debt back: what it paid is owed again, once, with interest as if it had not come."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from marketplace.claims import service as claims
from marketplace.claims.models import BankAssignment, BankEntry
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM
from marketplace.core.errors import DomainError, Forbidden
from marketplace.core.task_queue import BackgroundTask
from marketplace.engagements.models import Engagement
from marketplace.receivables import queries, service
from marketplace.receivables.models import Receivable
from tests.conftest import MovableClock
from tests.factories import claims as make_claims
from tests.factories import receivables as make
from tests.factories.accounts import sign_in_as
from tests.factories.bank_reports import Detail, Entry, notification
from tests.factories.engagements import Story

pytestmark = pytest.mark.usefixtures("database", "clock")


def taken_back(story: Story, receivable: Receivable, amount: int, *, marked: bool = True) -> BankEntry:
    """A debit by which the bank takes back what came for the debt, and what the background makes of it."""
    detail = Detail(receivable.number if marked else "X", account="")
    (entry,) = make_claims.take(
        notification(Entry(-amount, [detail], mark=make.key(), reversal=marked)), story.budget_officers[0]
    ).entries
    assert entry.outcome == "unmatched"
    if marked:
        service.follow_debt_reversal(entry.id, actor=SYSTEM)
    return entry


def test_what_a_payment_had_paid_is_owed_again(story: Story, engagement: Engagement) -> None:
    debt = make.make_repayment(story, engagement)
    make.pay(story, debt, 1_000_000)
    make.pay(story, debt, 1_700_000)
    assert debt.status == "settled"
    entry = taken_back(story, debt, 1_700_000)
    assert (entry.outcome, debt.status, debt.outstanding) == ("reversed", "open", 1_700_000)
    assert [one.status for one in debt.instalments] == ["paid", "notified", "notified", "notified", "notified"]
    assert (make.total("returned"), make.mails("receivables/receipt_taken_back")) == (1_000_000, 1)
    make.check_books(debt)
    make.pay(story, debt, 1_700_000)
    assert (debt.status, queries.clawed_back(debt.engagement_id)[debt.number]) == ("settled", debt.parts)
    make.check_books(debt)


def test_surcharge_and_interest_are_owed_again_and_run_as_if_nothing_had_come(
    story: Story, recovery: Receivable, clock: MovableClock
) -> None:
    (instalment,) = recovery.instalments
    clock.advance(days=(instalment.due_on - business_clock.today()).days + 73)
    make.pay(story, recovery, 2 * make.AID)
    clock.advance(days=73)
    make.pay(story, recovery, 1)
    taken_back(story, recovery, 2 * make.AID)
    make.check_books(recovery)
    year = instalment.capital * recovery.interest_basis_points // 10_000
    interest = queries.interest_today(recovery, business_clock.today())
    assert (instalment.capital, abs(interest - year * 146 // 365) <= 2) == (3 * make.AID - 1, True)
    assert make.total("income") == 1, "of the second payment"


def test_what_the_bank_does_not_name_an_officer_does_once(
    story: Story, recovery: Receivable, client: FlaskClient
) -> None:
    receipt = make.pay(story, recovery, 1_000_000)
    entry = taken_back(story, recovery, 1_000_000, marked=False)
    client.set_cookie("lang", "en")
    sign_in_as(client, story.budget_officers[0])
    assert f"/bank-entries/{entry.id}/receipt" in client.get(f"/bank-entries/{entry.id}").text
    with pytest.raises(Forbidden):
        service.take_back_receipt(receipt.id, entry_id=entry.id, actor=story.manager, reason="Mine", key="no")
    with pytest.raises(Forbidden):
        claims.take_out_debt_reversal(entry.id, actor=story.manager, reason="Mine")
    address = f"/bank-entries/{entry.id}/receipt"
    assert recovery.number in client.get(address).text
    form = {"receipt_id": str(receipt.id), "reason": "Letter of the bank", "key": "a"}
    assert client.post(address, data=form | {"reason": ""}).status_code == 422
    assert client.post(address, data=form).status_code == 303
    recovery = db.get(Receivable, recovery.id)
    assert recovery.outstanding == 3 * make.AID
    assert db.session.scalars(select(BankAssignment.kind)).all() == ["debt_reversal"]
    assert "Taken back by the bank" in client.get(f"/receivables/{recovery.id}").text
    second = taken_back(story, recovery, 1_000_000, marked=False)
    assert client.post(f"/bank-entries/{second.id}/receipt", data=form | {"key": "b"}).status_code == 422
    with pytest.raises(DomainError, match="already|이미"), db.session.begin_nested():
        service.take_back_receipt(
            receipt.id, entry_id=second.id, actor=story.budget_officers[0], reason="Again", key="c"
        )
    make.check_books(recovery)


def test_what_can_not_be_owed_again_waits_in_the_books(story: Story, recovery: Receivable) -> None:
    make.pay(story, recovery, 3 * make.AID + 7)
    entry = taken_back(story, recovery, 3 * make.AID + 7)
    assert (entry.outcome, recovery.status) == ("unmatched", "settled"), "a part of it is set aside for its payer"
    assert taken_back(story, recovery, 5).outcome == "unmatched", "no receipt has this amount"
    make.check_books(recovery)


def test_what_may_be_one_reversal_told_twice_takes_one_payment_back(story: Story, recovery: Receivable) -> None:
    for _twice in range(2):
        make.pay(story, recovery, 1_000_000)
    for mark in ("", "BK-77"):
        entry = Entry(-1_000_000, [Detail(recovery.number, account="")], mark=mark, reversal=True)
        make_claims.take(notification(entry), story.budget_officers[0])
    told = db.session.scalars(select(BackgroundTask).where(BackgroundTask.name == "follow_debt_reversal")).all()
    assert len(told) == 1
    make.check_books(recovery)


def test_a_part_of_an_instalment_that_was_replaced_is_due_at_once(
    story: Story, engagement: Engagement, clock: MovableClock
) -> None:
    debt = make.make_repayment(story, engagement)
    make.pay(story, debt, 100_000)
    today = business_clock.today()
    plan = {"count": 2, "first_due_on": today + timedelta(days=30), "every_months": 1, "reason": "Asked"}
    service.agree_instalments(debt.id, actor=story.budget_officers[0], key="agree", **plan)
    taken_back(story, debt, 100_000)
    assert [(one.outstanding, one.due_on) for one in debt.live][-1] == (100_000, today)
    make.check_books(debt)


def test_a_reversal_is_never_changed_and_a_receipt_has_one(story: Story, recovery: Receivable) -> None:
    make.pay(story, recovery, 1_000_000)
    taken_back(story, recovery, 1_000_000)
    other = taken_back(story, recovery, 1_000_000, marked=False)
    plant = "INSERT INTO receipt_reversals (receipt_id, bank_entry_id) SELECT receipt_id, :entry FROM receipt_reversals"
    with pytest.raises(IntegrityError, match="uq_receipt_reversals_receipt_id"), db.session.begin_nested():
        db.session.execute(text(plant), {"entry": other.id})
    with pytest.raises(DBAPIError, match="permission denied"), db.session.begin_nested():
        db.session.execute(text("DELETE FROM receipt_reversals"))
