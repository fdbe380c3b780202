"""Hundreds of vouchers, each redeemed at once by the agreements of two jobs: every voucher is spent, none twice."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, make_url, select

from config.local.postgres import connect
from config.settings import Settings
from marketplace.core import db
from marketplace.core.errors import DomainError
from marketplace.core.money import Money
from marketplace.engagements import service
from marketplace.engagements.models import Agreement, Engagement, Redemption
from marketplace.ledger import queries as ledger
from marketplace.ledger.rules import KeyReused
from marketplace.providers.models import Provider
from marketplace.vouchers.models import Voucher
from tests.factories import engagements as make
from tests.factories.copies import copy_agreements

THREADS = 8


def prepare(
    app: Flask, database: Settings, sockets: Path, *, vouchers: int, per_voucher: int
) -> tuple[make.Story, Agreement, list[list[UUID]]]:
    """A story and so many vouchers of 12,000,000, each with agreements that would take all of it."""
    with app.app_context(), db.unit_of_work():
        story = make.make_story(budget=20_000_000_000)
        agreement = make.make_agreement(story, dict.fromkeys(make.STAGES, 10_000_000))
    with connect(sockets, str(make_url(database.database_url).database)) as server:
        return story, agreement, copy_agreements(server, agreement, vouchers=vouchers, per_voucher=per_voucher)


def redeem_at_once(app: Flask, story: make.Story, pairs: list[list[UUID]]) -> Counter[tuple[str, ...]]:
    """Redeem both agreements of each pair at the same moment; how often the two ended in which way."""
    meetings = {agreement_id: threading.Barrier(2) for pair in pairs for agreement_id in pair}
    for first, second in pairs:
        meetings[second] = meetings[first]

    def redeem(agreement_id: UUID) -> str:
        meetings[agreement_id].wait()
        with app.app_context():
            try:
                with db.unit_of_work():
                    aid = Money(db.get(Agreement, agreement_id).aid, "KRW")
                    service.redeem(agreement_id, actor=story.sme, amount=aid, key=f"pair:{agreement_id}")
            except DomainError:
                return "refused"
            return "redeemed"

    with ThreadPoolExecutor(THREADS) as pool:  # an even number, so that whoever is first of a pair meets the second
        ends = iter(pool.map(redeem, [agreement_id for pair in pairs for agreement_id in pair]))
        return Counter(tuple(sorted((end, next(ends)))) for end in ends)


@pytest.mark.costly("sixty pairs of redemptions, each redemption its own unit of work")
@pytest.mark.parametrize("count", [60, pytest.param(500, marks=pytest.mark.slow)])
def test_of_two_agreements_on_one_voucher_one_gets_the_money(
    app: Flask, real_database: Settings, sockets: Path, count: int
) -> None:
    story, agreement, pairs = prepare(app, real_database, sockets, vouchers=count, per_voucher=2)
    assert redeem_at_once(app, story, pairs) == {("redeemed", "refused"): count}
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Redemption)) == count
        assert db.session.scalar(select(func.count()).select_from(Engagement)) == count
        assert db.session.scalar(select(func.count()).where(Voucher.status == "exhausted")) == count
        assert db.get(Provider, agreement.provider_id).load == count
        assert ledger.verify().faults == []


def test_a_firms_load_counts_the_engagement_that_began_meanwhile(
    app: Flask, real_database: Settings, sockets: Path
) -> None:
    story, agreement, pairs = prepare(app, real_database, sockets, vouchers=2, per_voucher=1)
    (first,), (second,) = pairs
    aid = Money(agreement.aid, "KRW")

    def redeem(agreement_id: UUID) -> None:
        with app.app_context(), db.unit_of_work():
            service.redeem(agreement_id, actor=story.sme, amount=aid, key=str(uuid4()))

    with ThreadPoolExecutor(1) as pool:
        with app.app_context(), db.unit_of_work():
            service.redeem(first, actor=story.sme, amount=aid, key=str(uuid4()))
            later = pool.submit(redeem, second)
            with pytest.raises(TimeoutError):
                later.result(timeout=0.7)
        later.result()
    with app.app_context():
        assert db.get(Provider, agreement.provider_id).load == 2


def test_a_used_key_answers_its_own_request_only(app: Flask, real_database: Settings) -> None:
    with app.app_context(), db.unit_of_work():
        story = make.make_story()
        small = dict.fromkeys(make.STAGES, 1_000_000)
        first, second = make.make_agreement(story, small), make.make_agreement(story, small)

    def redeem(agreement: Agreement, key: str) -> UUID:
        with app.app_context(), db.unit_of_work():
            amount = Money(agreement.aid, agreement.currency)
            return service.redeem(agreement.id, actor=story.sme, amount=amount, key=key).id

    key = str(uuid4())
    answer = redeem(first, key)
    assert redeem(first, key) == answer
    with pytest.raises(KeyReused):
        redeem(second, key)
    with pytest.raises(DomainError):
        redeem(first, str(uuid4()))
    with app.app_context():
        assert sum(ledger.balances_by_owner(first.id, "committed").values()) == first.aid
        assert ledger.balances_by_owner(second.id, "committed") == {}
