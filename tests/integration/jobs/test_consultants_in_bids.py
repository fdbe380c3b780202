"""Only consultants who belong to the firm, have pledged and are trained are named: by the rule and by the database."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session, scoped_session

from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import Role
from marketplace.core.errors import DomainError, Forbidden, Invalid
from marketplace.jobs import service
from marketplace.jobs.service import bids
from marketplace.providers import service as providers
from tests.conftest import MovableClock
from tests.factories.accounts import make_member, make_officer
from tests.factories.jobs import make_bid, make_offer, make_published_job
from tests.factories.providers import make_applicant, make_consultant, make_ready_provider, make_registered_provider

Database = scoped_session[Session]


def test_without_pledge_or_training_the_rule_refuses(database: Database) -> None:
    manager, job = make_registered_provider(), make_published_job()
    for facts, why in (({"pledged": False}, "code of ethics"), ({"trained": False}, "training")):
        consultant = make_consultant(manager, **facts)
        with pytest.raises(Invalid, match=why):
            service.place_bid(job.id, actor=manager, offer=make_offer(manager, consultant_ids=[consultant.id]))


def test_another_firms_consultant_is_refused(database: Database) -> None:
    manager, job = make_ready_provider(), make_published_job()
    stranger = make_consultant(make_registered_provider())
    with pytest.raises(Invalid, match="does not belong"):
        service.place_bid(job.id, actor=manager, offer=make_offer(manager, consultant_ids=[stranger.id]))


def test_without_any_consultant_a_bid_is_refused(database: Database) -> None:
    manager, job = make_ready_provider(), make_published_job()
    with pytest.raises(Invalid):
        service.place_bid(job.id, actor=manager, offer=make_offer(manager, consultant_ids=[]))


def test_a_firm_that_is_not_approved_does_not_bid(database: Database) -> None:
    manager, job = make_applicant(), make_published_job()
    make_consultant(manager)
    with pytest.raises(DomainError, match="not in the register"):
        service.place_bid(job.id, actor=manager, offer=make_offer(manager))


def test_a_suspended_firm_does_not_bid_and_a_restored_one_does(database: Database) -> None:
    manager, job = make_ready_provider(), make_published_job()
    officer = make_officer(Role.ETHICS_OFFICER)
    assert manager.organisation_id is not None
    providers.suspend_provider(manager.organisation_id, actor=officer, reason="A finding.")
    with pytest.raises(DomainError, match="not in the register"):
        make_bid(job, manager)
    providers.restore_provider(manager.organisation_id, actor=officer, reason="It is over.")
    assert make_bid(job, manager).status == "submitted"


def test_only_a_manager_bids(database: Database) -> None:
    manager, job = make_ready_provider(), make_published_job()
    with pytest.raises(Forbidden):
        service.place_bid(job.id, actor=make_member(manager, Role.CONSULTANT), offer=make_offer(manager))


def test_the_pledge_ends_with_the_season(database: Database, clock: MovableClock) -> None:
    manager = make_ready_provider()
    today = business_clock.today()
    clock.advance(days=(today.replace(year=today.year + 1, month=1, day=3) - today).days)
    with pytest.raises(Invalid, match="code of ethics"):
        make_bid(make_published_job(), manager)


@pytest.mark.parametrize(
    ("facts", "constraint"),
    [({"pledged": False}, "bid_not_pledged"), ({"trained": False}, "bid_not_trained")],
)
def test_past_the_rule_the_database_refuses(
    database: Database, monkeypatch: pytest.MonkeyPatch, facts: dict[str, bool], constraint: str
) -> None:
    manager, job = make_registered_provider(), make_published_job()
    make_consultant(manager, **facts)
    monkeypatch.setattr(bids, "check_may_bid", lambda *_: None)
    with pytest.raises(IntegrityError) as caught, db.session.begin_nested():
        make_bid(job, manager)
    assert caught.value.orig.diag.constraint_name == constraint  # type: ignore[union-attr]


def test_past_the_rule_the_database_refuses_a_stranger_and_an_unregistered_firm(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, stranger = make_published_job(), make_consultant(make_registered_provider())
    monkeypatch.setattr(bids, "check_may_bid", lambda *_: None)
    ready, applicant = make_ready_provider(), make_applicant()
    make_consultant(applicant)
    for manager, facts, constraint in (
        (ready, {"consultant_ids": [stranger.id]}, "bid_not_with_the_firm"),
        (applicant, {}, "bid_provider_not_approved"),
    ):
        with pytest.raises(IntegrityError) as caught, db.session.begin_nested():
            make_bid(job, manager, **facts)
        assert caught.value.orig.diag.constraint_name == constraint  # type: ignore[union-attr]


def test_the_database_takes_no_old_check(database: Database) -> None:
    manager, job = make_ready_provider(), make_published_job()
    make_bid(job, manager)
    with pytest.raises(IntegrityError, match="day of the bid"), db.session.begin_nested():
        db.session.execute(
            text("UPDATE bid_contents SET checked_on = :day"), {"day": business_clock.today() - timedelta(days=3)}
        )
