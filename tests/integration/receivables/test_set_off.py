"""What a firm owes is kept back from its next payment: within what is owed, out of its own approved claim, once."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from marketplace.claims import queries as claim_queries
from marketplace.claims import service as claims
from marketplace.claims.models import Claim
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid
from marketplace.receivables import service
from marketplace.receivables.models import Receivable
from marketplace.reports import proof
from tests.factories import claims as make_claims
from tests.factories import engagements as make_work
from tests.factories import milestones
from tests.factories import receivables as make
from tests.factories.accounts import make_officer
from tests.factories.engagements import Story
from tests.milestones import Tale

pytestmark = pytest.mark.usefixtures("database", "clock")

SMALL = dict.fromkeys(make_work.STAGES, 1_000_000)


Told = tuple[Story, Receivable, Claim]


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.owed_and_claimed


@pytest.fixture
def story(told: Told) -> Story:
    return told[0]


@pytest.fixture
def debt(told: Told) -> Receivable:
    return told[1]


@pytest.fixture
def claim(told: Told) -> Claim:
    """Another engagement's claim of 3,000,000 won, approved."""
    return told[2]


def test_the_payment_is_less_and_the_rest_is_booked_as_paid(story: Story, debt: Receivable, claim: Claim) -> None:
    before = debt.outstanding
    officer = story.budget_officers[0]
    deduction = service.set_off(debt.id, actor=officer, claim_id=claim.id, amount=1_000_000, key=make.key())
    with pytest.raises(DomainError, match="isn't paid yet"):
        service.take_set_off(deduction.id, actor=SYSTEM, key=make.key())
    batch = make_claims.send(story, claim)
    (line,) = claim_queries.lines_of(batch.id)
    assert line.amount == (claim.approved_amount or 0) - 1_000_000
    make_claims.take(make_claims.bank_answer(batch), officer)
    assert (claim.status, deduction.status, debt.outstanding) == ("paid", "taken", before)
    receipt = service.take_set_off(deduction.id, actor=SYSTEM, key=f"set_off:{deduction.id}")
    assert service.take_set_off(deduction.id, actor=SYSTEM, key=f"set_off:{deduction.id}").id == receipt.id
    assert (receipt.amount, debt.outstanding) == (1_000_000, before - 1_000_000)
    assert proof.prove().faults == []


def test_a_bounced_payment_keeps_back_the_same_once(story: Story, debt: Receivable, claim: Claim) -> None:
    """What was kept back has paid the debt and stays paid; the rest is payable again, and no more than it leaves."""
    officer = story.budget_officers[0]
    deduction = service.set_off(debt.id, actor=officer, claim_id=claim.id, amount=1_000_000, key=make.key())
    before = make.total("paid") + make.total("co_payment_paid")
    batch = make_claims.send(story, claim)
    (line,) = claim_queries.lines_of(batch.id)
    make_claims.take(make_claims.bank_answer(batch, {line.end_to_end_id: "MS03"}), officer)
    receipt = service.take_set_off(deduction.id, actor=SYSTEM, key=f"set_off:{deduction.id}")
    returned = make.total("returned")
    assert make.total("payable") + make.total("co_payment_payable") == line.amount == 2_000_000
    assert make.total("paid") + make.total("co_payment_paid") == before + 1_000_000 - returned
    assert (claim.status, returned, proof.prove().faults) == ("approved", receipt.principal, [])
    again = make_claims.send(story, claim)
    (second,) = claim_queries.lines_of(again.id)
    assert second.amount == line.amount
    make_claims.take(make_claims.bank_answer(again), officer)
    assert [row.id for row in debt.receipts] == [receipt.id]
    assert make.total("payable") + make.total("co_payment_payable") == 0
    assert (claim.status, proof.prove().faults) == ("paid", [])


def test_of_a_bounced_claim_more_can_be_kept_back(story: Story, debt: Receivable, claim: Claim) -> None:
    officer = story.budget_officers[0]
    for amount in (1_000_000, 500_000):
        deduction = service.set_off(debt.id, actor=officer, claim_id=claim.id, amount=amount, key=make.key())
        make_claims.take(make_claims.bank_answer(make_claims.send(story, claim)), officer)
        service.take_set_off(deduction.id, actor=SYSTEM, key=make.key())
        assert proof.prove().faults == []
        make.bounce(story, claim)
        assert proof.prove().faults == []
    assert make.total("payable") + make.total("co_payment_payable") == 1_500_000
    assert sum(receipt.amount for receipt in debt.receipts) == 1_500_000


def test_a_set_off_has_its_limits(story: Story, debt: Receivable, claim: Claim) -> None:
    officer, whole = story.budget_officers[0], claim.approved_amount or 0

    def set_off(amount: int) -> None:
        service.set_off(debt.id, actor=officer, claim_id=claim.id, amount=amount, key=make.key())

    with pytest.raises(Invalid, match="must leave something"):
        set_off(whole)
    with pytest.raises(Invalid, match="more than is still owed"):
        set_off(debt.outstanding + 1)
    with pytest.raises(Forbidden):
        service.set_off(debt.id, actor=make_officer(Role.ETHICS_OFFICER), claim_id=claim.id, amount=1, key=make.key())
    set_off(whole - 10)
    with pytest.raises(Invalid, match="must leave something"):
        set_off(10)
    plant = text(
        "INSERT INTO deductions (claim_id, reference, amount, status, agreed_by, agreed_at)"
        " SELECT claim_id, reference, 10, status, agreed_by, agreed_at FROM deductions"
    )
    with pytest.raises(IntegrityError, match="more is kept back"), db.session.begin_nested():
        db.session.execute(plant)
    make_claims.send(story, claim)
    with pytest.raises(DomainError, match="approved claim"):
        claims.deduct(claim.id, actor=officer, amount=1, reference=debt.number)


def test_only_the_debtors_own_claim_bears_a_set_off(story: Story, claim: Claim) -> None:
    company = make_work.make_story(programme=make.REPAYABLE)
    repayment = make.make_repayment(company)
    with pytest.raises(DomainError, match="same firm"):
        service.set_off(repayment.id, actor=story.budget_officers[0], claim_id=claim.id, amount=5, key=make.key())


def test_once_all_is_paid_the_claim_is_paid_in_full(story: Story, debt: Receivable, claim: Claim) -> None:
    deduction = service.set_off(
        debt.id, actor=story.budget_officers[0], claim_id=claim.id, amount=1_000_000, key=make.key()
    )
    make.pay(story, debt, debt.outstanding)
    assert (debt.status, deduction.status, claim_queries.kept_back(claim.id)) == ("settled", "cancelled", 0)


def test_cancelling_holds_the_claims_in_the_order_of_a_payment_batch(story: Story, debt: Receivable) -> None:
    """Whatever the order in which they were agreed: two who hold claims otherwise would wait for each other."""
    officer, ids = story.budget_officers[0], []
    for _each in range(3):
        engagement = make_work.make_engagement(story, dict.fromkeys(make_work.STAGES, 100_000))
        make_work.accept_all(story, engagement)
        ids.append(make_claims.approve(story, make_claims.submit(story, engagement)).id)
    for claim_id in sorted(ids, reverse=True):
        service.set_off(debt.id, actor=officer, claim_id=claim_id, amount=1000, key=make.key())
    locked: list[UUID] = []

    def watch(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "FROM claims" in statement and "FOR NO KEY UPDATE" in statement:
            locked.append(next(iter(parameters.values())))

    engine = db.session.connection().engine
    event.listen(engine, "before_cursor_execute", watch)
    try:
        claims.cancel_deductions(debt.number, actor=SYSTEM)
    finally:
        event.remove(engine, "before_cursor_execute", watch)
    assert locked == sorted(ids)
    assert [claim_queries.kept_back(claim_id) for claim_id in ids] == [0, 0, 0]
