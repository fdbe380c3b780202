"""From opened bids to the award: declaration, scores, choice, and what losers are told."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, scoped_session

from marketplace.accounts.models import Person
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, IllegalMove, Invalid, NotFound
from marketplace.jobs import queries, service
from marketplace.jobs.models import Bid, Job
from marketplace.notifications.models import Message
from marketplace.providers import service as providers
from tests.conftest import MovableClock
from tests.factories.accounts import make_member, make_officer, make_sme
from tests.factories.jobs import make_award, make_bid, make_published_job, pass_deadline, score_all
from tests.factories.providers import make_ready_provider

Database = scoped_session[Session]
INSERT_AWARD = (
    "INSERT INTO awards (job_id, bid_id, awarded_by, awarded_at, reason) VALUES (:job, :bid, :person, app_now(), 'x')"
)


@pytest.fixture
def opened(database: Database, clock: MovableClock) -> tuple[Job, Actor, Bid, Bid]:
    """A job past its deadline with two bids; the first is cheaper."""
    sme = make_sme()
    job = make_published_job(sme)
    bids = make_bid(job, price=8_000_000), make_bid(job, price=9_000_000)
    pass_deadline(job)
    return job, sme, *bids


def reasons(*bids: Bid) -> dict[object, str]:
    return {bid.id: f"Because of {bid.number}." for bid in bids}


def test_the_best_scored_bid_wins_once_and_losers_read_their_reason(opened: tuple[Job, Actor, Bid, Bid]) -> None:
    job, sme, first, second = opened
    score_all(job, sme, {first.id: 60, second.id: 90})
    made = service.award(job.id, actor=sme, bid_id=second.id, reasons=reasons(first, second))
    assert (job.status, first.status, second.status) == ("awarded", "lost", "won")
    assert queries.find_award(job.id) is made
    loser = db.session.scalars(select(Person.email).where(Person.id == first.submitted_by)).one()
    mail = db.session.scalars(select(Message).where(Message.template == "jobs/bid_lost")).one()
    assert (mail.address, mail.data["reason"], mail.data["points"]) == (loser, f"Because of {first.number}.", "60.00")
    with pytest.raises(IllegalMove):
        service.award(job.id, actor=sme, bid_id=second.id, reasons=reasons(first, second))


def test_the_choice_follows_the_scores(opened: tuple[Job, Actor, Bid, Bid]) -> None:
    job, sme, first, second = opened
    score_all(job, sme, {first.id: 60, second.id: 90})
    with pytest.raises(DomainError, match="highest total"):
        service.award(job.id, actor=sme, bid_id=first.id, reasons=reasons(first, second))


def test_of_equal_totals_the_cheaper_bid_is_first(opened: tuple[Job, Actor, Bid, Bid]) -> None:
    job, sme, first, second = opened
    score_all(job, sme, {first.id: 70, second.id: 70})
    assert [row.bid.id for row in queries.opened_bids(job, actor=sme)] == [first.id, second.id]
    with pytest.raises(DomainError, match="highest total"):
        service.award(job.id, actor=sme, bid_id=second.id, reasons=reasons(first, second))


def test_nothing_is_scored_or_awarded_before_the_deadline(database: Database) -> None:
    sme = make_sme()
    job = make_published_job(sme)
    bid = make_bid(job)
    with pytest.raises(NotFound):
        service.score_bid(bid.id, actor=sme, criterion="price", points=50, reason="x")
    for verb in (
        lambda: service.declare_conflict(job.id, actor=sme, has_conflict=False),
        lambda: service.award(job.id, actor=sme, bid_id=bid.id, reasons=reasons(bid)),
    ):
        with pytest.raises(DomainError, match="sealed"):
            verb()
    for statement in (
        "INSERT INTO bid_scores VALUES (:bid, 'price', 50, 'x', :person, app_now())",
        INSERT_AWARD,
        "UPDATE bids SET status = 'won', decided_at = app_now(), decision_reason = 'x'",
    ):
        values = {"bid": bid.id, "job": job.id, "person": sme.person_id}
        with pytest.raises(IntegrityError), db.session.begin_nested():
            db.session.execute(text(statement), values)


def test_without_a_declaration_nothing_is_decided(opened: tuple[Job, Actor, Bid, Bid]) -> None:
    job, sme, first, second = opened
    with pytest.raises(DomainError, match="Declare first"):
        service.score_bid(first.id, actor=sme, criterion="price", points=50, reason="x")
    with pytest.raises(DomainError, match="Declare first"):
        service.award(job.id, actor=sme, bid_id=first.id, reasons=reasons(first, second))


def test_a_declared_conflict_refuses_that_person_and_no_other(opened: tuple[Job, Actor, Bid, Bid]) -> None:
    job, sme, first, second = opened
    other = make_member(sme, Role.SIGNATORY)
    service.declare_conflict(job.id, actor=sme, has_conflict=True, statement="My brother manages one of the firms.")
    score_all(job, other, {first.id: 80, second.id: 50})
    with pytest.raises(Forbidden, match="conflict"):
        service.score_bid(first.id, actor=sme, criterion="price", points=50, reason="x")
    with pytest.raises(Forbidden, match="conflict"):
        service.award(job.id, actor=sme, bid_id=first.id, reasons=reasons(first, second))
    assert (
        service.award(job.id, actor=other, bid_id=first.id, reasons=reasons(first, second)).awarded_by
        == other.person_id
    )


def test_a_declaration_is_made_once_and_a_conflict_is_explained(opened: tuple[Job, Actor, Bid, Bid]) -> None:
    job, sme, *_ = opened
    with pytest.raises(Invalid):
        service.declare_conflict(job.id, actor=sme, has_conflict=True, statement=" ")
    service.declare_conflict(job.id, actor=sme, has_conflict=True, statement="I own a part of it.")
    with pytest.raises(DomainError, match="already"):
        service.declare_conflict(job.id, actor=sme, has_conflict=False)


@pytest.mark.parametrize("role", [Role.PREPARER, Role.HELPER])
def test_only_the_signatory_awards(opened: tuple[Job, Actor, Bid, Bid], role: Role) -> None:
    job, sme, first, second = opened
    facts = {} if role is Role.PREPARER else {"mandate": "Prepares jobs.", "valid_until": business_clock.today()}
    member = make_member(sme, role, **facts)
    with pytest.raises(Forbidden):
        service.award(job.id, actor=member, bid_id=first.id, reasons=reasons(first, second))


def test_another_company_and_a_bidder_find_nothing(opened: tuple[Job, Actor, Bid, Bid]) -> None:
    job, _sme, first, second = opened
    stranger = make_sme()
    with pytest.raises(NotFound):
        service.award(job.id, actor=stranger, bid_id=first.id, reasons=reasons(first, second))
    with pytest.raises(NotFound):
        service.score_bid(first.id, actor=stranger, criterion="price", points=1, reason="x")


def test_every_bid_needs_every_score_and_a_reason(opened: tuple[Job, Actor, Bid, Bid]) -> None:
    job, sme, first, second = opened
    score_all(job, sme, {first.id: 80})
    with pytest.raises(DomainError, match="Score every bid"):
        service.award(job.id, actor=sme, bid_id=first.id, reasons=reasons(first, second))
    score_all(job, sme, {second.id: 40})
    with pytest.raises(Invalid) as caught:
        service.award(job.id, actor=sme, bid_id=first.id, reasons=reasons(first))
    assert caught.value.field == f"reason_{second.id}"


@pytest.mark.parametrize(
    ("points", "criterion", "reason"), [(101, "price", "x"), (-1, "price", "x"), (5, "charm", "x"), (5, "price", " ")]
)
def test_points_outside_the_frozen_criteria_are_refused(
    opened: tuple[Job, Actor, Bid, Bid], points: int, criterion: str, reason: str
) -> None:
    job, sme, first, _second = opened
    service.declare_conflict(job.id, actor=sme, has_conflict=False)
    with pytest.raises(Invalid):
        service.score_bid(first.id, actor=sme, criterion=criterion, points=points, reason=reason)


def test_a_recorded_conflict_or_a_suspension_prevents_the_award_and_the_next_best_may_win(
    opened: tuple[Job, Actor, Bid, Bid],
) -> None:
    job, sme, first, second = opened
    assert sme.organisation_id is not None
    score_all(job, sme, {first.id: 90, second.id: 50})
    providers.record_conflict(first.provider_id, sme.organisation_id, "The same owner.")
    with pytest.raises(DomainError, match="on record"):
        service.award(job.id, actor=sme, bid_id=first.id, reasons=reasons(first, second))
    assert service.award(job.id, actor=sme, bid_id=second.id, reasons=reasons(first, second)).bid_id == second.id


def test_a_suspended_bidder_can_not_win(opened: tuple[Job, Actor, Bid, Bid]) -> None:
    job, sme, first, second = opened
    score_all(job, sme, {first.id: 90, second.id: 50})
    officer = make_officer(Role.ETHICS_OFFICER)
    providers.suspend_provider(first.provider_id, actor=officer, reason="A finding.")
    with pytest.raises(DomainError, match="not in the register"):
        service.award(job.id, actor=sme, bid_id=first.id, reasons=reasons(first, second))


def test_scores_stand_once_the_job_is_awarded(database: Database, clock: MovableClock) -> None:
    made = make_award()
    with pytest.raises(IntegrityError, match="between"), db.session.begin_nested():
        db.session.execute(text("UPDATE bid_scores SET points = 1"))
    for statement in ("UPDATE awards SET reason = 'x'", "DELETE FROM awards", "DELETE FROM bid_scores"):
        with pytest.raises(Exception, match="permission denied"), db.session.begin_nested():
            db.session.execute(text(statement))
    assert made.reason == "The best offer."


def test_the_database_keeps_one_award_a_job(opened: tuple[Job, Actor, Bid, Bid]) -> None:
    job, sme, first, second = opened
    score_all(job, sme, {first.id: 90, second.id: 50})
    service.award(job.id, actor=sme, bid_id=first.id, reasons=reasons(first, second))
    with pytest.raises(IntegrityError, match="uq_awards_job_id"), db.session.begin_nested():
        db.session.execute(text(INSERT_AWARD), {"job": job.id, "bid": second.id, "person": sme.person_id})


def test_closing_at_the_deadline_tells_the_company_once(opened: tuple[Job, Actor, Bid, Bid]) -> None:
    job, _sme, *_ = opened
    service.close_job(job.id, actor=SYSTEM)
    service.close_job(job.id, actor=SYSTEM)
    assert job.status == "closed"
    mails = db.session.scalars(select(Message).where(Message.template == "jobs/bids_opened")).all()
    assert [mail.data["bids"] for mail in mails] == [2]


def test_closing_before_the_deadline_is_refused(database: Database) -> None:
    job = make_published_job()
    with pytest.raises(DomainError, match="sealed"):
        service.close_job(job.id, actor=SYSTEM)


def test_an_awarded_job_is_not_withdrawn(database: Database, clock: MovableClock) -> None:
    sme = make_sme()
    made = make_award(sme, make_ready_provider())
    with pytest.raises(IllegalMove):
        service.withdraw_job(made.job_id, actor=sme, reason="Too late.")
