"""The pages of jobs, from the self-diagnosis to the award, as people use them; and what they never show."""

import re
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.jobs import diagnosis, queries, rules, service
from marketplace.jobs.models import Diagnosis, Job, Question
from tests.conftest import MovableClock
from tests.factories.accounts import make_officer, make_sme, sign_in_as
from tests.factories.jobs import (
    STAGES,
    make_bid,
    make_draft,
    make_published_job,
    make_voucher_row,
    pass_deadline,
    score_all,
)
from tests.factories.providers import consultants_of, make_ready_provider

TEXT = {
    "service_line": "marketing",
    "title": "Find customers",
    "situation": "One customer.",
    "goal": "Three more.",
    "expected_results": "A plan.",
    "region": "seoul",
    "sector": "manufacturing",
    "language": "en",
    "weight_approach": "40",
    "weight_experience": "30",
    "weight_schedule": "10",
    "weight_price": "20",
}


@pytest.fixture
def visit(app: Flask, client: FlaskClient) -> "Visits":
    return Visits(app)


class Visits:
    """Signs actors in and reads pages in English."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.clients: dict[Actor, FlaskClient] = {}

    def of(self, actor: Actor) -> FlaskClient:
        if actor not in self.clients:
            client = self.app.test_client()
            client.set_cookie("lang", "en")
            self.clients[actor] = sign_in_as(client, actor)
        return self.clients[actor]

    def get(self, actor: Actor, path: str) -> TestResponse:
        return self.of(actor).get(path)

    def post(self, actor: Actor, path: str, **fields: object) -> TestResponse:
        return self.of(actor).post(path, data=fields)


def offer_fields(manager: Actor, price: int) -> dict[str, object]:
    fields: dict[str, object] = {f"price_{stage}": f"{price:,}" for stage in STAGES}
    fields |= {f"days_{stage}": "10" for stage in STAGES}
    return fields | {
        "approach": "We talk to customers.",
        "consultants": [str(row.id) for row in consultants_of(manager)],
        "attestations": list(rules.ATTESTATIONS),
    }


def test_the_story_from_diagnosis_to_award(visit: Visits, clock: MovableClock) -> None:
    sme, manager, loser = make_sme(), make_ready_provider("Winner Consulting"), make_ready_provider("Other Consulting")
    voucher = make_voucher_row(sme)
    answers = {question.code: "5" for question in diagnosis.EDITIONS.on(business_clock.today()).questions} | {
        "customers": "1"
    }
    answered = visit.post(sme, "/jobs/diagnosis", **answers)
    assert answered.status_code == 303
    assert "Marketing" in visit.get(sme, answered.location).text
    drafted = visit.post(sme, answered.location, service_line="marketing")
    assert "Most of our sales come from one or two customers." in visit.get(sme, drafted.location).text
    job = db.session.scalars(select(Job)).one()
    assert visit.post(sme, drafted.location, **TEXT).status_code == 303
    last_day = business_clock.today() + timedelta(days=9)
    publish = {"voucher": str(voucher.id), "closes_on": last_day.isoformat(), "confirmed": "y"}
    assert visit.post(sme, f"/jobs/{job.id}/publish", **publish).status_code == 303
    assert "Winner Consulting" in visit.get(sme, f"/jobs/{job.id}/providers").text
    assert visit.post(sme, f"/jobs/{job.id}/providers/{manager.organisation_id}/invite").status_code == 303
    assert "You are invited" in visit.get(manager, "/jobs/open").text
    assert visit.post(manager, f"/jobs/{job.id}/ask", text="How many staff?").status_code == 303
    (question,) = db.session.scalars(select(Question)).all()
    assert visit.post(sme, f"/jobs/{job.id}/questions/{question.id}", text="Twelve.").status_code == 303
    assert "Twelve." in visit.get(loser, f"/jobs/{job.id}").text
    for actor, price in ((manager, 3_000_000), (loser, 3_500_000)):
        placed = visit.post(actor, f"/jobs/{job.id}/bid", **offer_fields(actor, price))
        assert placed.status_code == 303
        assert f"{price:,}" in visit.get(actor, placed.location).text
        assert f"{price:,}" in visit.get(actor, f"/jobs/{job.id}/bid").text
    job = db.session.scalars(select(Job)).one()
    pass_deadline(job)
    asked = visit.get(sme, f"/jobs/{job.id}/bids")
    assert asked.location == f"/jobs/{job.id}/conflict"
    assert "Winner Consulting" in visit.get(sme, asked.location).text
    assert visit.post(sme, asked.location, has_conflict="no").status_code == 303
    assert "9,000,000" in visit.get(sme, f"/jobs/{job.id}/bids").text
    bids = queries.live_bids(job.id)
    for bid in bids:
        scores = {
            f"points_{entry['code']}": "90" if bid.provider_id == manager.organisation_id else "60"
            for entry in job.criteria
        }
        scores |= {f"reason_{entry['code']}": f"Seen in {bid.number}." for entry in job.criteria}
        assert visit.get(sme, f"/bids/{bid.id}/score").status_code == 200
        assert visit.post(sme, f"/bids/{bid.id}/score", **scores).status_code == 303
    winner = next(bid for bid in bids if bid.provider_id == manager.organisation_id)
    assert visit.get(sme, f"/jobs/{job.id}/award").status_code == 200
    reasons = {f"reason_{bid.id}": f"Because of {bid.number}." for bid in bids}
    awarded = visit.post(sme, f"/jobs/{job.id}/award", bid=str(winner.id), confirmed="y", **reasons)
    assert awarded.status_code == 303
    page = visit.get(sme, awarded.location).text
    assert "Awarded to Winner Consulting on" in page
    assert re.search(r'href="/agreements/new/[0-9a-f-]+">Go on to the agreement', page)
    lost = next(bid for bid in bids if bid.id != winner.id)
    page = visit.get(loser, f"/bids/{lost.id}").text
    assert f"Because of {lost.number}." in page
    assert "60.00 of 100" in page
    assert "Your bid was chosen" in visit.get(manager, f"/bids/{winner.id}").text
    assert "chosen" in visit.get(make_officer(Role.AUDITOR), f"/jobs/{job.id}/bids").text


def test_no_page_or_export_shows_an_amount_before_the_deadline(visit: Visits, clock: MovableClock) -> None:
    sme, manager = make_sme(), make_ready_provider()
    job = make_published_job(sme)
    bid = make_bid(job, manager, price=9_630_000)
    readers = [
        make_officer(role) for role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.ETHICS_OFFICER, Role.PROGRAMME_OFFICER)
    ]
    paths = ["/jobs", "/jobs?format=csv", "/jobs/open", "/jobs/open?format=csv", "/bids", "/bids?format=csv"]
    paths += [f"/jobs/{job.id}", f"/jobs/{job.id}/bids", f"/jobs/{job.id}/award", f"/jobs/{job.id}/conflict"]
    paths += [f"/bids/{bid.id}", f"/bids/{bid.id}/score", f"/jobs/{job.id}/providers"]
    for actor in (sme, make_ready_provider(), *readers):
        for path in paths:
            text = visit.get(actor, path).text
            assert not re.search(r"9[,.]?630[,.]?000|3[,.]?210[,.]?000", text), (actor.role, path)
    for path in ("/bids", "/bids?format=csv", "/jobs/open"):
        assert "9630000" not in visit.get(manager, path).text.replace(",", "")
    assert "9,630,000" in visit.get(manager, f"/bids/{bid.id}").text


def test_another_firm_or_company_gets_404(visit: Visits, clock: MovableClock) -> None:
    sme, other_sme, manager, other = make_sme(), make_sme(), make_ready_provider(), make_ready_provider()
    job, draft = make_published_job(sme), make_draft(sme)
    bid = make_bid(job, manager)
    db.session.add(
        Diagnosis(
            organisation_id=sme.organisation_id, version="1", answers={}, scores={"hrd": 1}, answered_by=sme.person_id
        )
    )
    db.flush()
    diagnosis_id = db.session.scalars(select(Diagnosis.id)).one()
    own = [f"/jobs/{job.id}", f"/jobs/{draft.id}/edit", f"/jobs/{draft.id}/publish", f"/jobs/{job.id}/withdraw"]
    own += [f"/jobs/{job.id}/bids", f"/jobs/{job.id}/providers", f"/jobs/diagnoses/{diagnosis_id}"]
    for path in own:
        assert visit.get(sme, path).status_code == 200, path
        assert visit.get(other_sme, path).status_code == 404, path
    for path in (f"/bids/{bid.id}", f"/bids/{bid.id}/withdraw"):
        assert visit.get(manager, path).status_code == 200
        assert visit.get(other, path).status_code == 404
    assert visit.get(other, f"/jobs/{draft.id}").status_code == 404
    assert visit.post(other_sme, f"/jobs/{job.id}/withdraw", reason="x").status_code == 404


def test_a_withdrawn_bid_is_not_there_to_be_scored(visit: Visits, clock: MovableClock) -> None:
    sme, manager = make_sme(), make_ready_provider()
    job = make_published_job(sme)
    withdrawn = service.withdraw_bid(make_bid(job, manager).id, actor=manager)
    make_bid(job)
    pass_deadline(job)
    service.declare_conflict(job.id, actor=sme, has_conflict=False)
    assert visit.of(sme).get(f"/bids/{withdrawn.id}/score").status_code == 404


def test_a_declared_conflict_hides_the_bids(visit: Visits, clock: MovableClock) -> None:
    sme = make_sme()
    job = make_published_job(sme)
    make_bid(job, price=9_000_000)
    pass_deadline(job)
    service.declare_conflict(job.id, actor=sme, has_conflict=True, statement="My firm.")
    page = visit.get(sme, f"/jobs/{job.id}/bids")
    assert page.status_code == 403
    assert "9,000,000" not in page.text


@pytest.mark.parametrize("value", ["", "-1", "1e5", "NaN", "١٢", "1_000", "9" * 20, "\x00", "1.5"])
def test_a_malformed_price_is_422_with_words_at_the_field(visit: Visits, database: object, value: str) -> None:
    manager, job = make_ready_provider(), make_published_job()
    fields = offer_fields(manager, 1000) | {"price_execution": value}
    answer = visit.post(manager, f"/jobs/{job.id}/bid", **fields)
    assert answer.status_code == 422
    assert 'id="price_execution-error"' in answer.text
    assert queries.live_bids(job.id) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [("consultants", str(UUID(int=5))), ("consultants", "x"), ("attestations", "other"), ("days_diagnosis", "0")],
)
def test_a_forged_choice_is_422(visit: Visits, database: object, field: str, value: str) -> None:
    manager, job = make_ready_provider(), make_published_job()
    answer = visit.post(manager, f"/jobs/{job.id}/bid", **(offer_fields(manager, 1000) | {field: value}))
    assert answer.status_code == 422
    assert queries.live_bids(job.id) == []


def test_a_missing_attestation_is_422(visit: Visits, database: object) -> None:
    manager, job = make_ready_provider(), make_published_job()
    fields = offer_fields(manager, 1000) | {"attestations": ["own_price"]}
    answer = visit.post(manager, f"/jobs/{job.id}/bid", **fields)
    assert answer.status_code == 422
    assert "Confirm every statement." in answer.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("weight_price", "21"),
        ("weight_price", "-20"),
        ("title", "x" * 121),
        ("service_line", "magic"),
        ("goal", "\u202etxt"),
    ],
)
def test_a_malformed_job_is_422(visit: Visits, database: object, field: str, value: str) -> None:
    sme = make_sme()
    assert visit.post(sme, "/jobs/write", **(TEXT | {field: value})).status_code == 422
    assert db.session.scalars(select(Job)).all() == []


@pytest.mark.parametrize("closes_on", ["", "tomorrow", "2026-13-01", "1850-01-01", "9999-12-31"])
def test_a_malformed_deadline_is_422(visit: Visits, database: object, closes_on: str) -> None:
    sme = make_sme()
    draft, voucher = make_draft(sme), make_voucher_row(sme)
    answer = visit.post(sme, f"/jobs/{draft.id}/publish", voucher=str(voucher.id), closes_on=closes_on, confirmed="y")
    assert answer.status_code == 422
    assert 'id="closes_on-error"' in answer.text
    assert draft.status == "draft"


def test_a_refused_award_says_why_and_changes_nothing(visit: Visits, clock: MovableClock) -> None:
    sme = make_sme()
    job = make_published_job(sme)
    first, second = make_bid(job), make_bid(job)
    pass_deadline(job)
    score_all(job, sme, {first.id: 50, second.id: 80})
    fields = {f"reason_{bid.id}": "Why." for bid in (first, second)}
    answer = visit.post(sme, f"/jobs/{job.id}/award", bid=str(first.id), confirmed="y", **fields)
    assert answer.status_code == 422
    assert "highest total" in answer.text
    assert queries.find_award(job.id) is None


def test_a_failure_logs_no_amount(
    visit: Visits, database: object, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    manager, job = make_ready_provider(), make_published_job()
    fields = offer_fields(manager, 3_210_000)
    monkeypatch.setattr(service, "place_bid", lambda *_, **__: 1 / 0)
    assert visit.post(manager, f"/jobs/{job.id}/bid", **fields).status_code == 500
    logged = "".join(capfd.readouterr())
    assert "ZeroDivisionError" in logged
    assert "3210000" not in logged.replace(",", "").replace("_", "")


def test_anybody_sees_open_jobs_but_not_whose_they_are(client: FlaskClient, visit: Visits, clock: MovableClock) -> None:
    sme = make_sme("Secretive Foundry")
    job = make_published_job(sme, situation="We lose money on every casting.", budget=9_900_000)
    draft = make_draft(sme, title="Not yet for anybody")
    listed, page = (client.get(f"{path}?lang=en").text for path in ("/open-jobs", f"/open-jobs/{job.id}"))
    for text in (listed, page):
        assert job.title in text
        assert "₩9,900,000" in text
        assert 'href="/account/sign-up"' in text
        assert "Secretive Foundry" not in text
        assert "every casting" not in text
    assert draft.title not in listed
    assert client.get(f"/open-jobs/{draft.id}").status_code == 404
    assert job.title not in client.get("/open-jobs?search=Secretive").text, "nor found by its company"
    assert job.title in client.get(f"/open-jobs?search={job.number}").text
    assert f'href="/jobs/{job.id}"' in visit.get(make_ready_provider(), f"/open-jobs/{job.id}").text
    pass_deadline(job)
    assert job.title not in client.get("/open-jobs").text
    assert client.get(f"/open-jobs/{job.id}").status_code == 404
