"""How a claim goes its way: one request and a clock, risk and the sample, cuts, two approvals, refusal, ageing."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

import config.claims
from config.claims import handling
from marketplace.claims import deadlines, queries, risk, service
from marketplace.claims.models import Claim, ClaimEscalation, Refund
from marketplace.claims.rules import Cut
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid
from marketplace.core.i18n import force_locale
from marketplace.core.tasks import BackgroundTask, Task
from marketplace.ledger import queries as ledger
from marketplace.notifications.models import Message
from marketplace.reports.proof import prove
from marketplace.reports.queries import waiting_for
from marketplace.vouchers import queries as vouchers
from tests.conftest import MovableClock
from tests.factories import claims as make
from tests.factories import engagements
from tests.factories.accounts import make_officer, sign_in_as

pytestmark = pytest.mark.usefixtures("database", "clock")

# Fifty million won: more than one person may approve, and more aid than the voucher holds.
LARGE = {"diagnosis": 40_000_000, "action-plan": 5_000_000, "execution": 5_000_000}


@pytest.fixture
def story() -> engagements.Story:
    return engagements.make_story()


@pytest.fixture
def claim(story: engagements.Story) -> Claim:
    """A claim of three stages, 15,000,001 won net."""
    return make.submit(story, finish(story))


@pytest.fixture
def edition(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Changes the figures of the edition in force, as an agency does in its data."""

    def change(**risks: Any) -> None:
        usual = handling(business_clock.today())
        changed = replace(usual, risk=replace(usual.risk, **risks))
        monkeypatch.setattr(config.claims, "_editions", lambda: (changed,))

    return change


def finish(story: engagements.Story, prices: dict[str, int] | None = None) -> Any:
    made = engagements.make_engagement(story, prices)
    engagements.accept_all(story, made, stages=3)
    return made


def check(story: engagements.Story, claim: Claim) -> None:
    service.check_claim(claim.id, actor=story.programme_officer)


def answer(story: engagements.Story, claim: Claim) -> None:
    service.resubmit_claim(
        claim.id, actor=story.manager, answer="Here it is", invoice_number="2", invoice_gross=claim.net_amount
    )


def told(template: str) -> int:
    return db.session.scalar(select(func.count()).where(Message.template == template)) or 0


# One request, and the clock


def test_a_provider_is_asked_once(story: engagements.Story, claim: Claim) -> None:
    service.return_claim(claim.id, actor=story.programme_officer, reasons=["No date"])
    with pytest.raises(Invalid):
        service.resubmit_claim(claim.id, actor=story.manager, answer=" ", invoice_number="2", invoice_gross=10**8)
    answer(story, claim)
    assert (claim.status, claim.answer, claim.requests) == ("submitted", "Here it is", 1)
    with pytest.raises(DomainError):
        service.return_claim(claim.id, actor=story.programme_officer, reasons=["Something more"])
    with pytest.raises(IntegrityError, match="ck_claims_requests"), db.session.begin_nested():
        db.session.execute(text("UPDATE claims SET requests = requests + 1"))
    with pytest.raises(IntegrityError, match="a request stays made"), db.session.begin_nested():
        db.session.execute(text("UPDATE claims SET requests = 0"))


def test_the_clock_stands_still_while_the_provider_is_asked(
    story: engagements.Story, claim: Claim, clock: MovableClock
) -> None:
    limits = handling(business_clock.today())
    due = deadlines.due_at("approve", claim.clock_starts_at, limits)
    clock.advance(days=3)
    service.return_claim(claim.id, actor=story.programme_officer, reasons=["No date"])
    asked = business_clock.now()
    clock.advance(days=21)
    answer(story, claim)
    stopped = business_clock.working_days_between(asked, business_clock.now())
    assert stopped > 10
    later = deadlines.due_at("approve", claim.clock_starts_at, limits)
    assert business_clock.working_days_between(due, later) == stopped


def alarms(claim: Claim) -> dict[int, BackgroundTask]:
    wanted = select(BackgroundTask).where(BackgroundTask.subject == claim.id, BackgroundTask.kind == "escalate_claim")
    return {task.wave: task for task in db.session.scalars(wanted)}


def test_each_level_of_an_overdue_step_is_told_once(
    story: engagements.Story, claim: Claim, clock: MovableClock
) -> None:
    make_officer(Role.ADMINISTRATOR)
    assert sorted(alarms(claim)) == [0, 1, 2, 3, 4, 5]
    before = told("claims/claim_overdue")
    for _twice in range(2):
        service.escalate_claim(claim.id, 0, actor=SYSTEM)
    first = told("claims/claim_overdue")
    assert first > before
    service.escalate_claim(claim.id, 1, actor=SYSTEM)
    assert told("claims/claim_overdue") > first
    rows = db.session.execute(select(ClaimEscalation.step, ClaimEscalation.level).order_by(ClaimEscalation.level))
    assert rows.all() == [("check", 1), ("check", 2)]
    check(story, claim)
    service.escalate_claim(claim.id, 1, actor=SYSTEM)
    service.escalate_claim(claim.id, 2, actor=SYSTEM)
    assert db.session.scalar(select(func.count()).select_from(ClaimEscalation)) == 3
    with pytest.raises(IntegrityError, match="uq_claim_escalations"), db.session.begin_nested():
        db.session.add(ClaimEscalation(claim_id=claim.id, step="check", level=1))
        db.session.flush()
    with pytest.raises(Forbidden):
        service.escalate_claim(claim.id, 3, actor=story.programme_officer)


def test_a_request_calls_the_alarms_off_and_the_answer_sets_them_anew(story: engagements.Story, claim: Claim) -> None:
    service.return_claim(claim.id, actor=story.programme_officer, reasons=["No date"])
    found = alarms(claim)
    for task in found.values():
        db.session.refresh(task)
    assert {task.status for task in found.values()} == {"cancelled"}
    service.escalate_claim(claim.id, 0, actor=SYSTEM)  # a late one does nothing
    answer(story, claim)
    service.escalate_claim(claim.id, 0, actor=SYSTEM)
    assert db.session.scalar(select(func.count()).select_from(ClaimEscalation)) == 0
    assert sorted(wave for wave, task in alarms(claim).items() if task.status == "pending") == list(range(10, 16))
    service.escalate_claim(claim.id, 10, actor=SYSTEM)
    assert db.session.scalar(select(func.count()).select_from(ClaimEscalation)) == 1


# Risk, the sample, straight through


def pay(story: engagements.Story, claim: Claim) -> None:
    make.take(make.bank_answer(make.send(story, claim)), story.budget_officers[0])


@pytest.fixture
def known(story: engagements.Story, edition: Callable[..., None]) -> Claim:
    """A claim of low risk: its provider was paid before, and nothing is drawn for the sample."""
    edition(sample_share=0)
    small = dict.fromkeys(engagements.STAGES, 1_000_000)
    first = make.submit(story, finish(story, small))
    assert first.route == "people"
    make.approve(story, first)
    pay(story, first)
    return make.submit(story, finish(story, small))


def pass_it(claim: Claim) -> Claim:
    return service.pass_claim(claim.id, actor=SYSTEM, key=f"pass:{claim.id}")


def test_low_risk_is_approved_by_the_system_after_the_checks(story: engagements.Story, known: Claim) -> None:
    days = handling(business_clock.today()).straight_through_days
    task = db.session.scalars(select(BackgroundTask).where(BackgroundTask.kind == Task.PASS_CLAIM)).one()
    assert (known.route, task.subject) == ("straight_through", known.id)
    assert task.run_after == business_clock.add_working_days(known.submitted_at, days)
    with pytest.raises(Forbidden):
        service.pass_claim(known.id, actor=story.budget_officers[0], key="x")
    for _twice in range(2):
        pass_it(known)
    assert (known.status, known.approved_by, known.checked_by) == ("approved", None, None)
    assert [row.occasion for row in queries.assessments_of(known.id)] == ["submission", "approval"]
    assert sum(ledger.balances_by_owner(known.id, "payable").values()) == known.aid
    pay(story, known)
    assert (known.status, prove().faults) == ("paid", [])


def test_the_draw_is_stored_and_can_be_drawn_again(
    story: engagements.Story, known: Claim, edition: Callable[..., None]
) -> None:
    (row,) = queries.assessments_of(known.id)
    assert row.draw == risk.draw(row.seed, known.number)
    assert (row.sampled, row.route, row.score) == (False, "straight_through", 0)
    edition(sample_share=10_000)
    sampled = make.submit(story, finish(story, dict.fromkeys(engagements.STAGES, 1_000_000)))
    (drawn,) = queries.assessments_of(sampled.id)
    assert (drawn.sampled, drawn.score, drawn.route, sampled.route) == (True, 0, "people", "people")
    asked = select(BackgroundTask.kind).where(BackgroundTask.subject == sampled.id)
    assert set(db.session.scalars(asked)) == {Task.ESCALATE_CLAIM}
    assert pass_it(sampled).status == "submitted"


@pytest.mark.parametrize("change", ["draw = 9999", "sampled = true, draw = 5", "score = 99", "seed = 'mine'"])
def test_a_decision_is_never_changed(known: Claim, change: str) -> None:
    with pytest.raises(Exception, match="permission denied|ck_claim_assessments"), db.session.begin_nested():
        db.session.execute(text(f"UPDATE claim_assessments SET {change}"))


def test_what_fails_a_check_goes_to_people(story: engagements.Story, known: Claim) -> None:
    db.session.execute(text("UPDATE deliverables SET compared_at = NULL"))
    db.session.expire_all()
    pass_it(known)
    assert (known.status, known.route) == ("submitted", "people")
    assert queries.assessments_of(known.id)[-1].facts["failed"] == ["compared"]
    engagements.compare_all(known.engagement)
    assert make.approve(story, known).status == "approved"


def test_a_hold_stops_the_system_and_the_database_knows_it_too(story: engagements.Story, known: Claim) -> None:
    hold = service.place_hold(known.engagement_id, actor=SYSTEM, reason="E17")
    approve = text(
        "UPDATE claims SET status = 'approved', approved_at = app_now(), approved_amount = net_amount,"
        " approved_aid = aid, approved_co_payment = co_payment WHERE id = :id"
    )
    with pytest.raises(IntegrityError, match="are held"), db.session.begin_nested():
        db.session.execute(approve, {"id": known.id})
    service.lift_hold(hold.id, actor=make_officer(Role.ETHICS_OFFICER), reason="Explained")
    with pytest.raises(IntegrityError, match="sum of its lines|approved amount"), db.session.begin_nested():
        db.session.execute(approve, {"id": known.id})
    db.session.execute(text("UPDATE claim_lines SET approved_aid = aid, approved_co_payment = co_payment"))
    with pytest.raises(IntegrityError, match="without a person"), db.session.begin_nested():
        db.session.execute(approve, {"id": known.id})
    pass_it(known)  # a hold there was: no longer of low risk
    assert (known.status, known.route) == ("submitted", "people")
    assert queries.assessments_of(known.id)[-1].signals == ["held_before"]


def test_a_person_may_take_a_claim_of_low_risk(story: engagements.Story, known: Claim) -> None:
    check(story, known)
    assert (known.route, pass_it(known).status) == ("people", "checked")


def test_no_person_stands_behind_the_system(known: Claim) -> None:
    with pytest.raises(IntegrityError, match="ck_claims_straight_through"), db.session.begin_nested():
        db.session.execute(text("UPDATE claims SET checked_by = submitted_by WHERE route = 'straight_through'"))
    with pytest.raises(IntegrityError, match="ck_claims_(checked|approved)_by"), db.session.begin_nested():
        db.session.execute(text("UPDATE claims SET approved_by = NULL WHERE route = 'people'"))


# Cuts and refusal


def test_less_is_approved_for_a_reason_and_the_rest_goes_back(story: engagements.Story, claim: Claim) -> None:
    (line,) = [each for each in claim.lines if each.stage.code == "action-plan"]
    left = vouchers.remaining(story.voucher.id)
    check(story, claim)

    def approve(*cuts: Cut) -> Claim:
        return service.approve_claim(claim.id, actor=story.budget_officers[0], lines=cuts, key=str(cuts)[:200])

    with pytest.raises(Invalid):
        approve(Cut(line.id, 4_000_001, " "))
    with pytest.raises(Invalid):
        approve(Cut(line.id, 5_000_002, "More"))
    with pytest.raises(Invalid):
        approve(*[Cut(each.id, 0, "No") for each in claim.lines])
    approve(Cut(line.id, 4_000_001, "One day was not worked"))
    assert (claim.status, claim.approved_amount) == ("approved", 14_000_001)
    assert line.approved_aid is not None
    assert line.approved_co_payment is not None
    assert line.approved_aid + line.approved_co_payment == 4_000_001
    assert abs(line.approved_aid * line.co_payment - line.approved_co_payment * line.aid) < line.aid + line.co_payment
    assert vouchers.remaining(story.voucher.id) == left + claim.aid - (claim.approved_aid or 0)
    assert sum(ledger.balances_by_owner(claim.id, "payable").values()) == claim.approved_aid
    assert sum(ledger.balances_by_owner(claim.engagement.agreement_id, "committed").values()) == 0
    refund = db.session.scalars(select(Refund)).one()
    assert refund.amount == claim.co_payment - (claim.approved_co_payment or 0)
    assert ledger.balance(f"co_payment:{claim.engagement.agreement_id}") == 0
    batch = make.send(story, claim)
    assert [each.amount for each in queries.lines_of(batch.id)] == [14_000_001]
    make.take(make.bank_answer(batch), story.budget_officers[0])
    assert (claim.status, prove().faults) == ("paid", [])
    mail = db.session.scalars(select(Message).where(Message.template == "claims/claim_approved")).first()
    assert mail is not None
    assert mail.data["cuts"][0]["reason"] == "One day was not worked"


def test_the_database_wants_a_reason_for_a_cut_and_the_sum_of_the_lines(story: engagements.Story, claim: Claim) -> None:
    with pytest.raises(IntegrityError, match="ck_claim_lines_cut_reason"), db.session.begin_nested():
        db.session.execute(text("UPDATE claim_lines SET approved_aid = 1, approved_co_payment = 1"))
    make.approve(story, claim)
    with pytest.raises(IntegrityError, match="ck_claims_approved"), db.session.begin_nested():
        db.session.execute(text("UPDATE claims SET approved_aid = aid + 1, approved_amount = approved_amount + 1"))


def test_a_refusal_pays_nothing_and_the_aid_is_in_the_voucher_again(story: engagements.Story, claim: Claim) -> None:
    left = vouchers.remaining(story.voucher.id)
    officer = story.budget_officers[0]
    with pytest.raises(Invalid):
        service.refuse_claim(claim.id, actor=officer, reason=" ", key="a")
    for _twice in range(2):
        service.refuse_claim(claim.id, actor=officer, reason="The work is another one's", key="b")
    assert (claim.status, claim.approved_amount) == ("refused", 0)
    assert vouchers.remaining(story.voucher.id) == left + claim.aid
    assert queries.claimable_stages(claim.engagement_id) == []
    assert db.session.scalars(select(Refund.amount)).all() == [claim.co_payment]
    assert (told("claims/claim_refused"), prove().faults) == (1, [])
    with pytest.raises(DomainError):
        check(story, claim)


def test_whoever_checked_a_claim_does_not_refuse_it(story: engagements.Story, claim: Claim) -> None:
    first, second = story.budget_officers
    service.check_claim(claim.id, actor=first)
    with pytest.raises(DomainError):
        service.refuse_claim(claim.id, actor=first, reason="No", key="a")
    with pytest.raises(IntegrityError, match="ck_claims_refused_by"), db.session.begin_nested():
        db.session.execute(text("UPDATE claims SET refused_by = checked_by"))
    assert service.refuse_claim(claim.id, actor=second, reason="No", key="b").status == "refused"


# Two approvals


@pytest.fixture
def large(story: engagements.Story) -> Claim:
    """A claim above the limit of one approval, checked."""
    made = make.submit(story, finish(story, LARGE))
    check(story, made)
    return made


def test_a_large_claim_needs_two_budget_officers(story: engagements.Story, large: Claim) -> None:
    first, second = story.budget_officers
    service.approve_claim(large.id, actor=first, key="one")
    assert (large.status, ledger.balances_by_owner(large.id, "payable")) == ("first_approved", {})
    with pytest.raises(DomainError):
        service.countersign_claim(large.id, actor=first, key="two")
    for same in ("first_approved_by", "checked_by", "submitted_by"):
        with pytest.raises(IntegrityError, match="ck_claims_four_eyes"), db.session.begin_nested():
            db.session.execute(text(f"UPDATE claims SET approved_by = {same}"))
    with pytest.raises(Forbidden):
        service.countersign_claim(large.id, actor=story.programme_officer, key="three")
    service.countersign_claim(large.id, actor=second, key="four")
    assert (large.status, large.approved_by) == ("approved", second.person_id)
    assert sum(ledger.balances_by_owner(large.id, "payable").values()) == large.aid
    third, fourth = make_officer(Role.BUDGET_OFFICER), make_officer(Role.BUDGET_OFFICER)
    batch = service.prepare_batch(actor=third, claim_ids=[large.id], key=make.new_key())
    for approver in (first, second):
        with pytest.raises(DomainError, match="승인|approved"):
            service.send_batch(batch.id, actor=approver, key=make.new_key())
    with pytest.raises(IntegrityError, match="approved a claim"), db.session.begin_nested():
        db.session.execute(
            text("UPDATE payment_batches SET sent_by = :by WHERE id = :id"), {"by": first.person_id, "id": batch.id}
        )
    assert service.send_batch(batch.id, actor=fourth, key=make.new_key()).status == "sent"


def test_who_approved_a_large_claim_is_led_to_prepare_its_batch(
    story: engagements.Story, large: Claim, client: FlaskClient
) -> None:
    first, second = story.budget_officers
    third = make_officer(Role.BUDGET_OFFICER)
    service.approve_claim(large.id, actor=first, key="one")
    service.countersign_claim(large.id, actor=second, key="two")
    waiting = "Approved claims waiting for a payment batch"
    assert [waits(actor, waiting) for actor in (first, second, third)] == [1, 1, 0]
    ticked = re.compile(rf'value="{large.id}"[^>]*checked|checked[^>]*value="{large.id}"')
    for actor, own in ((first, True), (second, True), (third, False)):
        page = sign_in_as(client, actor).get("/payment-batches/new").text
        assert bool(ticked.search(page)) is own
        assert str(large.id) in page
    batch = service.prepare_batch(actor=first, claim_ids=[large.id], key=make.new_key())
    sends = f"/payment-batches/{batch.id}/send"
    assert [waits(actor, "Payment batches to send") for actor in (first, second, third)] == [0, 0, 1]
    for actor, may in ((first, False), (second, False), (third, True)):
        assert (sends in sign_in_as(client, actor).get(f"/payment-batches/{batch.id}").text) is may


def test_a_batch_that_nobody_can_send_says_so(story: engagements.Story, large: Claim, client: FlaskClient) -> None:
    first, second = story.budget_officers
    third = make_officer(Role.BUDGET_OFFICER)
    service.approve_claim(large.id, actor=first, key="one")
    service.countersign_claim(large.id, actor=second, key="two")
    batch = service.prepare_batch(actor=third, claim_ids=[large.id], key=make.new_key())
    warning = "Nobody can release this batch as it is"
    address, english = f"/payment-batches/{batch.id}", {"Accept-Language": "en"}
    assert warning in sign_in_as(client, third).get(address, headers=english).text
    fourth = make_officer(Role.BUDGET_OFFICER)
    page = sign_in_as(client, fourth).get(address, headers=english).text
    assert warning not in page
    assert f"{address}/send" in page


def waits(actor: Actor, words: str) -> int:
    """How much of this work the actor's start page counts."""
    with force_locale("en"):
        return next((work.count for work in waiting_for(actor) if str(work.text) == words), 0)


def test_the_database_lets_no_large_claim_through_with_one_approval(story: engagements.Story, large: Claim) -> None:
    db.session.execute(text("UPDATE claim_lines SET approved_aid = aid, approved_co_payment = co_payment"))
    approve = text(
        "UPDATE claims SET status = 'approved', approved_at = app_now(), approved_amount = net_amount,"
        " approved_aid = aid, approved_co_payment = co_payment, approved_by = :by"
    )
    with pytest.raises(IntegrityError, match="ck_claims_two_approvals"), db.session.begin_nested():
        db.session.execute(approve, {"by": story.budget_officers[0].person_id})
    with pytest.raises(IntegrityError, match="stays needed"), db.session.begin_nested():
        db.session.execute(text("UPDATE claims SET needs_two = false"))


def test_a_first_approval_is_taken_back_with_a_reason_and_decided_anew(story: engagements.Story, large: Claim) -> None:
    first, second = story.budget_officers
    cut = Cut(large.lines[0].id, 4_000_000, "Less was done")
    service.approve_claim(large.id, actor=first, lines=[cut], key="one")
    with pytest.raises(Invalid):
        service.reconsider_claim(large.id, actor=second, reason="")
    service.reconsider_claim(large.id, actor=second, reason="All of it was done")
    assert (large.status, large.first_approved_by, large.approved_amount) == ("checked", None, None)
    assert [line.cut_reason for line in large.lines] == [None] * 3
    service.approve_claim(large.id, actor=second, key="two")
    service.countersign_claim(large.id, actor=first, key="three")
    assert (large.status, large.approved_amount, prove().faults) == ("approved", 50_000_000, [])


# Pages


def test_the_ageing_report_counts_working_days(story: engagements.Story, claim: Claim, clock: MovableClock) -> None:
    def places() -> list[int]:
        return [row.place for row in queries.ageing_totals([5, 10, 20])]

    assert places() == [0]
    for _day in range(45):
        clock.advance(days=1)
        age = business_clock.working_days_between(claim.clock_starts_at, business_clock.now())
        expected = 0 if age <= 5 else 1 if age <= 10 else 2 if age <= 20 else 3
        assert places() == [expected]
        first, last = deadlines.ranges([5, 10, 20])[expected]
        assert db.session.scalars(queries.ageing(first=first, last=last)).all() == [claim]
        assert (first == 0) == (db.session.scalars(queries.ageing(first=6)).all() == [])
    assert age > 20


@pytest.mark.parametrize("language", ["ko", "en"])
def test_pages_of_a_claim_that_was_cut(
    client: FlaskClient, story: engagements.Story, claim: Claim, language: str
) -> None:
    check(story, claim)
    officer = sign_in_as(client, story.budget_officers[0])
    code = "diagnosis"
    form = {f"amount_{line.stage.code}": str(line.aid + line.co_payment) for line in claim.lines}
    form |= {f"amount_{code}": "1000000", "agreed": "y"}
    refused = officer.post(f"/claims/{claim.id}/approve", data=form, headers={"Accept-Language": language})
    assert refused.status_code == 422
    form |= {f"reason_{code}": "Not all was done", "key": "9f0c7a39-6f1c-4f9b-8f65-000000000001"}
    for _twice in range(2):
        assert officer.post(f"/claims/{claim.id}/approve", data=form).status_code == 303
    db.session.expire_all()
    found = db.get(Claim, claim.id)
    assert (found.status, found.approved_amount) == ("approved", 13_000_001)
    page = sign_in_as(client, story.manager).get(f"/claims/{claim.id}").get_data(as_text=True)
    assert "Not all was done" in page
    listed = client.get("/claims").get_data(as_text=True)
    assert claim.number in listed


def test_who_sees_how_a_way_was_decided(client: FlaskClient, story: engagements.Story, claim: Claim) -> None:
    (row,) = queries.assessments_of(claim.id)

    def page(actor: Actor) -> str:
        return sign_in_as(client, actor).get(f"/claims/{claim.id}").get_data(as_text=True)

    assert row.seed in page(story.programme_officer)
    assert row.seed not in page(story.manager)


def test_overdue_is_seen_in_lists_and_export(
    client: FlaskClient, story: engagements.Story, claim: Claim, clock: MovableClock
) -> None:
    clock.advance(days=int(timedelta(days=60).days))
    officer = sign_in_as(client, story.budget_officers[0])
    page = officer.get("/claims/ageing?age=3").get_data(as_text=True)
    assert claim.number in page
    assert claim.number not in officer.get("/claims/ageing?age=0").get_data(as_text=True)
    assert claim.number in officer.get("/claims/ageing?format=csv&status=submitted").get_data(as_text=True)
    assert officer.get("/claims/ageing?age=nonsense&status=x&sort=y").status_code == 200
