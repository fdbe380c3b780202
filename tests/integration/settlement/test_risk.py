"""Claims of low risk go straight through, apart from a sample; what fails a check goes to people."""

from collections.abc import Callable

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from config.claims import handling
from marketplace.claims import queries, risk, service
from marketplace.claims.models import Claim
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Role
from marketplace.core.errors import Forbidden
from marketplace.core.task_queue import BackgroundTask
from marketplace.ledger import queries as ledger
from marketplace.reports.proof import prove
from tests.factories import claims as make
from tests.factories import engagements, milestones
from tests.factories.accounts import make_officer
from tests.milestones import Tale

pytestmark = pytest.mark.usefixtures("database", "clock")


def pay(story: engagements.Story, claim: Claim) -> None:
    make.take(make.bank_answer(make.send(story, claim)), story.budget_officers[0])


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.paid_small


@pytest.fixture
def known(story: engagements.Story, edition: Callable[..., None]) -> Claim:
    """A claim of low risk: its provider was paid before, and nothing is drawn for the sample."""
    assert db.session.scalars(select(Claim.route)).all() == ["people"]
    edition(sample_share=0)
    return make.submit(story, make.finish(story, milestones.SMALL))


def pass_it(claim: Claim) -> Claim:
    return service.pass_claim(claim.id, actor=SYSTEM, key=f"pass:{claim.id}")


def test_low_risk_is_approved_by_the_system_after_the_checks(story: engagements.Story, known: Claim) -> None:
    days = handling(business_clock.today()).straight_through_days
    task = db.session.scalars(select(BackgroundTask).where(BackgroundTask.name == "pass_claim")).one()
    assert (known.route, task.key) == ("straight_through", f"claim:{known.id}")
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
    sampled = make.submit(story, make.finish(story, dict.fromkeys(engagements.STAGES, 1_000_000)))
    (drawn,) = queries.assessments_of(sampled.id)
    assert (drawn.sampled, drawn.score, drawn.route, sampled.route) == (True, 0, "people", "people")
    asked = select(BackgroundTask.name).where(BackgroundTask.arguments["claim_id"].astext == str(sampled.id))
    assert set(db.session.scalars(asked)) == {"escalate_claim"}
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
    make.check(story, known)
    assert (known.route, pass_it(known).status) == ("people", "checked")


def test_no_person_stands_behind_the_system(known: Claim) -> None:
    with pytest.raises(IntegrityError, match="ck_claims_straight_through"), db.session.begin_nested():
        db.session.execute(text("UPDATE claims SET checked_by = submitted_by WHERE route = 'straight_through'"))
    with pytest.raises(IntegrityError, match="ck_claims_(checked|approved)_by"), db.session.begin_nested():
        db.session.execute(text("UPDATE claims SET approved_by = NULL WHERE route = 'people'"))
