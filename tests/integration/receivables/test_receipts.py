"""What comes in for a debt: what it pays, where that goes, what is too much, and that it is booked once."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from config.payments import terms
from marketplace.claims import queries as claim_queries
from marketplace.claims import service as claims
from marketplace.claims.models import Refund
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM
from marketplace.core.errors import Forbidden, NotFound
from marketplace.core.task_queue import BackgroundTask
from marketplace.engagements.models import Engagement
from marketplace.receivables import queries, service
from marketplace.receivables.models import Receivable
from tests.conftest import MovableClock
from tests.factories import claims as make_claims
from tests.factories import engagements as make_work
from tests.factories import receivables as make
from tests.factories.accounts import make_provider
from tests.factories.engagements import Story

pytestmark = pytest.mark.usefixtures("database", "clock")


def test_what_comes_in_pays_the_oldest_instalment_and_goes_back_by_the_lines_that_paid(
    story: Story, engagement: Engagement
) -> None:
    receivable = make.make_repayment(story, engagement)
    paid = make.total("paid")
    receipt = make.pay(story, receivable, 800_000)
    assert [instalment.status for instalment in receivable.instalments] == [
        "paid",
        "scheduled",
        "scheduled",
        "scheduled",
        "scheduled",
    ]
    assert [instalment.outstanding for instalment in receivable.live] == [280_000, 540_000, 540_000, 540_000]
    assert (receipt.principal, receipt.excess) == (800_000, 0)
    assert (make.total("returned"), paid - make.total("paid")) == (800_000, 800_000)
    make.check_books(receivable)
    make.pay(story, receivable, 1_900_000)
    assert receivable.status == "settled"
    assert queries.clawed_back(receivable.engagement_id)[receivable.number] == receivable.parts
    assert (make.owed(receivable), make.total("returned"), make.total("income")) == (0, 2_700_000, 0)
    assert make.mails("receivables/receipt") == 2
    make.check_books(receivable)


def test_the_surcharge_is_income_and_only_the_aid_goes_back(story: Story, recovery: Receivable) -> None:
    receipt = make.pay(story, recovery, 3 * make.AID)
    assert (receipt.principal, receipt.surcharge, receipt.interest, receipt.excess) == (make.AID, 2 * make.AID, 0, 0)
    assert (make.total("returned"), make.total("income"), make.total("paid")) == (make.AID, 2 * make.AID, 0)
    assert recovery.status == "settled"
    make.check_books(recovery)


def test_what_is_too_much_or_too_late_is_kept_to_be_paid_back(story: Story, recovery: Receivable) -> None:
    receipt = make.pay(story, recovery, 3 * make.AID + 7)
    late = make.pay(story, recovery, 5)
    assert (receipt.excess, late.excess, late.principal) == (7, 5, 0)
    refunds = db.session.scalars(select(Refund).order_by(Refund.number)).all()
    assert [(refund.amount, refund.reason, refund.account_number) for refund in refunds] == [
        (7, receipt.number, "110-222"),
        (5, late.number, "110-222"),
    ]
    assert make.total("refundable") == 12
    make.check_books(recovery)


def test_a_firm_that_paid_too_much_names_the_account_for_its_refund(
    story: Story, recovery: Receivable, clock: MovableClock
) -> None:
    make.pay(story, recovery, 3 * make.AID + 7)
    refund = db.session.scalars(select(Refund)).one()
    outsider = make_provider()
    with pytest.raises(NotFound):
        claims.change_refund_account(refund.id, actor=outsider, scheme="other", identifier="99988777", bank_name="Bank")
    claims.change_refund_account(
        refund.id, actor=story.manager, scheme="other", identifier="99988777", bank_name="Bank"
    )
    assert claim_queries.get_refund(refund.id, actor=story.manager).account_number == "99988777"
    assert make.mails("claims/refund_account_changed")
    clock.advance(days=terms(business_clock.today()).changed_account_days)
    first, second = story.budget_officers
    batch = claims.prepare_batch(actor=first, refund_ids=[refund.id], key=make.key())
    claims.send_batch(batch.id, actor=second, key=make.key())
    make_claims.take(make_claims.bank_answer(batch), first)
    assert refund.status == "paid"
    make.check_books(recovery)


def test_an_unknown_reference_or_another_currency_matches_nothing(story: Story, recovery: Receivable) -> None:
    officer = story.budget_officers[0]
    for notice in (make.notice("RCV-1999-000001", 5), make.notice(recovery.number, 5, "EUR")):
        (entry,) = make.make_claims.take(notice, officer).entries
        assert entry.outcome == "unmatched"


def test_the_bank_report_is_booked_in_the_background_once(
    story: Story, recovery: Receivable, run_tasks: Callable[[], int]
) -> None:
    (entry,) = make.report(recovery, make.AID, story.budget_officers[0]).entries
    run_tasks()
    recovery = db.get(Receivable, recovery.id)
    assert recovery.outstanding == 2 * make.AID
    task_key = db.session.scalars(select(BackgroundTask.key).where(BackgroundTask.name == "take_receipt")).one()
    again = service.take_receipt(entry.id, actor=SYSTEM, key=f"take_receipt:{task_key}")
    assert again.amount == make.AID
    with pytest.raises(IntegrityError, match="bank_entry_id"), db.session.begin_nested():
        service.take_receipt(entry.id, actor=SYSTEM, key=make.key())
    with pytest.raises(Forbidden):
        service.take_receipt(entry.id, actor=story.budget_officers[0], key=make.key())
    make.check_books(recovery)


def test_a_receipt_is_never_changed_and_needs_an_open_debt(story: Story, recovery: Receivable) -> None:
    make.pay(story, recovery, 3 * make.AID)
    with pytest.raises(DBAPIError, match="permission denied"), db.session.begin_nested():
        db.session.execute(text("UPDATE receipts SET amount = 1"))
    plant = text(
        "INSERT INTO receipts (number, receivable_id, bank_entry_id, amount, principal, surcharge, interest, excess,"
        " booked_on) SELECT 'planted', receivable_id, NULL, 1, 1, 0, 0, 0, booked_on FROM receipts"
    )
    with pytest.raises(IntegrityError, match="nothing is owed"), db.session.begin_nested():
        db.session.execute(plant)


def test_aid_that_the_bank_has_sent_back_is_not_taken_from_the_debtor(story: Story, recovery: Receivable) -> None:
    """The debt stays, as the claim will be paid again; until then what comes in for the principal goes back."""
    claim = claim_queries.claims_of(recovery.engagement_id)[0]
    make.bounce(story, claim)
    receipt = make.pay(story, recovery, 3 * make.AID)
    assert (receipt.principal, receipt.surcharge, receipt.excess) == (0, 2 * make.AID, make.AID)
    assert (recovery.status, recovery.outstanding) == ("open", make.AID)
    assert queries.not_paid_out(recovery) == make.AID
    make.check_books(recovery)
    make_claims.take(make_claims.bank_answer(make_claims.send(story, claim)), story.budget_officers[0])
    assert queries.not_paid_out(recovery) == 0
    make.pay(story, recovery, make.AID)
    assert recovery.status == "settled"
    make.check_books(recovery)


def test_what_was_taken_back_for_this_or_another_recovery_is_not_taken_again() -> None:
    """Of two claims the bank sent one back: for both recoveries together no more is taken than the other one paid."""
    story = make_work.make_story()  # with a whole voucher
    engagement, (officer, _second) = make_work.make_engagement(story), story.budget_officers
    paid = []
    for stages in (1, 2):
        make_work.accept_all(story, engagement, stages=stages)
        paid.append(make_claims.approve(story, make_claims.submit(story, engagement)))
        make_claims.take(make_claims.bank_answer(make_claims.send(story, paid[-1])), officer)
    first, rest = (
        service.confirm(make.propose_recovery(story, engagement, "unmet", amount=amount), actor=officer, key=make.key())
        for amount in (1_000_000, None)
    )
    make.pay(story, first, first.outstanding)
    earlier = make.pay(story, rest, 500_000)
    make.bounce(story, paid[1])
    receipt = make.pay(story, rest, rest.outstanding)
    assert earlier.principal > 0
    assert receipt.principal == paid[0].aid - 1_000_000 - earlier.principal
    assert queries.not_paid_out(rest) == paid[1].aid
    make.check_books(rest)
