"""Bids stay sealed until the deadline: proved by raw SQL as the role `app`, which owns nothing."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, ProgrammingError
from sqlalchemy.orm import Session, scoped_session

from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import DomainError, NotFound
from marketplace.jobs import queries, service
from marketplace.jobs.models import Bid, Job
from tests.conftest import MovableClock
from tests.factories.accounts import make_officer, make_sme
from tests.factories.jobs import make_bid, make_offer, make_published_job, pass_deadline
from tests.factories.providers import consultants_of, make_ready_provider

PRICE = 9_876_543
Database = scoped_session[Session]


@pytest.fixture
def sealed(database: Database, clock: MovableClock) -> tuple[Job, Bid, Actor, Actor]:
    """A published job with one bid, its company's signatory and the bidder's manager."""
    sme, manager = make_sme(), make_ready_provider()
    job = make_published_job(sme)
    return job, make_bid(job, manager, price=PRICE), sme, manager


def consultant_ids(manager: Actor) -> list[UUID]:
    return [consultant.id for consultant in consultants_of(manager)]


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
        "UPDATE bid_contents SET sealed = ''",
        "DELETE FROM bid_contents",
    ],
)
def test_nobody_else_changes_a_sealed_bid(sealed: tuple[Job, Bid, Actor, Actor], statement: str) -> None:
    _job, bid, sme, manager = sealed
    db.act_as(sme.organisation_id)
    assert db.session.execute(text(statement)).rowcount == 0  # type: ignore[attr-defined]
    db.act_as(manager.organisation_id)
    assert queries.bid_content(bid.id, manager).price_total == PRICE


def test_the_bidder_itself_changes_nothing_after_the_deadline(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    job, _bid, _sme, manager = sealed
    pass_deadline(job)
    db.act_as(manager.organisation_id)
    assert db.session.execute(text("UPDATE bid_contents SET sealed = ''")).rowcount == 0  # type: ignore[attr-defined]
    assert db.session.execute(text("DELETE FROM bid_contents")).rowcount == 0  # type: ignore[attr-defined]


def test_nobody_writes_a_bid_for_another_firm(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    _job, _bid, sme, manager = sealed
    db.act_as(manager.organisation_id)
    row = dict(db.session.execute(text("SELECT * FROM bid_contents")).mappings().one())
    row["named"] = consultant_ids(manager)
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


def test_the_amount_is_in_no_table(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    """Whoever names the bidder to the database reads nothing either, nor does a dump."""
    _job, _bid, _sme, manager = sealed
    db.act_as(manager.organisation_id)
    assert count_seen() == 1
    tables = db.session.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")).all()
    for table in tables:
        rows = db.session.scalars(text(f'SELECT to_jsonb(t)::text FROM "{table}" t')).all()
        assert not [row for row in rows if str(PRICE) in row or str(PRICE // 3) in row], table


WAYS = (
    "SELECT bid_contents::text FROM bid_contents",
    "SELECT to_jsonb(bid_contents)::text || encode(sealed, 'escape') FROM bid_contents",
    "SELECT row_to_json(bid_contents)::text FROM bid_contents",
)


def test_the_password_of_the_service_reads_no_bid(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    """As role `app`: naming the bidder, an officer or nobody, by SELECT, COPY and functions."""
    _job, _bid, sme, manager = sealed
    officer = make_officer(Role.PROGRAMME_OFFICER)
    secrets = (str(PRICE), str(PRICE // 3), "talk to ten customers", *map(str, consultant_ids(manager)))
    seen: list[str] = []
    for organisation_id in (manager.organisation_id, sme.organisation_id, officer.organisation_id, None):
        db.act_as(organisation_id)
        seen += [row for way in WAYS for row in db.session.scalars(text(way))]
        driver = db.session.connection().connection
        with driver.cursor() as cursor, cursor.copy("COPY (SELECT * FROM bid_contents) TO STDOUT") as copied:  # type: ignore[attr-defined]
            seen += [bytes(block).decode() for block in copied]
    assert len(seen) >= len(WAYS)  # row security believes who names the bidder
    assert not [secret for secret in secrets for row in seen if secret in row]


def test_what_is_sealed_opens_in_its_own_row_alone(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    """Whoever may write to the database copies another's bid into a row of their own, and reads it on their page."""
    job, bid, _sme, manager = sealed
    thief = make_ready_provider()
    own = make_bid(job, thief)
    db.act_as(manager.organisation_id)
    stolen = db.session.scalar(text("SELECT sealed FROM bid_contents WHERE bid_id = :id"), {"id": bid.id})
    db.act_as(thief.organisation_id)
    named = list(consultant_ids(thief))
    copied = text("UPDATE bid_contents SET sealed = :stolen, named = :named WHERE bid_id = :id")
    assert db.session.execute(copied, {"stolen": stolen, "named": named, "id": own.id}).rowcount == 1  # type: ignore[attr-defined]
    with pytest.raises(LookupError, match="another bid"):
        _ = queries.bid_content(own.id, thief).price_total


def test_a_clock_that_the_database_moved_opens_no_bid(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    _job, bid, sme, _manager = sealed
    db.session.execute(text("UPDATE clock_offset SET shift = shift + interval '30 days'"))
    db.act_as(sme.organisation_id)
    assert count_seen() == 1  # row security believes the database's clock
    with pytest.raises(NotFound):  # the service believes its own
        queries.bid_content(bid.id, sme)


def test_who_has_bid_stands_in_the_trail_once_the_bids_are_opened(sealed: tuple[Job, Bid, Actor, Actor]) -> None:
    job, bid, _sme, manager = sealed
    service.withdraw_bid(bid.id, actor=manager)
    again = make_bid(job, manager)
    service.place_bid(job.id, actor=manager, offer=make_offer(manager))
    db.flush()
    told = list(db.session.query(AuditEntry).filter_by(subject_type="bids").order_by(AuditEntry.id))
    assert [entry.action for entry in told] == ["bid.submit", "bid.withdraw", "bid.submit", "bid.replace"]
    whom = {str(value) for value in (manager.person_id, manager.organisation_id, job.id)}
    for entry in told:
        assert (entry.person_id, entry.organisation_id, entry.device_hash, entry.address_hash) == (None,) * 4
        assert not [one for one in whom if one in str(entry.body)]
    waiting = db.session.scalars(text("SELECT to_jsonb(t)::text FROM background_tasks t")).all()
    messages = db.session.scalars(text("SELECT to_jsonb(m)::text FROM messages m")).all()
    looks = db.session.scalars(text("SELECT to_jsonb(a)::text FROM access_log a")).all()
    assert not [row for row in (*waiting, *messages, *looks) if str(bid.id) in row or str(again.id) in row]
    pass_deadline(job)
    service.close_job(job.id, actor=SYSTEM)
    opened = db.session.query(AuditEntry).filter(AuditEntry.action == "bid.open")
    assert {entry.body["after"]["by"] for entry in opened} == {str(manager.person_id)}
    assert {entry.subject_id for entry in opened} == {bid.id, again.id}


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
