"""A provider is asked once, its clock stands still meanwhile, and overdue steps are told."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from config.claims import handling
from marketplace.claims import deadlines, service
from marketplace.claims.models import Claim, ClaimEscalation
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid
from marketplace.core.task_queue import BackgroundTask
from tests.conftest import MovableClock
from tests.factories import claims as make
from tests.factories import engagements
from tests.factories.accounts import make_officer

pytestmark = pytest.mark.usefixtures("database", "clock")


def test_a_provider_is_asked_once(story: engagements.Story, claim: Claim) -> None:
    service.return_claim(claim.id, actor=story.programme_officer, reasons=["No date"])
    with pytest.raises(Invalid):
        service.resubmit_claim(claim.id, actor=story.manager, answer=" ", invoice_number="2", invoice_gross=10**8)
    make.answer(story, claim)
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
    make.answer(story, claim)
    stopped = business_clock.working_days_between(asked, business_clock.now())
    assert stopped > 10
    later = deadlines.due_at("approve", claim.clock_starts_at, limits)
    assert business_clock.working_days_between(due, later) == stopped


def alarms(claim: Claim) -> dict[tuple[str, int, int], BackgroundTask]:
    """The alarms by step, level and how often the provider was asked."""
    about = BackgroundTask.arguments["claim_id"].astext == str(claim.id)
    rows = db.session.scalars(select(BackgroundTask).where(about, BackgroundTask.name == "escalate_claim"))
    return {(row.arguments["step"], row.arguments["level"], row.arguments["requests"]): row for row in rows}


def planned(requests: int) -> set[tuple[str, int, int]]:
    return {(step, level, requests) for step in deadlines.STEPS for level in (1, 2)}


def test_each_level_of_an_overdue_step_is_told_once(
    story: engagements.Story, claim: Claim, clock: MovableClock
) -> None:
    make_officer(Role.ADMINISTRATOR)
    assert set(alarms(claim)) == planned(requests=0)
    before = make.told("claims/claim_overdue")
    for _twice in range(2):
        service.escalate_claim(claim.id, "check", 1, 0, actor=SYSTEM)
    first = make.told("claims/claim_overdue")
    assert first > before
    service.escalate_claim(claim.id, "check", 2, 0, actor=SYSTEM)
    assert make.told("claims/claim_overdue") > first
    rows = db.session.execute(select(ClaimEscalation.step, ClaimEscalation.level).order_by(ClaimEscalation.level))
    assert rows.all() == [("check", 1), ("check", 2)]
    make.check(story, claim)
    service.escalate_claim(claim.id, "check", 2, 0, actor=SYSTEM)
    service.escalate_claim(claim.id, "approve", 1, 0, actor=SYSTEM)
    assert db.session.scalar(select(func.count()).select_from(ClaimEscalation)) == 3
    with pytest.raises(IntegrityError, match="uq_claim_escalations"), db.session.begin_nested():
        db.session.add(ClaimEscalation(claim_id=claim.id, step="check", level=1))
        db.session.flush()
    with pytest.raises(Forbidden):
        service.escalate_claim(claim.id, "approve", 2, 0, actor=story.programme_officer)


def test_a_request_calls_the_alarms_off_and_the_answer_sets_them_anew(story: engagements.Story, claim: Claim) -> None:
    service.return_claim(claim.id, actor=story.programme_officer, reasons=["No date"])
    pending = alarms(claim)
    for task in pending.values():
        db.session.refresh(task)
    assert {task.status for task in pending.values()} == {"cancelled"}
    service.escalate_claim(claim.id, "check", 1, 0, actor=SYSTEM)  # a late one does nothing
    make.answer(story, claim)
    service.escalate_claim(claim.id, "check", 1, 0, actor=SYSTEM)
    assert db.session.scalar(select(func.count()).select_from(ClaimEscalation)) == 0
    assert {alarm for alarm, task in alarms(claim).items() if task.status == "pending"} == planned(requests=1)
    service.escalate_claim(claim.id, "check", 1, 1, actor=SYSTEM)
    assert db.session.scalar(select(func.count()).select_from(ClaimEscalation)) == 1
