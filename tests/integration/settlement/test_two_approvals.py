"""A large claim needs two budget officers."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.claims import service
from marketplace.claims.models import Claim
from marketplace.claims.rules import Cut
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid
from marketplace.core.i18n import force_locale
from marketplace.ledger import queries as ledger
from marketplace.reports.proof import prove
from marketplace.reports.queries import waiting_for
from tests.factories import claims as make
from tests.factories import engagements, milestones
from tests.factories.accounts import make_officer, sign_in_as
from tests.milestones import Tale

pytestmark = pytest.mark.usefixtures("database", "clock")


def checked_large_claim() -> milestones.Claimed:
    """A claim above the limit of one approval, checked."""
    story = engagements.make_story()
    engagement = make.finish(story, make.LARGE)
    claim = make.submit(story, engagement)
    make.check(story, claim)
    return milestones.Claimed(story, engagement, claim)


@pytest.fixture(scope="session")
def begins() -> Tale:
    return checked_large_claim


@pytest.fixture
def large(claim: Claim) -> Claim:
    return claim


def test_a_large_claim_needs_two_budget_officers(story: engagements.Story, large: Claim) -> None:
    first, second = story.budget_officers
    service.approve_claim(large.id, actor=first, key="one")
    assert (large.status, ledger.balances_by_owner(large.id, "payable")) == ("first_approved", {})
    with pytest.raises(DomainError):
        service.countersign_claim(large.id, actor=first, key="two")
    for same in ("first_approved_by", "checked_by", "submitted_by"):
        with pytest.raises(IntegrityError, match="ck_claims_four_eyes"), db.session.begin_nested():
            db.session.execute(text(f"UPDATE claims SET approved_by = {same}"))
    for same in ("checked_by", "submitted_by"):
        with pytest.raises(IntegrityError, match="ck_claims_four_eyes"), db.session.begin_nested():
            db.session.execute(text(f"UPDATE claims SET first_approved_by = {same}"))
    with pytest.raises(Forbidden):
        service.countersign_claim(large.id, actor=story.programme_officer, key="three")
    service.countersign_claim(large.id, actor=second, key="four")
    assert (large.status, large.approved_by) == ("approved", second.person_id)
    assert sum(ledger.balances_by_owner(large.id, "payable").values()) == large.aid
    third, fourth = make_officer(Role.BUDGET_OFFICER), make_officer(Role.BUDGET_OFFICER)
    batch = service.prepare_batch(actor=third, claim_ids=[large.id], key=make.new_key())
    for approver in (first, second):
        with pytest.raises(DomainError, match="승인|approved"):
            service.send_batch(batch.id, actor=approver, key=make.new_key())
    with pytest.raises(IntegrityError, match="approved a claim"), db.session.begin_nested():
        db.session.execute(
            text("UPDATE payment_batches SET sent_by = :by WHERE id = :id"), {"by": first.person_id, "id": batch.id}
        )
    assert service.send_batch(batch.id, actor=fourth, key=make.new_key()).status == "sent"


@pytest.mark.parametrize(("who", "is_led_on"), [("first", True), ("second", True), ("another", False)])
def test_a_claim_that_two_approved_leads_either_of_them_to_its_batch(
    story: engagements.Story, large: Claim, client: FlaskClient, who: str, is_led_on: bool
) -> None:
    first, second = story.budget_officers
    service.approve_claim(large.id, actor=first, key="one")
    service.countersign_claim(large.id, actor=second, key="two")
    reader = {"first": first, "second": second}.get(who) or make_officer(Role.BUDGET_OFFICER)
    sign_in_as(client, reader)
    page = client.get(f"/claims/{large.id}?lang=en").text
    assert "a third budget officer sends it" in page
    assert ("Prepare a batch" in page) is is_led_on


def test_who_approved_a_large_claim_is_led_to_prepare_its_batch(
    story: engagements.Story, large: Claim, client: FlaskClient
) -> None:
    first, second = story.budget_officers
    third = make_officer(Role.BUDGET_OFFICER)
    service.approve_claim(large.id, actor=first, key="one")
    service.countersign_claim(large.id, actor=second, key="two")
    waiting = "Approved claims waiting for a payment batch"
    assert [waits(actor, waiting) for actor in (first, second, third)] == [1, 1, 0]
    ticked = re.compile(rf'value="{large.id}"[^>]*checked|checked[^>]*value="{large.id}"')
    for actor, own in ((first, True), (second, True), (third, False)):
        page = sign_in_as(client, actor).get("/payment-batches/new").text
        assert bool(ticked.search(page)) is own
        assert str(large.id) in page
    batch = service.prepare_batch(actor=first, claim_ids=[large.id], key=make.new_key())
    sends = f"/payment-batches/{batch.id}/send"
    assert [waits(actor, "Payment batches to send") for actor in (first, second, third)] == [0, 0, 1]
    for actor, may in ((first, False), (second, False), (third, True)):
        assert (sends in sign_in_as(client, actor).get(f"/payment-batches/{batch.id}").text) is may


def test_a_batch_that_nobody_can_send_says_so(story: engagements.Story, large: Claim, client: FlaskClient) -> None:
    first, second = story.budget_officers
    third = make_officer(Role.BUDGET_OFFICER)
    service.approve_claim(large.id, actor=first, key="one")
    service.countersign_claim(large.id, actor=second, key="two")
    batch = service.prepare_batch(actor=third, claim_ids=[large.id], key=make.new_key())
    warning = "Nobody can release this batch as it is"
    address, english = f"/payment-batches/{batch.id}", {"Accept-Language": "en"}
    assert warning in sign_in_as(client, third).get(address, headers=english).text
    fourth = make_officer(Role.BUDGET_OFFICER)
    page = sign_in_as(client, fourth).get(address, headers=english).text
    assert warning not in page
    assert f"{address}/send" in page


def waits(actor: Actor, words: str) -> int:
    """How much of this work the actor's start page counts."""
    with force_locale("en"):
        return next((work.count for work in waiting_for(actor) if str(work.text) == words), 0)


def test_the_database_lets_no_large_claim_through_with_one_approval(story: engagements.Story, large: Claim) -> None:
    db.session.execute(text("UPDATE claim_lines SET approved_aid = aid, approved_co_payment = co_payment"))
    approve = text(
        "UPDATE claims SET status = 'approved', approved_at = app_now(), approved_amount = net_amount,"
        " approved_aid = aid, approved_co_payment = co_payment, approved_by = :by"
    )
    with pytest.raises(IntegrityError, match="ck_claims_two_approvals"), db.session.begin_nested():
        db.session.execute(approve, {"by": story.budget_officers[0].person_id})
    with pytest.raises(IntegrityError, match="stays needed"), db.session.begin_nested():
        db.session.execute(text("UPDATE claims SET needs_two = false"))


def test_a_first_approval_is_taken_back_with_a_reason_and_decided_anew(story: engagements.Story, large: Claim) -> None:
    first, second = story.budget_officers
    cut = Cut(large.lines[0].id, 4_000_000, "Less was done")
    service.approve_claim(large.id, actor=first, lines=[cut], key="one")
    with pytest.raises(Invalid):
        service.reconsider_claim(large.id, actor=second, reason="")
    service.reconsider_claim(large.id, actor=second, reason="All of it was done")
    assert (large.status, large.first_approved_by, large.approved_amount) == ("checked", None, None)
    assert [line.cut_reason for line in large.lines] == [None] * 3
    service.approve_claim(large.id, actor=second, key="two")
    service.countersign_claim(large.id, actor=first, key="three")
    assert (large.status, large.approved_amount, prove().faults) == ("approved", 50_000_000, [])
