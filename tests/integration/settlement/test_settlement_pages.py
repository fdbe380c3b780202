"""Pages of claims: ageing, cuts, how a way was decided, what is overdue."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from lxml import html

from marketplace.claims import deadlines, queries
from marketplace.claims.models import Claim
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import Actor
from tests.conftest import MovableClock
from tests.factories import claims as make
from tests.factories import engagements
from tests.factories.accounts import sign_in_as
from tests.integration.world.test_list_files import faults_of

pytestmark = pytest.mark.usefixtures("database", "clock")


def test_the_ageing_report_counts_working_days(story: engagements.Story, claim: Claim, clock: MovableClock) -> None:
    def places() -> list[int]:
        return [row.place for row in queries.ageing_totals([5, 10, 20])]

    assert places() == [0]
    for _day in range(45):
        clock.advance(days=1)
        age = business_clock.working_days_between(claim.clock_starts_at, business_clock.now())
        expected = 0 if age <= 5 else 1 if age <= 10 else 2 if age <= 20 else 3
        assert places() == [expected]
        first, last = deadlines.ranges([5, 10, 20])[expected]
        assert db.session.scalars(queries.ageing(first=first, last=last)).all() == [claim]
        assert (first == 0) == (db.session.scalars(queries.ageing(first=6)).all() == [])
    assert age > 20


@pytest.mark.parametrize("language", ["ko", "en"])
def test_pages_of_a_claim_that_was_cut(
    client: FlaskClient, story: engagements.Story, claim: Claim, language: str
) -> None:
    make.check(story, claim)
    officer = sign_in_as(client, story.budget_officers[0])
    code = "diagnosis"
    form = {f"amount_{line.stage.code}": str(line.aid + line.co_payment) for line in claim.lines}
    form |= {f"amount_{code}": "1000000", "agreed": "y"}
    refused = officer.post(f"/claims/{claim.id}/approve", data=form, headers={"Accept-Language": language})
    assert refused.status_code == 422
    form |= {f"reason_{code}": "Not all was done", "key": "9f0c7a39-6f1c-4f9b-8f65-000000000001"}
    for _twice in range(2):
        assert officer.post(f"/claims/{claim.id}/approve", data=form).status_code == 303
    db.session.expire_all()
    cut = db.get(Claim, claim.id)
    assert (cut.status, cut.approved_amount) == ("approved", 13_000_001)
    page = sign_in_as(client, story.manager).get(f"/claims/{claim.id}").get_data(as_text=True)
    assert "Not all was done" in page
    listed = client.get("/claims").get_data(as_text=True)
    assert claim.number in listed


def test_who_sees_how_a_way_was_decided(client: FlaskClient, story: engagements.Story, claim: Claim) -> None:
    (row,) = queries.assessments_of(claim.id)

    def page(actor: Actor) -> str:
        return sign_in_as(client, actor).get(f"/claims/{claim.id}").get_data(as_text=True)

    assert row.seed in page(story.programme_officer)
    assert row.seed not in page(story.manager)


def test_overdue_is_seen_in_lists_and_export(
    client: FlaskClient, story: engagements.Story, claim: Claim, clock: MovableClock
) -> None:
    clock.advance(days=int(timedelta(days=60).days))
    officer = sign_in_as(client, story.budget_officers[0])
    page = officer.get("/claims/ageing?age=3").get_data(as_text=True)
    assert claim.number in page
    assert claim.number not in officer.get("/claims/ageing?age=0").get_data(as_text=True)
    assert claim.number in officer.get("/claims/ageing?format=csv&status=submitted").get_data(as_text=True)
    assert not list(faults_of(officer, html.document_fromstring(officer.get("/claims/ageing?lang=en").text)))
    assert officer.get("/claims/ageing?age=nonsense&status=x&sort=y").status_code == 200
