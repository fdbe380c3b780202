"""Rules that the database enforces at entry: a row planted past its guard is seen by the check all the same."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from sqlalchemy import text

from config.settings import Settings
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM
from marketplace.engagements.models import Engagement
from marketplace.ethics import queries, service
from marketplace.vouchers.models import Voucher
from tests.factories.engagements import Story
from tests.milestones import Milestones, Tale

GUARDS = """
ALTER TABLE providers DROP CONSTRAINT ck_providers_four_eyes;
DROP INDEX uq_vouchers_one_active;
ALTER TABLE vouchers DROP CONSTRAINT uq_vouchers_application_id;
ALTER TABLE programmes DISABLE TRIGGER USER;
ALTER TABLE consulting_sessions DROP CONSTRAINT ex_consulting_sessions_overlap;
ALTER TABLE consulting_sessions DISABLE TRIGGER USER;
GRANT DELETE ON pledges TO app;
"""


@pytest.fixture
def finished(
    real_database: Settings, app: Flask, milestones: Milestones, begins: Tale
) -> Iterator[tuple[Story, Engagement]]:
    """A finished engagement in a database of its own, from which its owner has taken the guards."""
    owner = real_database.owner_database_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(GUARDS)
    with app.app_context():
        yield milestones.read(begins)
        db.rollback()


def check(engagement: Engagement, occasion: str = "finish") -> list[tuple[str, str, str]]:
    """Rule, finding and strength of every flag of the engagement after its check."""
    service.check_engagement(engagement.id, occasion=occasion, actor=SYSTEM)
    return [(flag.rule_id, flag.finding, flag.strength) for flag in queries.flags_of(engagement.id)]


def plant(statement: str, **values: object) -> None:
    """Change rows past the verbs."""
    db.flush()
    db.session.execute(text(statement), values)
    db.session.expire_all()


def test_e03_a_registration_approved_by_its_maker(finished: tuple[Story, Engagement]) -> None:
    engagement = finished[1]
    plant("UPDATE providers SET approved_by = submitted_by WHERE id = :id", id=engagement.provider_id)
    assert check(engagement) == [("E03", "same_person", "strong")]


def test_e05_aid_past_the_ceiling(finished: tuple[Story, Engagement]) -> None:
    engagement = finished[1]
    voucher = db.get(Voucher, engagement.agreement.voucher_id)
    plant(
        "UPDATE programmes SET aid_cap = :cap, aid_cap_months = 36 WHERE id = :id",
        cap=voucher.amount,
        id=voucher.programme_id,
    )
    assert check(engagement) == []
    copy_voucher(voucher, status="expired")
    assert check(engagement, "survey") == [("E05", "above_ceiling", "strong")]


def test_e06_a_second_active_voucher(finished: tuple[Story, Engagement]) -> None:
    engagement = finished[1]
    voucher = db.get(Voucher, engagement.agreement.voucher_id)
    copy_voucher(voucher, status="issued")
    plant("UPDATE vouchers SET status = 'issued' WHERE id = :id", id=voucher.id)
    assert ("E06", "several_vouchers", "strong") in check(engagement)


def copy_voucher(voucher: Voucher, *, status: str) -> None:
    """A second voucher of the same company, past application and allocation."""
    values = {column.name: getattr(voucher, column.key) for column in Voucher.__table__.columns}
    values |= {"id": UUID(int=7), "number": "V-7", "code": "past-every-guard", "status": status}
    values |= {"expired_at": clock.now() if status == "expired" else None}
    db.session.execute(Voucher.__table__.insert().values(values))


def test_e07_one_person_in_two_places(finished: tuple[Story, Engagement]) -> None:
    story, engagement = finished
    session_row(story, engagement)
    assert check(engagement) == []
    session_row(story, engagement)
    assert check(engagement, "survey") == [("E07", "overlap", "strong")]


def test_e09_a_person_who_was_never_named(finished: tuple[Story, Engagement]) -> None:
    story, engagement = finished
    session_row(story, engagement, person_id=story.consultants[1].person_id)
    assert check(engagement) == [("E09", "not_named", "strong")]


def session_row(story: Story, engagement: Engagement, *, person_id: UUID | None = None, hour: int = 1) -> UUID:
    """One countersigned session, written past the verbs and the overlap guard."""
    session_id = db.session.scalar(
        text(
            "INSERT INTO consulting_sessions (engagement_id, stage_id, consultant_id, person_id, starts_at, ends_at,"
            " place, summary, status, recorded_by, countersigned_by, countersigned_at)"
            " VALUES (:engagement, :stage, :consultant, :person, :start, :end, 'Site', 'Work', 'countersigned',"
            " :recorder, :signer, :end) RETURNING id"
        ),
        {
            "engagement": engagement.id,
            "stage": engagement.stages[0].id,
            "consultant": story.consultants[0].id,
            "person": person_id or story.consultants[0].person_id,
            "start": clock.now() + timedelta(hours=hour),
            "end": clock.now() + timedelta(hours=hour + 2),
            "recorder": story.manager.person_id,
            "signer": story.sme.person_id,
        },
    )
    assert isinstance(session_id, UUID)
    return session_id


def test_e25_a_pledge_that_was_never_signed(finished: tuple[Story, Engagement]) -> None:
    story, engagement = finished
    plant("DELETE FROM pledges WHERE consultant_id = :id", id=story.consultants[0].id)
    assert check(engagement) == [("E25", "not_valid", "strong")]
