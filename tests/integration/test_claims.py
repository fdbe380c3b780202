"""From the claim to the bank's report: four eyes, holds, the ledger, and files that come twice."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.claims import queries, service
from marketplace.claims.models import Claim
from marketplace.claims.rules import CHECKS
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound
from marketplace.engagements import queries as engagement_queries
from marketplace.engagements.models import Engagement
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.providers import service as providers
from marketplace.providers.service import AccountDetails
from tests.conftest import MovableClock
from tests.factories import claims as make
from tests.factories import engagements, milestones
from tests.factories.accounts import make_officer, make_provider, sign_in_as
from tests.milestones import Tale

pytestmark = pytest.mark.usefixtures("database", "clock")


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.first_stage_accepted


@pytest.fixture
def story(told: milestones.Work) -> engagements.Story:
    return told.story


@pytest.fixture
def engagement(told: milestones.Work) -> Engagement:
    """The first of three stages is accepted, 3,000,000 won net; the second is open."""
    return told.engagement


@pytest.fixture
def claim(story: engagements.Story, engagement: Engagement) -> Claim:
    return make.submit(story, engagement)


def balances(claim: Claim, stage: str) -> int:
    return sum(ledger.balances_by_owner(claim.id, stage).values())


def test_a_claim_is_for_the_net_amount_whatever_the_invoice_says(claim: Claim) -> None:
    assert (claim.net_amount, claim.invoice_gross) == (3_000_000, 3_300_000)
    assert claim.aid + claim.co_payment == 3_000_000


def test_an_overdue_step_is_said_on_the_page(
    client: FlaskClient, story: engagements.Story, claim: Claim, clock: MovableClock
) -> None:
    sign_in_as(client, story.manager)
    address = f"/claims/{claim.id}?lang=en"
    assert "is overdue" not in client.get(address).text
    clock.advance(days=40)
    sign_in_as(client, story.manager)
    assert "is overdue" in client.get(address).text


def test_the_money_goes_from_committed_to_payable_to_paid(story: engagements.Story, claim: Claim) -> None:
    agreement_id = claim.engagement.agreement_id
    committed = sum(ledger.balances_by_owner(agreement_id, "committed").values())
    make.approve(story, claim)
    assert balances(claim, "payable") == claim.aid
    assert ledger.balance(chart.co_payment_payable(claim.id)) == claim.co_payment
    assert sum(ledger.balances_by_owner(agreement_id, "committed").values()) == committed - claim.aid
    batch = make.send(story, claim)
    make.take(make.bank_answer(batch), story.budget_officers[0])
    assert (claim.status, batch.status) == ("paid", "settled")
    assert (balances(claim, "payable"), ledger.balance(chart.co_payment_payable(claim.id))) == (0, 0)
    assert ledger.balance(chart.co_payment_paid("KRW")) == claim.co_payment
    assert ledger.verify().faults == []


def test_all_three_stages_leave_nothing_committed(story: engagements.Story) -> None:
    engagement = engagements.make_engagement(story)
    for _stage in range(3):
        engagements.accept_all(story, engagement, stages=1)
        make.approve(story, make.submit(story, engagement))
    assert sum(ledger.balances_by_owner(engagement.agreement_id, "committed").values()) == 0
    assert ledger.balance(chart.co_payment(engagement.agreement_id)) == 0


def test_the_same_file_twice_pays_once(story: engagements.Story, claim: Claim) -> None:
    make.approve(story, claim)
    answer = make.bank_answer(make.send(story, claim))
    first = make.take(answer, story.budget_officers[0])
    assert make.take(answer, story.budget_officers[1]).id == first.id
    # The same movements in another file (a statement after the notification) are known by the bank's references.
    again = make.take(answer.replace(b"<MsgId>N-", b"<MsgId>X-"), story.budget_officers[0])
    assert (again.id != first.id, [entry.outcome for entry in again.entries]) == (True, ["known"])
    assert ledger.balance(chart.co_payment_paid("KRW")) == claim.co_payment


def test_what_the_bank_sends_back_is_payable_again_and_can_be_paid_anew(story: engagements.Story, claim: Claim) -> None:
    make.approve(story, claim)
    batch = make.send(story, claim)
    (line,) = queries.lines_of(batch.id)
    make.take(make.bank_answer(batch, {line.end_to_end_id: "MS03"}), story.budget_officers[0])
    assert (claim.status, line.status, line.return_reason) == ("approved", "returned", "MS03")
    assert balances(claim, "payable") == claim.aid
    assert ledger.balance(chart.co_payment_paid("KRW")) == 0
    second = make.send(story, claim)
    make.take(make.bank_answer(second), story.budget_officers[0])
    assert claim.status == "paid"
    assert ledger.verify().faults == []


def test_a_stage_is_claimed_once_until_the_claim_is_withdrawn(story: engagements.Story, claim: Claim) -> None:
    stage_ids = [line.stage_id for line in claim.lines]
    facts: dict[str, Any] = {"actor": story.manager, "invoice_number": "2", "invoice_gross": 9_000_000}
    with pytest.raises(IntegrityError, match="uq_claim_lines_stage_id"), db.session.begin_nested():
        service.submit_claim(claim.engagement_id, stage_ids=stage_ids, **facts)
    service.withdraw_claim(claim.id, actor=story.manager)
    assert service.submit_claim(claim.engagement_id, stage_ids=stage_ids, **facts).status == "submitted"


def test_only_accepted_stages_of_ones_own_engagement_on_a_sufficient_invoice(
    story: engagements.Story, engagement: Engagement
) -> None:
    accepted, open_stage, _last = engagement.stages

    def claim(stage_ids: list[UUID], gross: int = 9_000_000, actor: Any = story.manager) -> None:
        service.submit_claim(engagement.id, actor=actor, stage_ids=stage_ids, invoice_number="1", invoice_gross=gross)

    with pytest.raises(Invalid):
        claim([])
    with pytest.raises(Invalid):
        claim([open_stage.id])
    with pytest.raises(Invalid):
        claim([accepted.id], gross=2_999_999)
    with pytest.raises(NotFound):
        claim([accepted.id, uuid4()])
    with pytest.raises(NotFound):
        claim([accepted.id], actor=make_provider())
    with pytest.raises(Forbidden):
        claim([accepted.id], actor=story.consultant_actors[0])


def test_nobody_approves_what_they_checked(story: engagements.Story, claim: Claim) -> None:
    first, second = story.budget_officers
    service.check_claim(claim.id, actor=first)
    with pytest.raises(DomainError):
        service.approve_claim(claim.id, actor=first, key="first")
    with pytest.raises(IntegrityError, match="four_eyes"), db.session.begin_nested():
        db.session.execute(
            text("UPDATE claims SET status = 'approved', approved_at = app_now(), approved_by = checked_by")
        )
    service.approve_claim(claim.id, actor=second, key="second")
    with pytest.raises(Forbidden):
        service.approve_claim(claim.id, actor=story.programme_officer, key="third")


def test_whoever_approved_or_prepared_does_not_send(story: engagements.Story, claim: Claim) -> None:
    first, second = story.budget_officers
    third = make_officer(Role.BUDGET_OFFICER)
    make.approve(story, claim)
    batch = service.prepare_batch(actor=third, claim_ids=[claim.id], key=make.new_key())
    for actor in (first, third):
        with pytest.raises(DomainError):
            service.send_batch(batch.id, actor=actor, key=make.new_key())
        with pytest.raises(IntegrityError, match="approved a claim|four_eyes"), db.session.begin_nested():
            db.session.execute(text("UPDATE payment_batches SET sent_by = :by"), {"by": actor.person_id})
    service.send_batch(batch.id, actor=second, key=make.new_key())


def test_a_claim_is_returned_with_all_reasons_and_comes_back_under_its_number(
    story: engagements.Story, claim: Claim
) -> None:
    with pytest.raises(Invalid):
        service.return_claim(claim.id, actor=story.programme_officer, reasons=["", "  "])
    service.return_claim(claim.id, actor=story.programme_officer, reasons=["No date", "", "Wrong number"])
    assert claim.return_reasons == ["No date", "Wrong number"]
    with pytest.raises(DomainError):
        service.check_claim(claim.id, actor=story.programme_officer)
    service.resubmit_claim(
        claim.id, actor=story.manager, answer="Dated, renumbered", invoice_number="INV-2", invoice_gross=3_300_000
    )
    assert make.approve(story, claim).status == "approved"


def test_documents_are_compared_before_the_claim_passes(story: engagements.Story, claim: Claim) -> None:
    db.session.execute(text("UPDATE deliverables SET compared_at = NULL"))
    db.session.expire_all()
    with pytest.raises(DomainError, match=str(CHECKS["compared"])):
        service.check_claim(claim.id, actor=story.programme_officer)


def test_a_changed_bank_account_must_age(story: engagements.Story, claim: Claim, clock: MovableClock) -> None:
    details = AccountDetails("other", "999-88-777777", "Other bank", "Firm")
    assert story.manager.organisation_id is not None
    account = providers.propose_bank_account(story.manager.organisation_id, actor=story.manager, details=details)
    providers.approve_bank_account(account.id, actor=story.budget_officers[0])
    with pytest.raises(DomainError, match=str(CHECKS["account_age"])):
        service.check_claim(claim.id, actor=story.programme_officer)
    clock.advance(days=14)
    make.approve(story, claim)
    details = AccountDetails("other", "999-88-666666", "Third bank", "Firm")
    account = providers.propose_bank_account(story.manager.organisation_id, actor=story.manager, details=details)
    providers.approve_bank_account(account.id, actor=story.budget_officers[0])
    with pytest.raises(DomainError, match="14"):
        service.prepare_batch(actor=story.budget_officers[0], claim_ids=[claim.id], key=make.new_key())


def test_a_held_claim_is_not_paid_and_the_hold_ends_by_itself(
    story: engagements.Story, claim: Claim, clock: MovableClock
) -> None:
    officer = make_officer(Role.ETHICS_OFFICER)
    flag_id = uuid4()
    hold = service.place_hold(claim.engagement_id, actor=SYSTEM, reason="E17", flag_id=flag_id)
    assert service.place_hold(claim.engagement_id, actor=SYSTEM, reason="E17", flag_id=flag_id).id == hold.id
    with pytest.raises(DomainError, match=str(CHECKS["not_held"])):
        service.check_claim(claim.id, actor=story.programme_officer)
    service.extend_hold(hold.id, actor=officer, reason="The bank has not answered")
    clock.advance(days=40)
    assert service.end_holds(actor=SYSTEM) == 1
    assert hold.status == "ended"
    make.approve(story, claim)
    later = service.place_hold(claim.engagement_id, actor=officer, reason="Tip")
    with pytest.raises(Invalid):
        service.prepare_batch(actor=story.budget_officers[0], claim_ids=[claim.id], key=make.new_key())
    service.lift_hold(later.id, actor=officer, reason="Explained")
    assert (
        service.prepare_batch(actor=story.budget_officers[0], claim_ids=[claim.id], key=make.new_key()).status
        == "prepared"
    )


def test_the_database_refuses_a_held_payment_and_a_line_in_a_batch_that_left(
    story: engagements.Story, claim: Claim
) -> None:
    make.approve(story, claim)
    batch = service.prepare_batch(actor=story.budget_officers[0], claim_ids=[claim.id], key=make.new_key())
    hold = service.place_hold(claim.engagement_id, actor=SYSTEM, reason="E17")
    with pytest.raises(DomainError):
        service.send_batch(batch.id, actor=story.budget_officers[1], key=make.new_key())
    send = text("UPDATE payment_batches SET sent_by = :by, status = 'sent', sent_at = app_now(), file_sha256 = 'x'")
    with pytest.raises(IntegrityError, match="are held"), db.session.begin_nested():
        db.session.execute(send, {"by": story.budget_officers[1].person_id})
    (line,) = queries.lines_of(batch.id)
    with pytest.raises(IntegrityError, match="are held"), db.session.begin_nested():
        plant_line(batch.id, claim, line.bank_account_id)
    service.remove_line(line.id, actor=story.budget_officers[0], reason="Held")
    assert (batch.status, claim.status) == ("dissolved", "approved")
    service.lift_hold(hold.id, actor=make_officer(Role.ETHICS_OFFICER), reason="Explained")
    with pytest.raises(IntegrityError, match="has left"), db.session.begin_nested():
        plant_line(batch.id, claim, line.bank_account_id)


def test_the_co_payment_arrives_by_a_bank_report(story: engagements.Story) -> None:
    agreement = engagements.make_agreement(story)
    engagements.redeem(story, agreement)
    payment = engagement_queries.find_co_payment(agreement.id)
    assert payment is not None
    officer = story.budget_officers[0]
    short = make.take(make.co_payment_notice(payment.reference, payment.amount - 1), officer)
    unknown = make.take(make.co_payment_notice("COP-1999-000001", 5), officer)
    assert [entry.outcome for made in (short, unknown) for entry in made.entries] == ["unmatched", "unmatched"]
    notice = make.co_payment_notice(payment.reference, payment.amount)
    right = make.take(notice.replace(b"R-COP", b"S-COP"), officer)
    assert [entry.outcome for entry in right.entries] == ["co_payment"]
    assert (payment.status, payment.payer_name, payment.payer_account) == ("paid", "Company", "111-222")


def test_a_file_that_is_no_report_is_refused_and_only_officers_import(story: engagements.Story) -> None:
    with pytest.raises(Invalid):
        make.take(b"<a/>", story.budget_officers[0])
    with pytest.raises(Forbidden):
        make.take(b"<a/>", story.manager)


def plant_line(batch_id: UUID, claim: Claim, account_id: UUID) -> None:
    """A payment put into the table past the verb."""
    db.session.execute(
        text(
            "INSERT INTO payment_lines (batch_id, claim_id, amount, end_to_end_id, bank_account_id, holder_name,"
            " account_number, bank_name, status)"
            " VALUES (:batch, :claim, 1, :reference, :account, '', '', '', 'pending')"
        ),
        {"batch": batch_id, "claim": claim.id, "reference": uuid4().hex, "account": account_id},
    )
