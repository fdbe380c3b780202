"""The pages from the award to the payment, pressed through as people would, in both languages."""

import io
import re
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from marketplace.claims import queries as claim_queries
from marketplace.claims.models import BankImport, Claim, PaymentBatch
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.engagements import queries
from marketplace.engagements.models import ConsultingSession, Engagement
from tests.conftest import MovableClock
from tests.factories import claims as make_claims
from tests.factories import engagements as make
from tests.factories.accounts import make_officer, make_sme, sign_in_as

pytestmark = [pytest.mark.usefixtures("database", "clock"), pytest.mark.slow]  # the story journey presses the same


class Browser:
    """One client; each request is made as the actor given."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def see(self, actor: Actor, path: str, status: int = 200) -> str:
        sign_in_as(self.client, actor)
        for language in ("ko", "en"):
            response = self.client.get(path, headers={"Accept-Language": language})
            assert response.status_code == status, f"{path} as {actor.role}: {response.status_code}"
        return response.get_data(as_text=True)

    def send(self, actor: Actor, path: str, status: int = 303, **fields: Any) -> TestResponse:
        self.see(actor, path)
        response = self.client.post(path, data={"key": str(uuid4()), **fields})
        text = response.get_data(as_text=True)
        assert response.status_code == status, f"{path}: {response.status_code} {errors_in(text)}"
        return response


def errors_in(text: str) -> list[str]:
    return re.findall(r"<p class=\"field-error\".*?</p>|<li>[^<]*</li>", text)[:10]


@pytest.fixture
def visitor(client: FlaskClient) -> Browser:
    return Browser(client)


@pytest.mark.costly("some 290 requests, from the award to the payment")
def test_from_the_award_to_the_payment(visitor: Browser, clock: MovableClock) -> None:
    story = make.make_story()
    browser = visitor
    engagement = agree(browser, story)
    for stage in engagement.stages:
        clock.advance(days=1)
        work(browser, story, engagement, stage.id)
    assert db.get(Engagement, engagement.id).status == "finished"
    assert "ENG-" in browser.see(story.sme, f"/engagements/{engagement.id}")
    claim = claim_all(browser, story, engagement)
    pay(browser, story, claim)
    assert db.get(Claim, claim.id).status == "paid"
    for path in ("/agreements", "/engagements", "/claims", "/payment-batches", "/bank-imports", "/holds"):
        auditor = make_officer(Role.AUDITOR)
        browser.see(auditor, path)
        for kind in ("csv", "xlsx"):
            assert browser.client.get(path, query_string={"format": kind}).status_code == 200


def agree(browser: Browser, story: make.Story) -> Engagement:
    """Draft, sign, redeem, see how to pay; the share arrives by a bank file."""
    award = make.make_award(story)
    assert f"/agreements/new/{award.id}" in browser.see(story.sme, "/agreements")
    browser.send(story.sme, f"/agreements/new/{award.id}", 422, starts_on="2020-01-01")
    browser.send(story.sme, f"/agreements/new/{award.id}", starts_on=business_clock.today().isoformat())
    agreement = queries.find_live_agreement(award.id)
    assert agreement is not None
    path = f"/agreements/{agreement.id}"
    browser.see(make_sme(), path, 404)
    for actor in (story.sme, story.manager):
        browser.see(actor, path)
        browser.send(actor, f"{path}/sign", 422)
        browser.send(actor, f"{path}/sign", agreed="y")
    browser.see(story.manager, f"{path}/redeem", 403)
    browser.send(story.sme, f"{path}/redeem", agreed="y")
    payment = queries.find_co_payment(agreement.id)
    assert payment is not None
    assert payment.reference in browser.see(story.sme, f"{path}/co-payment")
    notice = make_claims.co_payment_notice(payment.reference, payment.amount)
    officer = story.budget_officers[0]
    browser.send(officer, "/bank-imports/new", 422, file=(io.BytesIO(b"<a/>"), "a.xml"))
    browser.send(officer, "/bank-imports/new", file=(io.BytesIO(notice), "camt.xml"))
    browser.see(officer, f"/bank-imports/{db.session.query(BankImport).one().id}")
    assert "111-222" in browser.see(story.sme, f"{path}/co-payment")
    engagement = queries.find_engagement(agreement.id)
    assert engagement is not None
    return engagement


def work(browser: Browser, story: make.Story, engagement: Engagement, stage_id: Any) -> None:
    """One stage: a session, a document, a correction, acceptance."""
    path = f"/engagements/{engagement.id}"
    now = business_clock.now().astimezone(business_clock.zone())
    fields = {"place": "Plant", "summary": "Looked", "consultant_id": str(story.consultants[0].id)}
    at = {"starts_at": f"{now:%Y-%m-%dT00:01}", "ends_at": f"{now:%Y-%m-%dT00:02}"}
    browser.send(story.consultant_actors[0], f"{path}/sessions/new", 422, **fields, starts_at="x", ends_at="")
    browser.send(story.consultant_actors[0], f"{path}/sessions/new", **fields, **at)
    browser.send(story.manager, f"{path}/sessions/new", 422, **fields, **at)
    made = db.session.query(ConsultingSession).filter_by(stage_id=stage_id).one()
    browser.see(story.manager, f"/engagements/sessions/{made.id}/withdraw")
    stage = f"/engagements/stages/{stage_id}"
    browser.send(story.manager, f"{stage}/hand-in", 422)
    browser.send(story.manager, f"{stage}/deliverables/new", 422, title="", file=(io.BytesIO(b"x"), "x.exe"))
    browser.send(story.manager, f"{stage}/deliverables/new", title="Report", file=(make.document(path), "a.pdf"))
    browser.send(story.manager, f"{stage}/hand-in")
    first = queries.deliverables_of(engagement.id)[-1]
    browser.send(story.sme, f"/engagements/deliverables/{first.id}/correction", 422, reason=" ")
    browser.send(story.sme, f"/engagements/deliverables/{first.id}/correction", reason="More figures")
    again = f"{stage}/deliverables/new?replaces={first.id}"
    assert "More figures" in browser.see(story.manager, again)
    browser.client.post(again, data={"key": str(uuid4()), "title": "R2", "file": (make.document(f"{path} 2"), "b.pdf")})
    browser.send(story.manager, f"{stage}/hand-in")
    browser.send(story.sme, f"{stage}/accept", 422, agreed="y")
    browser.send(story.sme, f"/engagements/sessions/{made.id}/confirm")
    browser.send(story.sme, f"{stage}/accept", agreed="y")
    for actor in (story.sme, story.manager, make_officer(Role.ETHICS_OFFICER)):
        browser.see(actor, path)
    with browser.client.get(f"/engagements/deliverables/{first.id}/file") as file:
        assert file.status_code == 200


def claim_all(browser: Browser, story: make.Story, engagement: Engagement) -> Claim:
    """Claim all stages, be asked once, answer, be checked and approved by two people."""
    make.compare_all(engagement)
    path = f"/engagements/{engagement.id}/claim"
    assert path in browser.see(story.manager, "/claims")
    stages = [str(stage.id) for stage in engagement.stages]
    browser.send(story.manager, path, 422, stage_ids=stages, invoice_number="1", invoice_gross="1")
    browser.send(story.manager, path, stage_ids=stages, invoice_number="1", invoice_gross="16,500,001")
    (claim,) = claim_queries.claims_of(engagement.id)
    page, (first, second) = f"/claims/{claim.id}", story.budget_officers
    whole = {f"amount_{line.stage.code}": line.aid + line.co_payment for line in claim.lines}
    browser.see(story.manager, page)
    browser.see(make_sme(), page, 403)
    browser.send(story.programme_officer, f"{page}/return", reasons="No date\nNo number")
    assert "No number" in browser.see(story.manager, page)
    corrected = {"invoice_number": "2", "invoice_gross": "16,500,001"}
    browser.send(story.manager, f"{page}/resubmit", 422, **corrected)
    browser.send(story.manager, f"{page}/resubmit", **corrected, answer="The invoice now has both.")
    browser.see(story.manager, f"{page}/withdraw")
    browser.send(first, f"{page}/check", agreed="y")
    browser.send(first, f"{page}/approve", 422, agreed="y", **whole)
    browser.send(second, f"{page}/approve", agreed="y", **whole)
    browser.see(second, page)
    return claim


def pay(browser: Browser, story: make.Story, claim: Claim) -> None:
    """Hold and lift, prepare, take out, prepare anew, send, answer by the bank."""
    first, second = story.budget_officers
    ethics = make_officer(Role.ETHICS_OFFICER)
    browser.send(ethics, f"/engagements/{claim.engagement_id}/hold", reason="Tip")
    hold = claim_queries.find_hold_in_force(claim.engagement_id)
    assert hold is not None
    browser.see(story.manager, f"/claims/{claim.id}")
    browser.see(second, "/payment-batches/new")
    browser.send(ethics, f"/holds/{hold.id}/extend", reason="Bank silent")
    browser.send(ethics, f"/holds/{hold.id}/lift", reason="Explained")
    browser.send(second, "/payment-batches/new", claim_ids=str(claim.id))
    batch = db.session.query(PaymentBatch).one()
    browser.see(second, f"/payment-batches/{batch.id}")
    browser.see(second, f"/payment-batches/{batch.id}/file", 409)
    browser.send(second, f"/payment-batches/{batch.id}/send", 422)
    (line,) = claim_queries.lines_of(batch.id)
    browser.send(first, f"/payment-batches/lines/{line.id}/remove", reason="Wrong week")
    browser.send(second, "/payment-batches/new", claim_ids=str(claim.id))
    batch = db.session.query(PaymentBatch).filter_by(status="prepared").one()
    browser.send(first, f"/payment-batches/{batch.id}/send")
    order = browser.see(first, f"/payment-batches/{batch.id}/file")
    assert claim.number in order
    answer = make_claims.bank_answer(batch)
    browser.send(first, "/bank-imports/new", file=(io.BytesIO(answer), "camt.xml"))
    browser.see(first, f"/payment-batches/{batch.id}")
