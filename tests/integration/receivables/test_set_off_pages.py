"""What a set-off keeps back is said where the money is looked for: on the claim's page, in the batch, in the mail."""

import pytest
from flask.testing import FlaskClient

from marketplace.claims.models import Claim
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.notifications import queries as notifications
from marketplace.notifications.models import Message
from marketplace.receivables import service
from marketplace.receivables.models import Receivable
from tests.conftest import MovableClock
from tests.factories import claims as make_claims
from tests.factories import milestones
from tests.factories import receivables as make
from tests.factories.accounts import sign_in_as
from tests.factories.engagements import Story
from tests.milestones import Tale

pytestmark = pytest.mark.usefixtures("database", "clock")

KEPT_BACK = 1_000_000


Told = tuple[Story, Receivable, Claim]


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.owed_and_claimed


@pytest.fixture
def story(told: Told) -> Story:
    return told[0]


@pytest.fixture
def debt(told: Told) -> Receivable:
    return told[1]


@pytest.fixture
def claim(told: Told) -> Claim:
    """A claim of 3,000,000 won, approved, from which a million is kept back."""
    story, debt, made = told
    officer = story.budget_officers[0]
    service.set_off(debt.id, actor=officer, claim_id=made.id, amount=KEPT_BACK, key=make.key())
    return made


def test_provider_and_officer_read_what_arrives(
    client: FlaskClient, story: Story, debt: Receivable, claim: Claim
) -> None:
    for actor in (story.manager, story.budget_officers[1]):
        page = sign_in_as(client, actor).get(f"/claims/{claim.id}", headers={"Accept-Language": "en"}).text
        assert f"₩1,000,000 for {debt.number}" in page
        assert "₩2,000,000" in page, "what arrives"
    choices = client.get("/payment-batches/new", headers={"Accept-Language": "en"}).text
    assert f"{claim.number} · ₩2,000,000" in choices


def test_the_debts_page_names_the_claim_and_what_paying_today_takes(
    client: FlaskClient, story: Story, debt: Receivable, claim: Claim, clock: MovableClock
) -> None:
    due = debt.live[0]
    clock.advance(days=(due.due_on - business_clock.today()).days + 73)
    interest = due.capital * 500 * 73 // 365 // 10_000
    assert interest == due.capital // 100, "5 % a year for a fifth of it"
    page = sign_in_as(client, story.manager).get(f"/receivables/{debt.id}", headers={"Accept-Language": "en"}).text
    assert f"₩1,000,000 from claim {claim.number}" in page
    assert f"Paying it today takes ₩{due.outstanding + interest:,}" in page


def test_the_mail_of_the_payment_names_what_was_kept_back(story: Story, debt: Receivable, claim: Claim) -> None:
    batch = make_claims.send(story, claim)
    make_claims.take(make_claims.bank_answer(batch), story.budget_officers[1])
    sent = db.session.query(Message).where(Message.template == "claims/claim_paid").all()
    (mail,) = [message for message in sent if message.data["number"] == claim.number]
    letter = notifications.letter(mail, base_url="http://agency.example").body
    assert "2,000,000" in letter
    assert "3,000,000" in letter
    assert debt.number in letter
    assert "1,000,000" in letter
