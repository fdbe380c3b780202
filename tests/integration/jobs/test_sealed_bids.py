"""Bids stay sealed until the deadline: proved by raw SQL as the role `app`, which owns nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.orm import Session, scoped_session

from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.errors import DomainError, NotFound
from marketplace.jobs import queries, service
from marketplace.jobs.models import Bid, Job
from tests.conftest import MovableClock
from tests.factories.accounts import make_sme
from tests.factories.jobs import make_bid, make_offer, make_published_job, pass_deadline
from tests.factories.providers import make_ready_provider

PRICE = 9_876_543
Database = scoped_session[Session]


@pytest.fixture
def sealed(database: Database, clock: MovableClock) -> tuple[Job, Bid, Actor, Actor]:
    """A published job with one bid, its company's signatory and the bidder's manager."""
    sme, manager = make_sme(), make_ready_provider()
    job = make_published_job(sme)
    return job, make_bid(job, manager, price=PRICE), sme, manager


def count_seen() -> int:
    return db.session.scalar(text("SELECT count(*) FROM bid_contents")) or 0


def test_the_tests_run_as_app_and_row_security_is_forced(database: Database) -> None:
    assert db.session.scalar(text("SELECT current_user")) == "app"
    forced = text("SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = 'bid_contents'")
    assert db.session.scalar(forced)
    assert not db.session.scalar(text("SELECT rolbypassrls OR rolsuper FROM pg_roles WHERE rolname = 'app'"))


def test_before_the_deadline_only_the_bidder_reads_its_bid(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    _job, _bid, sme, manager = sealed
    for organisation_id in (None, sme.organisation_id, make_ready_provider().organisation_id):
        db.act_as(organisation_id)
        assert count_seen() == 0
    db.act_as(manager.organisation_id)
    assert count_seen() == 1


def test_after_the_deadline_everybody_reads_it(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    job, bid, sme, _manager = sealed
    pass_deadline(job)
    db.act_as(sme.organisation_id)
    assert count_seen() == 1
    assert queries.bid_content(bid.id, sme).price_total == PRICE


def test_the_query_for_a_sealed_bid_finds_nothing(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    job, bid, sme, _manager = sealed
    with pytest.raises(NotFound):
        queries.bid_content(bid.id, sme)
    with pytest.raises(NotFound):
        queries.get_bid(bid.id, actor=sme)
    with pytest.raises(DomainError):
        queries.opened_bids(job, actor=sme)


def test_a_bid_of_a_job_withdrawn_before_its_deadline_is_never_opened(
    sealed: tuple[Job, Bid, Actor, Actor], clock: MovableClock
) -> None:
    job, _bid, sme, _manager = sealed
    service.withdraw_job(job.id, actor=sme, reason="We changed our plans.")
    clock.advance(days=30)
    db.act_as(sme.organisation_id)
    assert count_seen() == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE bid_contents SET price_total = 1",
        "DELETE FROM bid_contents",
    ],
)
def test_nobody_else_changes_a_sealed_bid(sealed: tuple[Job, Bid, Actor, Actor], statement: str) -> None:
    _job, _bid, sme, manager = sealed
    db.act_as(sme.organisation_id)
    assert db.session.execute(text(statement)).rowcount == 0  # type: ignore[attr-defined]
    db.act_as(manager.organisation_id)
    assert db.session.scalar(text("SELECT price_total FROM bid_contents")) == PRICE


def test_the_bidder_itself_changes_nothing_after_the_deadline(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    job, _bid, _sme, manager = sealed
    pass_deadline(job)
    db.act_as(manager.organisation_id)
    assert db.session.execute(text("UPDATE bid_contents SET price_total = 1")).rowcount == 0  # type: ignore[attr-defined]
    assert db.session.execute(text("DELETE FROM bid_contents")).rowcount == 0  # type: ignore[attr-defined]


def test_nobody_writes_a_bid_for_another_firm(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    _job, _bid, sme, manager = sealed
    db.act_as(manager.organisation_id)
    row = dict(db.session.execute(text("SELECT * FROM bid_contents")).mappings().one())
    db.session.execute(text("DELETE FROM bid_contents"))
    db.act_as(sme.organisation_id)
    copy = (
        "INSERT INTO bid_contents SELECT * FROM jsonb_populate_record(NULL::bid_contents, to_jsonb(CAST(:row AS json)))"
    )
    with pytest.raises(ProgrammingError, match="row-level security"), db.session.begin_nested():
        db.session.execute(text(copy), {"row": _as_json(row)})


def test_the_table_can_not_be_emptied_or_opened_by_the_app(database: Database) -> None:
    for statement in ("TRUNCATE bid_contents", "ALTER TABLE bid_contents DISABLE ROW LEVEL SECURITY"):
        with pytest.raises(ProgrammingError), db.session.begin_nested():
            db.session.execute(text(statement))


def test_the_amount_is_in_no_other_table(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    tables = db.session.scalars(
        text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'bid_contents' ORDER BY 1")
    ).all()
    for table in tables:
        rows = db.session.scalars(text(f'SELECT to_jsonb(t)::text FROM "{table}" t')).all()
        assert not [row for row in rows if str(PRICE) in row or str(PRICE // 3) in row], table


def test_an_error_of_the_database_shows_no_content(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    _job, _bid, _sme, manager = sealed
    db.act_as(manager.organisation_id)
    with pytest.raises(DBAPIError) as caught, db.session.begin_nested():
        db.session.execute(text("UPDATE bid_contents SET price_total = -:price, approach = 'secret'"), {"price": PRICE})
    assert str(PRICE) not in str(caught.value)


def test_a_late_bid_is_refused_by_the_verb_and_by_the_database(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    job, bid, _sme, manager = sealed
    other = make_ready_provider()
    pass_deadline(job)
    for actor in (manager, other):
        with pytest.raises(DomainError):
            service.place_bid(job.id, actor=actor, offer=make_offer(actor))
    with pytest.raises(DomainError):
        service.withdraw_bid(bid.id, actor=manager)
    insert = (
        "INSERT INTO bids (number, job_id, provider_id, status, content_hash, submitted_by)"
        " VALUES ('late', :job, :provider, 'submitted', 'x', :person)"
    )
    values = {"job": job.id, "provider": other.organisation_id, "person": other.person_id}
    with pytest.raises(IntegrityError, match="deadline"), db.session.begin_nested():
        db.session.execute(text(insert), values)
    with pytest.raises(IntegrityError, match="deadline"), db.session.begin_nested():
        db.session.execute(text("UPDATE bids SET content_hash = 'other'"))


def test_replacing_keeps_one_bid_with_a_new_hash(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    job, bid, _sme, manager = sealed
    before = bid.content_hash
    again = service.place_bid(job.id, actor=manager, offer=make_offer(manager, PRICE))
    assert again.id == bid.id
    assert again.content_hash != before
    assert count_seen() == 1


def test_withdrawing_deletes_the_content_and_lets_the_firm_bid_again(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    job, bid, _sme, manager = sealed
    service.withdraw_bid(bid.id, actor=manager)
    assert count_seen() == 0
    assert make_bid(job, manager).id != bid.id


@pytest.mark.parametrize(
    "change",
    [
        "closes_at = closes_at - interval '1 day'",
        "closes_at = closes_at + interval '1 day'",
        "title = 'another'",
        """criteria = '[{"code": "price", "weight": 100}]'""",
        "published_at = published_at - interval '1 day'",
    ],
)
def test_the_database_refuses_to_change_a_published_job(sealed: tuple[Job, Bid, Actor, Actor], change: str) -> None:
    with pytest.raises(IntegrityError, match="published job"), db.session.begin_nested():
        db.session.execute(text(f"UPDATE jobs SET {change}"))


def test_the_database_refuses_a_bidding_window_under_seven_days(database: Database) -> None:
    sme = make_sme()
    with pytest.raises(DomainError, match="7 days"):
        make_published_job(sme, days=6)
    job = make_published_job(sme)
    job_id, short = job.id, business_clock.now() + timedelta(days=6)
    copy = (
        "INSERT INTO jobs SELECT (jsonb_populate_record(j, jsonb_build_object("
        "'id', gen_random_uuid(), 'number', 'short', 'closes_at', CAST(:short AS timestamptz)))).*"
        " FROM jobs j WHERE id = :id"
    )
    with pytest.raises(IntegrityError, match="bidding_window"), db.session.begin_nested():
        db.session.execute(text(copy), {"short": short, "id": job_id})


def _as_json(row: dict[str, object]) -> str:
    import json

    return json.dumps(row, default=str)
