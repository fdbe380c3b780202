"""Many finished engagements at once: one made by the verbs, copied row by row, each copy finished by the verb."""

from typing import Any
from uuid import UUID, uuid4

import psycopg
from sqlalchemy import Table, select

from config.settings import Settings
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM
from marketplace.engagements import service
from marketplace.engagements.models import (
    Agreement,
    AgreementStage,
    Assignment,
    CoPayment,
    Engagement,
    Redemption,
    Stage,
)
from marketplace.providers import service as providers
from tests.factories import engagements as make
from tests.factories.integrity import pay_own_share


def make_crowd(settings: Settings, count: int) -> list[UUID]:
    """So many engagements of one company and one firm, finished in one transaction; returns their ids."""
    owner = settings.owner_database_url.replace("postgresql+psycopg", "postgresql")
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("DROP INDEX uq_agreements_award_id")
    story = make.make_story()
    agreement = make.make_agreement(story)
    make.redeem(story, agreement)
    pay_own_share(story, agreement)
    engagement = make.queries.find_engagement(agreement.id)
    assert engagement is not None
    make.accept_all(story, engagement, stages=2)
    stage = make.queries.find_stage_under_way(engagement.id)
    assert stage is not None
    made = [_copy(engagement, number) for number in range(count)]
    providers.change_load(engagement.provider_id, count, actor=SYSTEM)
    for engagement_id in made:
        service.finish(engagement_id, actor=SYSTEM)
    db.commit()
    return made


def _copy(engagement: Engagement, number: int) -> UUID:
    """Copy the rows of one engagement under new ids, its stages accepted."""
    old = engagement.agreement
    agreement_id = _insert(Agreement, old, number=f"AGR-X-{number}")
    for model in (Redemption, CoPayment, Assignment):
        for row in db.session.scalars(select(model).where(model.agreement_id == old.id)):
            unique = {"key": f"x-{number}"} if model is Redemption else {}
            unique |= {"reference": f"X-{number}"} if model is CoPayment else {}
            _insert(model, row, agreement_id=agreement_id, **unique)
    engagement_id = _insert(Engagement, engagement, number=f"ENG-X-{number}", agreement_id=agreement_id)
    accepted = {"status": "accepted", "opened_at": clock.now(), "delivered_at": clock.now(), "accepted_at": clock.now()}
    people = {"delivered_by": old.provider_signed_by, "accepted_by": old.sme_signed_by}
    for stage in engagement.stages:
        agreed = _insert(AgreementStage, stage.agreed, agreement_id=agreement_id)
        _insert(Stage, stage, engagement_id=engagement_id, agreement_stage_id=agreed, **accepted, **people)
    return engagement_id


def _insert(model: type[Any], row: Any, **changes: Any) -> UUID:
    table: Table = model.__table__
    new = uuid4()
    values = {column.name: getattr(row, column.key) for column in table.columns} | {"id": new} | changes
    db.session.execute(table.insert().values(values))
    return new
