"""The pages of debts, pressed through as the officers would, and as the debtor sees them, in both languages."""

import re
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from pypdf import PdfReader
from werkzeug.test import TestResponse

from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.engagements.models import Engagement
from marketplace.receivables.models import Receivable
from tests.conftest import MovableClock
from tests.factories import receivables as make
from tests.factories.accounts import make_officer, make_provider, sign_in_as
from tests.factories.engagements import Story

pytestmark = pytest.mark.usefixtures("database", "clock")


def see(client: FlaskClient, actor: Actor | None, path: str, status: int = 200) -> str:
    if actor is not None:
        sign_in_as(client, actor)
    for language in ("ko", "en"):
        response = client.get(path, headers={"Accept-Language": language})
        assert response.status_code == status, f"{path}: {response.status_code}"
    return response.get_data(as_text=True)


def send(client: FlaskClient, actor: Actor, path: str, status: int = 303, **fields: Any) -> TestResponse:
    see(client, actor, path)
    response = client.post(path, data={"key": str(uuid4()), **fields})
    errors = re.findall(r"<p class=\"field-error\".*?</p>|<li>[^<]*</li>", response.get_data(as_text=True))[:10]
    assert response.status_code == status, f"{path}: {response.status_code} {errors}"
    return response


def test_a_recovery_from_its_opening_to_the_write_off(
    client: FlaskClient, story: Story, engagement: Engagement
) -> None:
    first, second = story.budget_officers
    ethics = make_officer(Role.ETHICS_OFFICER)
    facts = {"debtor": "provider", "ground": "false_receipt", "reason": "A forged invoice"}
    send(client, ethics, "/receivables/new", status=422, engagement="ENG-1", **facts)
    written = engagement.number.lower().replace("-", "\u2013")
    made = send(client, ethics, "/receivables/new", engagement=written, **facts)
    page = made.location
    assert "Another officer" in see(client, ethics, page) or "another officer" in see(client, ethics, page)
    see(client, story.manager, page, status=404)
    send(client, first, f"{page}/confirm", agreed="y")
    assert "A forged invoice" in see(client, story.manager, page)
    see(client, make_provider(), page, status=404)
    first_due_on = (business_clock.today() + timedelta(days=5)).isoformat()
    plan = {"count": "3", "first_due_on": first_due_on, "every_months": "1", "reason": "Asked for"}
    send(client, first, f"{page}/instalments", **plan)
    send(client, first, f"{page}/set-off", status=422, claim_id=str(uuid4()), amount="5")
    send(client, first, f"{page}/write-off", reason="Insolvent")
    send(client, first, f"{page}/write-off/decide", status=422, decision="sign")
    send(client, second, f"{page}/write-off/decide", status=422, decision="refuse")
    send(client, second, f"{page}/write-off/decide", decision="sign")
    assert "Nothing is owed any more" in see(client, story.manager, page)


def test_success_is_judged_and_the_company_sees_what_to_pay(
    client: FlaskClient, story: Story, engagement: Engagement
) -> None:
    officer = story.programme_officer
    assert engagement.number in see(client, officer, "/receivables/successes")
    made = send(client, officer, f"/engagements/{engagement.id}/success", success="yes", reason="Fewer rejects")
    send(client, story.budget_officers[0], f"{made.location}/confirm", agreed="y")
    receivable = db.session.query(Receivable).one()
    assert receivable.number in see(client, story.sme, "/receivables")
    text = see(client, story.sme, made.location)
    assert "2,700,000" in text
    receivable = db.get(Receivable, receivable.id)
    notice = client.get(f"/receivables/instalments/{receivable.instalments[0].id}/payment-notice")
    words = PdfReader(BytesIO(notice.data)).pages[0].extract_text()
    assert "납입고지서" in words
    assert "세금계산서" not in words, "a notice of a debt is no tax invoice"
    receipt = make.pay(story, db.get(Receivable, receivable.id), 540_000)
    assert client.get(f"/receivables/receipts/{receipt.id}").data.startswith(b"%PDF")
    see(client, story.manager, f"/receivables/receipts/{receipt.id}", status=404)
    assert engagement.number not in see(client, officer, "/receivables/successes")


def test_the_list_filters_arrears_and_exports(
    client: FlaskClient, story: Story, engagement: Engagement, clock: MovableClock
) -> None:
    receivable = make.make_recovery(story, paid=engagement)
    officer = story.budget_officers[0]
    assert receivable.number not in see(client, officer, "/receivables?overdue=yes")
    clock.advance(days=31)
    address = "/receivables?overdue=yes&kind=recovery&status=open&search=RCV"
    assert receivable.number in see(client, officer, address)
    assert receivable.number.encode() in client.get(f"{address}&format=csv").data
    assert receivable.number not in see(client, officer, "/receivables?kind=repayment")


def test_the_public_list_shows_a_name_for_its_time(
    client: FlaskClient, story: Story, engagement: Engagement, clock: MovableClock
) -> None:
    receivable = make.make_recovery(story, "false_receipt", paid=engagement)
    assert receivable.listed_until is not None
    day = str(receivable.listed_until.year)
    assert "No name is published now" in see(client, None, "/recoveries")
    clock.advance(days=30)
    assert day in see(client, None, "/recoveries")
    clock.advance(days=365)
    assert "No name is published now" in see(client, None, "/recoveries")
