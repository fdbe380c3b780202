"""Redeemed and never paid: the engagement lapses, the aid goes back, and what arrives later waits for an officer."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from config.payments import terms
from marketplace.claims import service as claim_verbs
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM
from marketplace.core.errors import DomainError, Forbidden
from marketplace.core.task_queue import BackgroundTask
from marketplace.engagements import queries, service
from marketplace.engagements.models import Agreement, CoPayment, Engagement
from marketplace.engagements.rules import check_under_way
from marketplace.ledger import queries as ledger
from marketplace.ledger.rules import InsufficientFunds
from marketplace.notifications.models import Message
from marketplace.providers import queries as providers
from marketplace.vouchers import queries as vouchers
from marketplace.vouchers import service as voucher_verbs
from marketplace.vouchers.models import Voucher
from tests.conftest import MovableClock
from tests.factories import claims as make_claims
from tests.factories import engagements as make
from tests.factories.accounts import sign_in_as
from tests.factories.bank_reports import Detail, Entry, notification

pytestmark = pytest.mark.usefixtures("database", "clock")

Unpaid = tuple[make.Story, Agreement, Engagement, CoPayment]


def unpaid(prices: dict[str, int] | None = None) -> Unpaid:
    story = make.make_story()
    agreement = make.make_agreement(story, prices) if prices else make.make_agreement(story)
    make.redeem(story, agreement)
    engagement, payment = queries.find_engagement(agreement.id), queries.find_co_payment(agreement.id)
    assert engagement is not None
    assert payment is not None
    return story, agreement, engagement, payment


def test_the_redemption_asks_for_the_lapse_and_the_payment_withdraws_it() -> None:
    story, _agreement, engagement, payment = unpaid()
    task = db.session.scalars(select(BackgroundTask).where(BackgroundTask.key == f"engagement:{engagement.id}")).one()
    grace = timedelta(days=terms(business_clock.today()).co_payment_grace_days)
    assert (task.name, task.run_after) == ("lapse_engagement", business_clock.end_of_day(payment.due_on + grace))
    make_claims.take(make_claims.co_payment_notice(payment.reference, payment.amount), story.budget_officers[0])
    db.session.refresh(task)
    assert (task.status, engagement.status) == ("cancelled", "active")
    service.lapse_engagement(engagement.id, actor=SYSTEM, key="lapse")
    assert (payment.status, engagement.status) == ("paid", "active")


def test_the_aid_goes_back_to_the_voucher_and_both_sides_are_told(clock: MovableClock) -> None:
    story, agreement, engagement, payment = unpaid()
    assert vouchers.remaining(story.voucher.id) == 12_000_000 - agreement.aid
    clock.advance(days=29)
    for _twice in range(2):
        service.lapse_engagement(engagement.id, actor=SYSTEM, key="lapse")
    assert (agreement.status, engagement.status, payment.status) == ("cancelled", "lapsed", "lapsed")
    assert vouchers.remaining(story.voucher.id) == 12_000_000
    assert sum(ledger.balances_by_owner(agreement.id, "committed").values()) == 0
    assert ledger.verify().faults == []
    assert providers.get_provider(agreement.provider_id).load == 0
    told = db.session.scalars(select(Message).where(Message.template == "engagements/engagement_lapsed")).all()
    assert len(told) == 2
    with pytest.raises(DomainError):
        check_under_way(engagement)
    again = service.draft_agreement(agreement.award_id, actor=story.sme)
    assert (again.id != agreement.id, again.aid) == (True, agreement.aid)


def test_a_voucher_used_up_is_valid_again() -> None:
    story, agreement, engagement, _payment = unpaid({**make.PRICES, "execution": 30_000_000})
    assert (agreement.aid, story.voucher.status) == (12_000_000, "exhausted")
    service.lapse_engagement(engagement.id, actor=SYSTEM, key="lapse")
    assert (story.voucher.status, vouchers.remaining(story.voucher.id)) == ("issued", 12_000_000)


def test_a_voucher_used_up_stays_so_beside_a_newer_one() -> None:
    story, agreement, engagement, _payment = unpaid({**make.PRICES, "execution": 30_000_000})
    voucher = story.voucher
    plant_newer_voucher(voucher)
    service.lapse_engagement(engagement.id, actor=SYSTEM, key="lapse")
    assert (engagement.status, voucher.status, voucher.released) == ("lapsed", "exhausted", agreement.aid)
    assert ledger.verify().faults == []


def test_after_the_vouchers_end_the_aid_goes_to_the_budget() -> None:
    story, agreement, engagement, _payment = unpaid()
    voucher_verbs.surrender(story.voucher.id, actor=story.sme, key="surrender")
    service.lapse_engagement(engagement.id, actor=SYSTEM, key="lapse")
    assert (story.voucher.released, vouchers.remaining(story.voucher.id)) == (12_000_000, 0)
    assert sum(ledger.balances_by_owner(agreement.id, "committed").values()) == 0
    assert ledger.verify().faults == []


def test_a_payment_afterwards_waits_for_an_officer() -> None:
    story, agreement, engagement, payment = unpaid()
    service.lapse_engagement(engagement.id, actor=SYSTEM, key="lapse")
    notice = make_claims.co_payment_notice(payment.reference, payment.amount)
    made = make_claims.take(notice, story.budget_officers[0])
    assert [entry.outcome for entry in made.entries] == ["unmatched"]
    assert made.entries[0].note
    assert (payment.status, engagement.status, agreement.status) == ("lapsed", "lapsed", "cancelled")
    assert ledger.verify().faults == []


def test_the_pages_say_that_it_has_lapsed(client: FlaskClient) -> None:
    story, agreement, engagement, _payment = unpaid()
    service.lapse_engagement(engagement.id, actor=SYSTEM, key="lapse")
    pages = ("/engagements", f"/engagements/{engagement.id}", "/agreements", f"/agreements/{agreement.id}")
    for actor in (story.sme, story.manager, story.programme_officer):
        sign_in_as(client, actor)
        for path in pages:
            assert client.get(path).status_code == 200, f"{path} as {actor.role}"
    sign_in_as(client, story.sme)
    answer = client.get(f"/agreements/{agreement.id}/co-payment", headers={"Accept-Language": "en"})
    assert "pay it now. If you have paid late" in answer.get_data(as_text=True)
    listed = client.get("/engagements?status=lapsed", headers={"Accept-Language": "en"}).get_data(as_text=True)
    assert engagement.number in listed


def test_accepted_work_stays_owed_when_the_bank_takes_its_share_back() -> None:
    """Nothing lapses, and ended early it waits for the share, whose part of what was never done goes back."""
    story, _agreement, engagement, payment = unpaid()
    officer = story.budget_officers[0]
    came = Entry(payment.amount, [Detail(payment.reference)], mark="C1")
    make_claims.take(notification(came), officer)
    make.accept_all(story, engagement, stages=1)
    claim = make_claims.submit(story, engagement)
    make_claims.check(story, claim)
    make_claims.take(notification(replace(came, amount=-payment.amount, mark="C2", reversal=True)), officer)
    service.lapse_engagement(engagement.id, actor=SYSTEM, key="lapse")
    assert (engagement.status, payment.status) == ("awaiting_co_payment", "awaited")
    with pytest.raises(IntegrityError, match="work was handed in"), db.session.begin_nested():
        db.session.execute(text("UPDATE engagements SET status = 'lapsed', lapsed_at = now()"))
    service.terminate(engagement.id, actor=story.programme_officer, reason="Ended", key="end")
    with pytest.raises(InsufficientFunds), db.session.begin_nested():
        claim_verbs.approve_claim(claim.id, actor=story.budget_officers[1], key="before")
    make_claims.take(notification(replace(came, mark="C3")), officer)
    refund = claim_verbs.refund_ended_stages(engagement.id, actor=SYSTEM)
    assert refund is not None
    assert (payment.status, refund.amount) == ("paid", payment.amount - claim.co_payment)
    claim_verbs.approve_claim(claim.id, actor=story.budget_officers[1], key="after")
    assert (claim.status, ledger.verify().faults) == ("approved", [])


def test_only_the_system_lets_an_engagement_lapse() -> None:
    story, _agreement, engagement, _payment = unpaid()
    for actor in (story.sme, story.manager, story.programme_officer, story.budget_officers[0]):
        with pytest.raises(Forbidden):
            service.lapse_engagement(engagement.id, actor=actor, key=str(uuid4()))


@pytest.mark.parametrize("table", ["engagements", "co_payments"])
def test_the_database_wants_the_time_of_the_lapse(table: str) -> None:
    unpaid()
    with pytest.raises(IntegrityError, match="lapsed_at"), db.session.begin_nested():
        db.session.execute(text(f"UPDATE {table} SET status = 'lapsed'"))


def plant_newer_voucher(voucher: Voucher) -> None:
    """Another voucher of the same programme and company, put into the tables past the verbs."""
    db.flush()
    copy = "INSERT INTO {0} SELECT (jsonb_populate_record(t, CAST(:change AS jsonb))).* FROM {0} t WHERE id = :id"
    application, facts = str(uuid4()), {"number": "second", "code": "second"}
    change = {**facts, "id": application, "status": "withdrawn", "ticket": None, "withdrawn_at": "2026-01-01T00:00:00Z"}
    db.session.execute(text(copy.format("applications")), {"change": json.dumps(change), "id": voucher.application_id})
    change = {**facts, "id": str(uuid4()), "application_id": application, "status": "issued"}
    db.session.execute(text(copy.format("vouchers")), {"change": json.dumps(change), "id": voucher.id})
