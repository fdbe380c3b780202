"""Cost shares by category: laid down, priced in bids, shared in the agreement, taken from the right budget lines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.agency import queries as agency
from marketplace.core import db
from marketplace.core.actors import Role
from marketplace.core.errors import DomainError, Invalid, NotFound
from marketplace.core.i18n import force_locale
from marketplace.engagements import service
from marketplace.engagements.models import Agreement
from marketplace.jobs import service as jobs
from marketplace.ledger import queries as ledger
from marketplace.programmes import queries as programmes
from marketplace.programmes import rules as programme_rules
from marketplace.programmes import service as programme_service
from marketplace.programmes.models import Programme
from marketplace.programmes.terms import templates
from marketplace.vouchers import queries as vouchers
from tests.factories import engagements as make
from tests.factories.accounts import make_officer, sign_in_as
from tests.factories.programmes import make_funders, make_programme

pytestmark = pytest.mark.usefixtures("database")

# Fees by both funders and the company, travel by the company alone, overheads by the central government alone.
SHARES = {
    "consulting": {"central": 5_000, "local": 2_500, "sme": 2_500},
    "travel": {"sme": 10_000},
    "indirect": {"central": 10_000},
}
PLANNED = {"consulting": 80, "travel": 10, "indirect": 10}
PARTS = {
    "diagnosis": {"consulting": 3_000_001, "travel": 100_000, "indirect": 50_000},
    "action-plan": {"consulting": 2_000_000, "travel": 0, "indirect": 50_001},
    "execution": {"consulting": 4_000_000, "travel": 200_000, "indirect": 0},
}


@pytest.fixture(autouse=True)
def english(database: object) -> Iterator[None]:
    with force_locale("en"):
        yield


def by_funder(agreement: Agreement, stage: str) -> dict[str, int]:
    """What stands in a stage of the ledger for an agreement, by the funder's code."""
    codes = {line.id: line.funder.code for line in programmes.budget_lines(agreement_call(agreement))}
    return {codes[line]: amount for line, amount in ledger.balances_by_owner(agreement.id, stage).items() if line}


def agreement_call(agreement: Agreement) -> UUID:
    return vouchers.get_voucher(agreement.voucher_id).call_id


def test_funders_bear_a_voucher_by_what_the_categories_are_planned_to_cost() -> None:
    programme = make_programme(shares=SHARES, cost_categories=PLANNED)
    codes = {funder.id: funder.code for funder in agency.funders()}
    weights = {codes[funder]: weight for funder, weight in programmes.funder_weights(programme.id).items()}
    assert weights == {"central": 80 * 5_000 + 10 * 10_000, "local": 80 * 2_500}


def test_an_agreement_shares_each_stage_by_category_and_takes_it_from_the_funders_own_lines() -> None:
    story = make.make_story(shares=SHARES, cost_categories=PLANNED)
    agreement = make.make_agreement(story, price_parts=PARTS)
    # Fees 9,000,001: 4,500,000.5 and 2,250,000.25 and 2,250,000.25; overheads 100,001 by the central government.
    assert agreement.price_net == 9_400_002
    assert (agreement.aid, agreement.co_payment) == (6_750_001 + 100_001, 2_250_000 + 300_000)
    assert sum(stage.aid for stage in agreement.stages) == agreement.aid
    first = agreement.stages[0].cost_parts
    assert first is not None
    assert first["travel"] == {"price": 100_000, "aid": 0, "co_payment": 100_000}
    assert first["indirect"] == {"price": 50_000, "aid": 50_000, "co_payment": 0}
    make.redeem(story, agreement)
    assert by_funder(agreement, "committed") == {"central": 4_500_001 + 100_001, "local": 2_250_000}
    assert vouchers.remaining(story.voucher.id) == 12_000_000 - agreement.aid
    assert ledger.verify().faults == []


def test_a_budget_line_that_has_too_little_limits_the_aid_and_the_company_bears_the_rest() -> None:
    # The voucher's money is reserved 9 to 1, but the work asks the local government for a third of the aid.
    story = make.make_story(
        shares={"consulting": {"central": 5_000, "local": 2_500, "sme": 2_500}, "indirect": {"central": 10_000}},
        cost_categories={"consulting": 20, "indirect": 80},
    )
    fees = {stage: {"consulting": 3_000_000, "indirect": 0} for stage in PARTS}
    lines = vouchers.voucher_lines(story.voucher.id)
    codes = {line.id: line.funder.code for line in programmes.budget_lines(story.voucher.call_id)}
    left = {codes[line]: amount for line, amount in lines.items()}
    assert left["local"] < 2_250_000
    agreement = make.make_agreement(story, price_parts=fees)
    assert agreement.aid == 4_500_000 + left["local"]
    assert agreement.co_payment == 9_000_000 - agreement.aid
    make.redeem(story, agreement)
    assert by_funder(agreement, "committed") == {"central": 4_500_000, "local": left["local"]}
    assert ledger.verify().faults == []


def test_an_offer_without_any_aid_needs_no_voucher() -> None:
    story = make.make_story(shares=SHARES, cost_categories=PLANNED)
    travel = {stage: {"consulting": 0, "travel": 1_000, "indirect": 0} for stage in PARTS}
    award = make.make_award(story, price_parts=travel)
    with pytest.raises(DomainError, match="gets no aid"):
        service.draft_agreement(award.id, actor=story.sme)


def test_a_voucher_is_used_in_parts_by_several_jobs_and_what_is_left_limits_the_last() -> None:
    story = make.make_story()
    prices = {"diagnosis": 3_000_000, "action-plan": 3_000_000, "execution": 6_000_001}
    first = make.make_agreement(story, prices)
    make.redeem(story, first)
    left = 12_000_000 - first.aid
    assert (first.aid, vouchers.remaining(story.voucher.id)) == (7_200_001, left)
    second = make.make_agreement(story, prices)
    assert (second.aid, second.co_payment) == (left, 12_000_001 - left)
    make.redeem(story, second)
    assert (story.voucher.status, vouchers.remaining(story.voucher.id)) == ("exhausted", 0)
    assert ledger.verify().faults == []


@pytest.mark.parametrize(
    "parts",
    [
        None,
        {"diagnosis": {"consulting": 1, "travel": 1, "indirect": 1}},
        {stage: {"consulting": 1, "travel": 1} for stage in PARTS},
        {stage: {"consulting": 3, "travel": -1, "indirect": 0} for stage in PARTS},
        {stage: {"consulting": 3, "travel": 0, "indirect": 0} for stage in PARTS},
    ],
)
def test_a_bid_prices_every_category_of_every_stage(parts: Any) -> None:
    story = make.make_story(shares=SHARES, cost_categories=PLANNED)
    prices = dict.fromkeys(PARTS, 2)
    with pytest.raises(Invalid, match="every category"):
        make.make_award(story, prices) if parts is None else _bid(story, prices, parts)


def test_a_job_with_one_category_takes_no_other_prices() -> None:
    with pytest.raises(Invalid, match="every category"):
        _bid(make.make_story(), dict.fromkeys(PARTS, 2), {stage: {"consulting": 2} for stage in PARTS})


def _bid(story: make.Story, prices: dict[str, int], parts: Any) -> None:
    original = make.Offer
    try:
        make.Offer = lambda **facts: replace(original(**facts), prices=prices, price_parts=parts)  # type: ignore
        make.make_award(story, prices)
    finally:
        make.Offer = original  # type: ignore[misc]


def test_each_category_sums_to_exactly_the_whole_before_publication() -> None:
    officer = make_officer(Role.PROGRAMME_OFFICER)
    some = {"consulting": SHARES["consulting"], "travel": SHARES["travel"]}
    programme = make_programme(officer=officer, published=False, shares=some, cost_categories=PLANNED)
    with pytest.raises(programme_rules.Incomplete, match="Indirect costs"):
        programme_service.publish_programme(programme.id, actor=officer)
    with pytest.raises(NotFound):
        programme_service.set_cost_shares(programme.id, {None: 10_000}, actor=officer, category="other")
    publish = "UPDATE programmes SET status = 'published', published_at = app_now() WHERE id = :id"
    with pytest.raises(IntegrityError, match="each category"), db.session.begin_nested():
        db.session.execute(text(publish), {"id": programme.id})
    programme_service.set_cost_shares(programme.id, {None: 10_000}, actor=officer, category="indirect")
    assert programme_service.publish_programme(programme.id, actor=officer).status == "published"


def test_shares_of_a_category_that_a_draft_drops_go_with_it() -> None:
    officer = make_officer(Role.PROGRAMME_OFFICER)
    programme = make_programme(officer=officer, published=False, shares=SHARES, cost_categories=PLANNED)
    terms = replace(templates()["coupon-consulting"][0], code=programme.code)
    programme_service.change_programme(programme.id, terms, actor=officer)
    assert {share.category for share in programmes.cost_shares(programme.id)} == {"consulting"}
    for planned in ({"consulting": 99}, {"consulting": 50, "other": 50}, {"consulting": 101, "travel": -1}):
        with pytest.raises(Invalid):
            programme_service.change_programme(programme.id, replace(terms, cost_categories=planned), actor=officer)


def test_what_each_line_gives_is_never_changed() -> None:
    story = make.make_story(shares=SHARES, cost_categories=PLANNED)
    agreement = make.make_agreement(story, price_parts=PARTS)
    with pytest.raises(IntegrityError), db.session.begin_nested():
        db.session.execute(text("UPDATE agreements SET aid_parts = NULL WHERE id = :id"), {"id": agreement.id})


def test_page_by_page_from_the_programme_to_the_agreement(client: FlaskClient) -> None:
    make_funders()
    officer = make_officer(Role.PROGRAMME_OFFICER)
    sign_in_as(client, officer)
    typed = {"name_ko": "사업", "name_en": "By category", "summary_ko": "요약", "summary_en": "Summary"}
    typed |= {"code": "by-category", "size_standard": "kr-2002", "currency": "KRW", "voucher_amount": "12,000,000"}
    typed |= {"voucher_validity_days": "180", "extension_days": "60", "sme_cap": "24,000,000", "aid_cap_months": "36"}
    lists = {"service_lines": ["operations"], "stages": list(PARTS)}
    wrong = client.post("/programmes/new", data=typed | lists | {"category_consulting": "90", "key": str(uuid4())})
    assert wrong.status_code == 422
    planned = {f"category_{code}": str(percent) for code, percent in PLANNED.items()}
    answer = client.post("/programmes/new", data=typed | lists | planned | {"key": str(uuid4())})
    assert answer.status_code == 303
    for shares in SHARES.values():
        percents = {payer: str(shares.get(payer, 0) // 100) for payer in ("central", "local", "sme")}
        assert client.get(answer.location).status_code == 200
        answer = client.post(answer.location, data=percents | {"key": str(uuid4())})
        assert answer.status_code == 303
    programme = db.session.query(Programme).filter_by(code="by-category").one()
    assert answer.location == f"/programmes/{programme.id}"
    assert (programme.extension_days, programme.sme_cap, programme.cost_categories) == (60, 24_000_000, PLANNED)
    html = client.get(f"/programmes/{programme.id}?lang=en").text
    assert "Indirect costs" in html
    assert "Once, by 60 days" in html
    assert "₩24,000,000 in 36 months" in html or "24,000,000" in html
    assert client.get(f"/programmes/{programme.id}/cost-shares?category=nothing").status_code == 404


def test_bids_and_agreements_show_the_categories(client: FlaskClient) -> None:
    story = make.make_story(shares=SHARES, cost_categories=PLANNED)
    agreement = make.make_agreement(story, price_parts=PARTS)
    job_id = agreement.job_id
    sign_in_as(client, story.sme)
    for path in (f"/agreements/{agreement.id}", f"/jobs/{job_id}/bids"):
        for language, words in (
            ("en", ("Consulting fees", "Travel", "Indirect costs")),
            ("ko", ("컨설팅비", "간접비")),
        ):
            page = client.get(f"{path}?lang={language}").text
            places = [page.index(word) for word in words]
            assert places == sorted(places), "in the order of the list, not of the stored object"


def test_a_firm_prices_each_category_on_the_page(client: FlaskClient) -> None:
    story = make.make_story(shares=SHARES, cost_categories=PLANNED)
    with make.earlier(2):
        job = jobs.draft_job(
            actor=story.sme,
            text=jobs.JobText("operations", "Fewer rejects", "Goal", "Now", "Results", "busan", "manufacturing", "ko"),
        )
        closes_at = make.clock.now() + make.timedelta(days=9)
        jobs.publish_job(job.id, actor=story.sme, voucher_id=story.voucher.id, closes_at=closes_at)
    sign_in_as(client, story.manager)
    path = f"/jobs/{job.id}/bid"
    html = client.get(f"{path}?lang=en").text
    assert 'name="price_diagnosis_indirect"' in html
    typed: dict[str, Any] = {f"days_{stage}": "5" for stage in PARTS}
    typed |= {f"price_{stage}_{code}": str(price) for stage, parts in PARTS.items() for code, price in parts.items()}
    typed |= {"approach": "On the floor", "consultants": [str(story.consultants[0].id)], "key": str(uuid4())}
    typed["attestations"] = list(make.job_rules.ATTESTATIONS)
    missing = {name: value for name, value in typed.items() if name != "price_execution_travel"}
    assert client.post(path, data=missing).status_code == 422
    answer = client.post(path, data=typed)
    assert answer.status_code == 303
    html = client.get(f"{answer.location}?lang=en").text
    assert "Indirect costs" in html
    assert "9,400,002" in html
    assert 'value="3,000,001"' in client.get(path).text
