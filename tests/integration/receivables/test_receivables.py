"""Repayments and recoveries from the proposal to the last receipt: amounts, instalments, interest, four eyes, books."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from config.payments import terms
from marketplace.claims import queries as claim_queries
from marketplace.claims import service as claims
from marketplace.claims.models import Refund
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound
from marketplace.core.tasks import BackgroundTask, Task
from marketplace.ledger import queries as ledger
from marketplace.ledger.rules import KeyReused
from marketplace.notifications.models import Message
from marketplace.receivables import queries, rules, service
from marketplace.receivables.models import Receivable
from marketplace.reports import proof
from tests.conftest import MovableClock
from tests.factories import claims as make_claims
from tests.factories import engagements as make_work
from tests.factories import receivables as make
from tests.factories.accounts import make_officer, make_provider
from tests.factories.engagements import Story

pytestmark = pytest.mark.usefixtures("database", "clock")

AID = 9_000_001  # 60 % of 15,000,001 won


@pytest.fixture
def story() -> Story:
    return make_work.make_story(programme=make.REPAYABLE)


@pytest.fixture
def recovery(story: Story) -> Receivable:
    return make.make_recovery(story)


def owed(receivable: Receivable) -> int:
    return ledger.balance(f"receivable:{receivable.id}")


def check_books(receivable: Receivable) -> None:
    """The ledger's figure is the sum of the instalments, and the books balance."""
    assert owed(receivable) == receivable.outstanding
    assert proof.prove().faults == []


def total(stage: str) -> int:
    wanted = text("SELECT coalesce(sum(balance), 0) FROM ledger_accounts WHERE stage = :stage")
    return int(db.session.scalar(wanted, {"stage": stage}) or 0)


def mails(template: str) -> int:
    return len(db.session.scalars(select(Message).where(Message.template == template)).all())


def test_a_success_makes_a_share_of_the_aid_owed_in_yearly_instalments(story: Story) -> None:
    receivable = make.make_repayment(story)
    assert (receivable.status, receivable.debtor_id) == ("open", story.sme.organisation_id)
    assert (receivable.aid_paid, receivable.principal, receivable.surcharge) == (AID, 2_700_000, 0)
    assert [each.principal for each in receivable.instalments] == [540_000] * 5
    first = business_clock.today().year + 1
    assert [each.due_on.year for each in receivable.instalments] == list(range(first, first + 5))
    assert sum(receivable.parts.values()) == receivable.principal
    assert mails("receivables/confirmed") == 1
    check_books(receivable)
    assert owed(receivable) == 2_700_000


def test_what_comes_in_pays_the_oldest_instalment_and_goes_back_by_the_lines_that_paid(story: Story) -> None:
    receivable = make.make_repayment(story)
    paid = total("paid")
    receipt = make.pay(story, receivable, 800_000)
    assert [each.status for each in receivable.instalments] == [
        "paid",
        "scheduled",
        "scheduled",
        "scheduled",
        "scheduled",
    ]
    assert [each.outstanding for each in receivable.live] == [280_000, 540_000, 540_000, 540_000]
    assert (receipt.principal, receipt.excess) == (800_000, 0)
    assert (total("returned"), paid - total("paid")) == (800_000, 800_000)
    check_books(receivable)
    make.pay(story, receivable, 1_900_000)
    assert receivable.status == "settled"
    assert queries.clawed_back(receivable) == receivable.parts
    assert (owed(receivable), total("returned"), total("income")) == (0, 2_700_000, 0)
    assert mails("receivables/receipt") == 2
    check_books(receivable)


def test_success_is_declared_of_paid_work_once_in_a_programme_that_takes_something_back(story: Story) -> None:
    engagement = make_work.make_engagement(story)

    def propose(actor: Actor = story.programme_officer) -> Receivable:
        return service.propose_repayment(engagement.id, actor=actor, reason="Good", key=make.key())

    with pytest.raises(DomainError, match="finished"):
        propose()
    make_work.accept_all(story, engagement)
    with pytest.raises(DomainError, match="No aid was paid"):
        propose()
    with pytest.raises(Forbidden):
        propose(story.budget_officers[0])
    other = make_work.make_story()
    with pytest.raises(DomainError, match="takes nothing back"):
        service.propose_repayment(
            make.make_paid(other).id, actor=other.programme_officer, reason="Good", key=make.key()
        )


def test_no_success_is_kept_with_its_reason_and_leaves_the_list(story: Story) -> None:
    engagement = make.make_paid(story)
    assert db.session.scalars(queries.undecided_successes()).all() == [engagement]
    made = service.decline_repayment(
        engagement.id, actor=story.programme_officer, reason="Rejects stayed", key=make.key()
    )
    assert (made.status, made.drop_reason) == ("dropped", "Rejects stayed")
    assert db.session.scalars(queries.undecided_successes()).all() == []
    assert owed(made) == 0


@pytest.mark.parametrize(
    ("ground", "times", "listed"),
    [("false_receipt", 5, True), ("other_purpose", 3, True), ("breach", 2, False), ("unmet", 1, False)],
)
def test_a_recovery_is_the_aid_paid_and_the_surcharge_of_its_ground(
    story: Story, ground: str, times: int, listed: bool
) -> None:
    receivable = make.make_recovery(story, ground)
    assert (receivable.principal, receivable.surcharge) == (AID, times * AID)
    assert receivable.debtor_id == story.manager.organisation_id
    assert [each.due_on for each in receivable.instalments] == [business_clock.today() + timedelta(days=30)]
    assert (receivable.listed_from is not None) == listed
    check_books(receivable)


def test_the_surcharge_is_income_and_only_the_aid_goes_back(story: Story, recovery: Receivable) -> None:
    receipt = make.pay(story, recovery, 3 * AID)
    assert (receipt.principal, receipt.surcharge, receipt.interest, receipt.excess) == (AID, 2 * AID, 0, 0)
    assert (total("returned"), total("income"), total("paid")) == (AID, 2 * AID, 0)
    assert recovery.status == "settled"
    check_books(recovery)


def test_together_never_more_is_asked_back_than_was_paid(story: Story) -> None:
    repayment = make.make_repayment(story)
    recovery_id = make.propose_recovery(story, repayment.engagement)
    recovery = db.get(Receivable, recovery_id)
    assert recovery.principal == AID - repayment.principal
    with pytest.raises(DomainError, match="No aid was paid"):
        make.propose_recovery(story, repayment.engagement)
    plant = text(
        "INSERT INTO receivables (number, kind, engagement_id, debtor_id, currency, aid_paid, principal, surcharge,"
        " parts, ground, reason, days_to_pay, interest_basis_points, reminder_days, status, proposed_by)"
        " SELECT 'planted', kind, engagement_id, debtor_id, currency, aid_paid, 1, 0, parts, ground, reason,"
        " days_to_pay, interest_basis_points, reminder_days, 'proposed', proposed_by FROM receivables WHERE id = :id"
    )
    with pytest.raises(IntegrityError, match="more is asked back"), db.session.begin_nested():
        db.session.execute(plant, {"id": recovery_id})
    service.drop(recovery_id, actor=story.budget_officers[0], reason="Explained")
    with pytest.raises(IntegrityError, match="uq_receivables_live"), db.session.begin_nested():
        db.session.execute(plant, {"id": repayment.id})


def test_a_recovery_needs_a_known_ground_a_side_of_the_engagement_and_an_officer(story: Story) -> None:
    engagement = make.make_paid(story)
    officer = make_officer(Role.ETHICS_OFFICER)
    stranger = make_provider().organisation_id
    assert stranger is not None
    facts = {"debtor_id": engagement.provider_id, "ground": "breach", "reason": "Finding"}
    for wrong in ({"ground": "none"}, {"debtor_id": stranger}, {"reason": " "}):
        with pytest.raises(Invalid):
            service.open_recovery(engagement.id, actor=officer, key=make.key(), **facts | wrong)  # type: ignore[arg-type]
    for actor in (story.programme_officer, story.manager):
        with pytest.raises(Forbidden):
            service.open_recovery(engagement.id, actor=actor, key=make.key(), **facts)  # type: ignore[arg-type]


def test_another_officer_confirms_and_amounts_never_change(story: Story) -> None:
    engagement = make.make_paid(story)
    first, second = story.budget_officers
    made = service.open_recovery(
        engagement.id, actor=first, debtor_id=engagement.provider_id, ground="unmet", reason="x", key=make.key()
    )
    assert owed(made) == 0
    with pytest.raises(DomainError, match="Another officer"):
        service.confirm(made.id, actor=first, key=make.key())
    with pytest.raises(Forbidden):
        service.confirm(made.id, actor=story.programme_officer, key=make.key())
    cheat = "UPDATE receivables SET status = 'open', confirmed_at = app_now(), confirmed_by = proposed_by"
    for statement, match in ((cheat, "four_eyes"), ("UPDATE receivables SET principal = 1", "keeps its amounts")):
        with pytest.raises(DBAPIError, match=match), db.session.begin_nested():
            db.session.execute(text(statement))
    once = make.key()
    assert service.confirm(made.id, actor=second, key=once) is service.confirm(made.id, actor=second, key=once)
    with pytest.raises(DomainError):
        service.confirm(made.id, actor=second, key=make.key())
    assert len(made.instalments) == 1
    check_books(made)


def test_arrears_bear_simple_interest_from_the_day_after_they_were_due(
    story: Story, recovery: Receivable, clock: MovableClock
) -> None:
    capital = 3 * AID
    clock.advance(days=30)
    assert queries.interest_today(recovery, business_clock.today()) == 0
    clock.advance(days=73)
    interest = capital * 5 // 500  # 5 % a year for a fifth of it
    assert queries.interest_today(recovery, business_clock.today()) == interest
    receipt = make.pay(story, recovery, capital + 1_000)
    assert (receipt.interest, receipt.excess) == (1_000, 0)
    assert recovery.outstanding == interest - 1_000
    check_books(recovery)
    clock.advance(days=365)  # interest bears no interest
    receipt = make.pay(story, recovery, interest)
    assert (receipt.interest, receipt.excess, recovery.status) == (interest - 1_000, 1_000, "settled")
    assert total("income") == 2 * AID + interest
    check_books(recovery)


def test_interest_after_a_part_was_paid_is_on_the_rest_alone(
    story: Story, recovery: Receivable, clock: MovableClock
) -> None:
    clock.advance(days=30 + 73)
    make.pay(story, recovery, 2 * AID)
    clock.advance(days=73)
    booked = 3 * AID * 5 // 500
    assert queries.interest_today(recovery, business_clock.today()) == booked + AID * 5 // 500


def test_what_is_too_much_or_too_late_is_kept_to_be_paid_back(story: Story, recovery: Receivable) -> None:
    receipt = make.pay(story, recovery, 3 * AID + 7)
    late = make.pay(story, recovery, 5)
    assert (receipt.excess, late.excess, late.principal) == (7, 5, 0)
    refunds = db.session.scalars(select(Refund).order_by(Refund.number)).all()
    assert [(each.amount, each.reason, each.account_number) for each in refunds] == [
        (7, receipt.number, "110-222"),
        (5, late.number, "110-222"),
    ]
    assert total("refundable") == 12
    check_books(recovery)


def test_a_firm_that_paid_too_much_names_the_account_for_its_refund(
    story: Story, recovery: Receivable, clock: MovableClock
) -> None:
    make.pay(story, recovery, 3 * AID + 7)
    refund = db.session.scalars(select(Refund)).one()
    outsider = make_provider()
    with pytest.raises(NotFound):
        claims.change_refund_account(refund.id, actor=outsider, scheme="other", identifier="99988777", bank_name="Bank")
    claims.change_refund_account(
        refund.id, actor=story.manager, scheme="other", identifier="99988777", bank_name="Bank"
    )
    assert claim_queries.get_refund(refund.id, actor=story.manager).account_number == "99988777"
    assert mails("claims/refund_account_changed")
    clock.advance(days=terms(business_clock.today()).changed_account_days)
    first, second = story.budget_officers
    batch = claims.prepare_batch(actor=first, refund_ids=[refund.id], key=make.key())
    claims.send_batch(batch.id, actor=second, key=make.key())
    make_claims.take(make_claims.bank_answer(batch), first)
    assert refund.status == "paid"
    check_books(recovery)


def test_an_unknown_reference_or_another_currency_matches_nothing(story: Story, recovery: Receivable) -> None:
    officer = story.budget_officers[0]
    for notice in (make.notice("RCV-1999-000001", 5), make.notice(recovery.number, 5, "EUR")):
        (entry,) = make.make_claims.take(notice, officer).entries
        assert entry.outcome == "unmatched"


def test_the_bank_report_is_booked_in_the_background_once(
    story: Story, recovery: Receivable, run_tasks: Callable[[], int]
) -> None:
    (entry,) = make.report(recovery, AID, story.budget_officers[0]).entries
    run_tasks()
    recovery = db.get(Receivable, recovery.id)
    assert recovery.outstanding == 2 * AID
    again = service.take_receipt(entry.id, actor=SYSTEM, key=f"receipt:{entry.id}")
    assert again.amount == AID
    with pytest.raises(IntegrityError, match="bank_entry_id"), db.session.begin_nested():
        service.take_receipt(entry.id, actor=SYSTEM, key=make.key())
    with pytest.raises(Forbidden):
        service.take_receipt(entry.id, actor=story.budget_officers[0], key=make.key())
    check_books(recovery)


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
    assert [each.status for each in recovery.instalments] == ["replaced"] + ["scheduled"] * 7
    assert recovery.outstanding == 3 * AID - 1_000_001 + interest
    assert recovery.live[0].interest == interest
    assert queries.interest_today(recovery, today) == interest
    check_books(recovery)
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
    check_books(recovery)


def test_each_instalment_is_invoiced_and_reminded_on_its_days(
    story: Story, recovery: Receivable, clock: MovableClock, run_tasks: Callable[[], int]
) -> None:
    run_tasks()
    recovery = db.get(Receivable, recovery.id)
    (instalment,) = recovery.instalments
    assert (instalment.status, mails("receivables/invoice"), mails("receivables/reminder")) == ("invoiced", 1, 0)
    for days, reminders in ((22, 0), (1, 1), (7, 1), (1, 2), (13, 3), (16, 4), (300, 4)):
        clock.advance(days=days)
        run_tasks()
        assert mails("receivables/reminder") == reminders
    recovery = db.get(Receivable, recovery.id)
    make.pay(story, recovery, recovery.outstanding + queries.interest_today(recovery, business_clock.today()))
    assert recovery.status == "settled"


def test_nobody_is_written_to_about_an_instalment_that_is_paid_or_replaced(
    story: Story, clock: MovableClock, run_tasks: Callable[[], int]
) -> None:
    receivable = make.make_repayment(story)
    make.pay(story, receivable, 540_000)
    first, *others = receivable.instalments
    service.agree_instalments(
        receivable.id, actor=story.budget_officers[0], count=1, every_months=1, reason="Asked for",
        first_due_on=others[-1].due_on + timedelta(days=400), key=make.key(),
    )  # fmt: skip
    clock.advance(days=5 * 366)
    run_tasks()
    assert (mails("receivables/invoice"), mails("receivables/reminder")) == (0, 0)
    pending = select(BackgroundTask).where(
        BackgroundTask.kind == Task.REMIND_INSTALMENT.value, BackgroundTask.status == "pending"
    )
    assert {task.subject for task in db.session.scalars(pending)} == {receivable.live[0].id}
    assert first.status == "paid"


def test_a_write_off_needs_the_signatures_of_two_budget_officers(story: Story, recovery: Receivable) -> None:
    first, second = story.budget_officers
    make.pay(story, recovery, AID)
    with pytest.raises(Forbidden):
        service.propose_write_off(recovery.id, actor=make_officer(Role.ETHICS_OFFICER), reason="Insolvent")
    write_off = service.propose_write_off(recovery.id, actor=first, reason="Insolvent")
    with pytest.raises(IntegrityError, match="uq_write_offs_live"), db.session.begin_nested():
        service.propose_write_off(recovery.id, actor=second, reason="Insolvent")
    with pytest.raises(DomainError, match="Another budget officer"):
        service.sign_write_off(recovery.id, actor=first, key=make.key())
    cheats = {
        "UPDATE write_offs SET status = 'signed', signed_at = app_now(), amount = 1, signed_by = proposed_by":
            "two_signatures",
        "UPDATE receivables SET status = 'written_off', written_off_at = app_now()": "two signatures",
    }  # fmt: skip
    for statement, match in cheats.items():
        with pytest.raises(IntegrityError, match=match), db.session.begin_nested():
            db.session.execute(text(statement))
    service.sign_write_off(recovery.id, actor=second, key=make.key())
    assert (write_off.status, write_off.amount, recovery.status) == ("signed", 2 * AID, "written_off")
    assert [each.status for each in recovery.instalments] == ["written_off"]
    assert (owed(recovery), total("obligation")) == (0, 0)
    assert proof.prove().faults == []
    for verb in (service.propose_write_off, service.refuse_write_off):
        with pytest.raises(DomainError):
            verb(recovery.id, actor=first, reason="Again")


def test_a_refused_write_off_leaves_the_debt_and_can_be_proposed_anew(story: Story, recovery: Receivable) -> None:
    first, second = story.budget_officers
    service.propose_write_off(recovery.id, actor=first, reason="Insolvent")
    service.refuse_write_off(recovery.id, actor=second, reason="It has a building")
    assert (recovery.status, owed(recovery)) == ("open", 3 * AID)
    assert service.propose_write_off(recovery.id, actor=second, reason="Sold").status == "proposed"


def test_a_receipt_is_never_changed_and_needs_an_open_debt(story: Story, recovery: Receivable) -> None:
    make.pay(story, recovery, 3 * AID)
    with pytest.raises(DBAPIError, match="permission denied"), db.session.begin_nested():
        db.session.execute(text("UPDATE receipts SET amount = 1"))
    plant = text(
        "INSERT INTO receipts (number, receivable_id, bank_entry_id, amount, principal, surcharge, interest, excess,"
        " booked_on) SELECT 'planted', receivable_id, NULL, 1, 1, 0, 0, 0, booked_on FROM receipts"
    )
    with pytest.raises(IntegrityError, match="nothing is owed"), db.session.begin_nested():
        db.session.execute(plant)


def test_names_are_public_from_and_until_their_days(story: Story, clock: MovableClock) -> None:
    receivable = make.make_recovery(story, "false_receipt")

    def names() -> list[Receivable]:
        return list(db.session.scalars(queries.published()))

    assert names() == []
    clock.advance(days=30)
    assert names() == [receivable]
    clock.advance(days=364)
    assert names() == [receivable]
    clock.advance(days=1)
    assert names() == []


def test_interest_on_an_instalment_starts_where_it_was_booked_up_to(recovery: Receivable) -> None:
    (instalment,) = recovery.instalments
    due = instalment.due_on
    assert rules.accrued(instalment, 500, due + timedelta(days=10)) > 0
    instalment.interest_until = due + timedelta(days=10)
    assert rules.accrued(instalment, 500, due + timedelta(days=10)) == 0
    assert rules.accrued(instalment, 500, due) == 0
