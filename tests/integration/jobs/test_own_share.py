"""What an offer costs the company is seen by whoever prices it and by whoever chooses it, before anything binds."""

import re

import pytest
from flask.testing import FlaskClient

from marketplace.engagements import service as engagements
from marketplace.jobs import queries, service
from tests.conftest import MovableClock
from tests.factories import milestones
from tests.factories.accounts import sign_in_as
from tests.factories.engagements import Story
from tests.factories.jobs import make_bid, make_draft, make_published_job, pass_deadline, score_all
from tests.milestones import Tale


@pytest.fixture
def begins() -> Tale:
    return milestones.story


def test_the_award_shows_what_each_offer_costs_as_the_agreement_then_says(
    client: FlaskClient, told: Story, clock: MovableClock
) -> None:
    sme = told.sme
    job = make_published_job(sme, voucher_id=told.voucher.id, service_line="operations")
    dear, cheap = make_bid(job, price=24_000_000), make_bid(job, told.manager, price=9_000_000)
    pass_deadline(job)
    score_all(job, sme, {dear.id: 60, cheap.id: 80})
    # Of 9,000,000 the public pays 60 per cent; of 24,000,000 no more than the voucher's 12,000,000.
    wanted = {cheap.id: (3_600_000, 5_400_000, 6_600_000), dear.id: (12_000_000, 12_000_000, 0)}
    costs = queries.costs(job, queries.opened_bids(job, actor=sme))
    assert {key: (cost.own, cost.aid, cost.left) for key, cost in costs.items()} == wanted
    sign_in_as(client, sme)
    for path in ("bids", "award"):
        page = client.get(f"/jobs/{job.id}/{path}").text
        for amounts in wanted.values():
            assert all(f"₩{amount:,}" in page for amount in amounts), path
    reasons = {bid.id: "As the points say." for bid in (dear, cheap)}
    award = service.award(job.id, actor=sme, bid_id=cheap.id, reasons=reasons)
    agreement = engagements.draft_agreement(award.id, actor=sme)
    assert (agreement.co_payment, agreement.aid) == wanted[cheap.id][:2]
    job = queries.get_job(job.id, actor=sme)
    assert queries.costs(job, queries.opened_bids(job, actor=sme)) == {}, "the agreement says it from now on"


def test_a_bidder_sees_the_budget_the_voucher_and_who_pays_what(client: FlaskClient, told: Story) -> None:
    job = make_published_job(told.sme, voucher_id=told.voucher.id, budget=10_000_000, service_line="operations")
    sign_in_as(client, told.manager)
    for path in (f"/jobs/{job.id}", f"/jobs/{job.id}/bid", f"/open-jobs/{job.id}"):
        facts = dict(re.findall(r"<dt>([^<]+)</dt>\s*<dd>\s*([^<]+?)\s*</dd>", client.get(f"{path}?lang=en").text))
        assert facts["Budget, without VAT"] == "₩10,000,000", path
        assert facts["Value of the voucher"] == "₩12,000,000", path
        assert facts["The company itself"] == "40 %", path


def test_a_budget_of_nothing_is_refused_at_its_field(client: FlaskClient, told: Story) -> None:
    draft = make_draft(told.sme, service_line="operations")
    typed = {"voucher": str(told.voucher.id), "confirmed": "y", "closes_on": "2027-01-15", "budget": "0"}
    answer = sign_in_as(client, told.sme).post(f"/jobs/{draft.id}/publish", data=typed)
    assert answer.status_code == 422
    assert 'id="budget-error"' in answer.text
