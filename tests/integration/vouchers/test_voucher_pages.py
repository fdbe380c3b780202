"""The story through its pages: an officer opens a call, a company applies, gets its voucher, anybody checks it."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.programmes.models import BudgetLine, Call, Programme
from marketplace.vouchers import queries, rules, service
from marketplace.vouchers.models import Application, Voucher
from tests.factories.accounts import make_member, make_officer, make_sme, sign_in_as
from tests.factories.programmes import earlier, make_call, make_funders, make_programme
from tests.factories.vouchers import PDF, allocate_all, make_application, make_draft, make_voucher


def post(client: FlaskClient, path: str, **data: Any) -> str:
    """Send a form that must be taken; where it leads."""
    answer = client.post(path, data=data | {"key": str(uuid4())}, content_type="multipart/form-data")
    assert answer.status_code == 303, (path, answer.status_code, re.findall(r"field-error.*?</p>", answer.text))
    assert answer.location is not None
    return answer.location


def read(client: FlaskClient, path: str) -> str:
    """A page that must be there, in both languages."""
    for language in ("ko", "en"):
        answer = client.get(f"{path}{'&' if '?' in path else '?'}lang={language}")
        assert answer.status_code == 200, (path, answer.status_code)
    return answer.text


def test_an_officer_opens_a_call_page_by_page(client: FlaskClient) -> None:
    make_funders()
    officer, budget_officer = make_officer(Role.PROGRAMME_OFFICER), make_officer(Role.BUDGET_OFFICER)
    sign_in_as(client, officer)
    assert "technology-consulting" in read(client, "/programmes")
    html = read(client, "/programmes/new?template=coupon-consulting")
    assert 'value="12,000,000"' in html or 'value="12000000"' in html
    path = post(
        client,
        "/programmes/new",
        code="spring",
        name_ko="봄 사업",
        name_en="Spring",
        summary_ko="요약",
        summary_en="Summary",
        service_lines=["operations", "hrd"],
        stages=["diagnosis", "action-plan", "execution"],
        size_standard="kr-2002",
        currency="KRW",
        voucher_amount="12,000,000",
        voucher_validity_days="180",
        one_active_voucher="y",
        vat_recoverable="y",
    )
    read(client, path)
    assert client.post(path, data={"central": "40", "local": "20", "sme": "39.99"}).status_code == 422
    path = post(client, path, central="40", local="20", sme="40")
    read(client, path)
    read(client, f"{path}/publish")
    post(client, f"{path}/publish")
    assert client.get(f"{path}/edit").status_code == 409
    assert "Write a new call" in read(client, path)
    now = clock.now().astimezone(clock.zone())
    dates = {
        "opens_at": f"{now - timedelta(hours=1):%Y-%m-%dT%H:%M}",
        "closes_at": f"{now + timedelta(days=3):%Y-%m-%dT%H:%M}",
    }
    call_path = post(client, f"{path}/calls/new", title_ko="공고", title_en="Call", description_ko="설명", **dates)
    page = read(client, call_path)
    assert "There is no budget line of this funder" in page
    assert "The description or the conditions are missing in one language." in page
    typed = {"title_ko": "공고", "title_en": "Call", "description_ko": "설명", "description_en": "What it is about"}
    typed |= {"conditions_ko": "조건", "conditions_en": "On which conditions", "allocation_method": "first_come"}
    read(client, f"{call_path}/edit")
    post(client, f"{call_path}/edit", **typed, **dates)
    assert client.post(f"{call_path}/publish", data={"key": str(uuid4())}).status_code == 422
    html = read(client, f"{call_path}/budget-lines/new")
    for funder_id in re.findall(r'option value="([0-9a-f-]{36})"', html):
        post(client, f"{call_path}/budget-lines/new", funder=funder_id, amount="80,000,000")
    sign_in_as(client, budget_officer)
    assert "80,000,000" in read(client, "/budget-lines")
    for line in db.session.query(BudgetLine).filter_by(status="proposed").all():
        read(client, f"/budget-lines/{line.id}/appropriate")
        post(client, f"/budget-lines/{line.id}/appropriate")
    sign_in_as(client, officer)
    read(client, f"{call_path}/publish")
    post(client, f"{call_path}/publish")
    client.delete_cookie("session")
    assert "160,000,000" in read(client, call_path)
    assert db.session.query(Call).one().status == "published"
    assert db.session.query(Programme).one().status == "published"


@pytest.fixture
def sme(client: FlaskClient) -> Actor:
    """A company's signatory, signed in."""
    actor = make_sme()
    sign_in_as(client, actor)
    return actor


def test_a_company_applies_page_by_page(client: FlaskClient, sme: Actor) -> None:
    call = make_call()
    read(client, "/applications")
    read(client, f"/apply/{call.id}")
    tasks = post(client, f"/apply/{call.id}")
    base = tasks.removesuffix("/tasks")
    assert "To do" in read(client, tasks)
    read(client, f"{base}/facts")
    post(client, f"{base}/facts", sector="manufacturing", employees="25", capital="500,000,000")
    read(client, f"{base}/need")
    post(client, f"{base}/need", service_line="operations", need="납기를 줄이고 싶습니다.")
    read(client, f"{base}/evidence")
    post(client, f"{base}/evidence", kind="business_registration", file=(io.BytesIO(PDF), "사업자등록증.pdf"))
    evidence = db.session.query(Application).one().evidence[0]
    with client.get(f"/evidence/{evidence.id}") as answer:
        assert answer.data == PDF
    read(client, f"/evidence/{evidence.id}/remove")
    assert "Yes. By these facts" in read(client, f"{base}/check")
    receipt = post(client, f"{base}/check", **dict.fromkeys(rules.DECLARATIONS, "y"))
    application = db.session.query(Application).one()
    assert application.number in read(client, receipt)
    assert "Submitted with ticket" in read(client, base)
    read(client, f"{base}/withdraw")
    assert client.get(f"{base}/facts").status_code == 409
    sign_in_as(client, make_sme())
    assert client.get(base).status_code == 404
    assert client.get(f"/evidence/{evidence.id}").status_code == 404


def test_a_preparer_sees_no_button_to_submit_and_is_refused(client: FlaskClient, sme: Actor) -> None:
    draft = make_draft(make_call(), sme)
    sign_in_as(client, make_member(sme, Role.PREPARER))
    assert "Submit the application" not in read(client, f"/applications/{draft.id}/check")
    answer = client.post(f"/applications/{draft.id}/check", data=dict.fromkeys(rules.DECLARATIONS, "y"))
    assert answer.status_code == 403
    assert db.get(Application, draft.id).status == "draft"


@pytest.mark.parametrize("typed", [{"employees": "-1"}, {"employees": "9" * 40}, {"sector": "x"}, {"capital": "NaN"}])
def test_bad_facts_are_said_at_the_field_and_not_kept(client: FlaskClient, sme: Actor, typed: dict[str, str]) -> None:
    draft = make_draft(make_call(), sme)
    good = {"sector": "manufacturing", "employees": "1", "capital": "1"}
    answer = client.post(f"/applications/{draft.id}/facts", data=good | typed)
    assert answer.status_code == 422
    assert "field-error" in answer.text
    assert db.get(Application, draft.id).facts["employees"] == 25


def test_the_holder_sees_prints_and_gives_back_its_voucher(client: FlaskClient, sme: Actor) -> None:
    voucher = make_voucher(sme)
    assert voucher.number in read(client, "/vouchers")
    page = read(client, f"/vouchers/{voucher.id}")
    assert "12,000,000" in page
    assert re.findall(r'class="krds-btn (\w+)[^"]*" href="([^"]+)"', page)[:2] == [
        ("primary", "/jobs/new"),
        ("secondary", f"/vouchers/{voucher.id}/extend"),
    ]
    for language in ("ko", "en"):
        answer = client.get(f"/vouchers/{voucher.id}/document?lang={language}")
        assert answer.data.startswith(b"%PDF-")
        assert answer.mimetype == "application/pdf"
    read(client, f"/vouchers/{voucher.id}/surrender")
    post(client, f"/vouchers/{voucher.id}/surrender")
    assert db.get(Voucher, voucher.id).status == "surrendered"
    read(client, f"/vouchers/{voucher.id}")


def test_the_public_check_shows_validity_and_nothing_else(client: FlaskClient) -> None:
    voucher = make_voucher()
    secrets = (voucher.number, voucher.organisation.name, "12,000,000")
    valid = read(client, f"/verify/{voucher.code}")
    assert "valid now" in valid
    for secret in secrets:
        assert secret not in valid
    ended = read(client, f"/verify/{voucher.code}x")
    assert "no valid voucher" in ended


def test_an_officer_decides_allocates_and_downloads(client: FlaskClient) -> None:
    with earlier(days=2):
        call = make_call(vouchers=1, closes_in=timedelta(days=1))
        application = make_application(call, sector="agriculture")
        make_application(call)
    sign_in_as(client, make_officer(Role.PROGRAMME_OFFICER))
    assert "Decide" in read(client, "/applications/received")
    read(client, f"/applications/{application.id}/review")
    read(client, f"/calls/{call.id}/allocation")
    post(client, f"/applications/{application.id}/review", eligible="yes", reason="Four people work there.")
    read(client, f"/calls/{call.id}/allocation/start")
    post(client, f"/calls/{call.id}/allocation/start")
    allocate_all(db.get(Call, call.id))
    html = read(client, f"/calls/{call.id}/allocation")
    assert "Voucher" in html
    assert "Waitlist 1" in html
    for path in ("/applications/received", "/vouchers/issued", f"/calls/{call.id}/allocation"):
        for kind in ("csv", "xlsx"):
            answer = client.get(f"{path}?format={kind}")
            assert answer.status_code == 200
            assert f".{kind}" in answer.headers["Content-Disposition"]
    read(client, "/applications/received?status=allocated&search=Sme&sort=number")
    read(client, "/vouchers/issued?status=issued&sort=expires")
    voucher = db.session.query(Voucher).filter_by(application_id=application.id).one()
    for event in ("suspend", "resume", "revoke"):
        read(client, f"/vouchers/{voucher.id}/{event}")
        post(client, f"/vouchers/{voucher.id}/{event}", reason="A reason.")
    assert db.get(Voucher, voucher.id).status == "revoked"
    assert client.get(f"/vouchers/{voucher.id}/suspend").status_code == 409
    read(client, f"/applications/{application.id}")


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("standard=kr-2002&sector=manufacturing&employees=299&capital=9000000000", "your company can apply"),
        ("standard=kr-2002&sector=manufacturing&employees=300&capital=9000000000", "No: by these facts"),
        ("standard=kr-2002&sector=agriculture&employees=1", "Not clear yet"),
        ("industry=C25&employees=9&sales_year_1=12000000000&total_assets=1", "Size of the company: Micro"),
        ("industry=C25&employees=9&sales_year_1=120000000001&total_assets=1", "No: by these facts"),
        (
            "industry=C25&employees=9&sales_so_far=9&months_so_far=5&total_assets=500000000000",
            "monthly average times 12",
        ),
        ("standard=kr-2015&industry=C25&employees=9&sales_year_1=110000000000&total_assets=1", "No: by these facts"),
        ("standard=kr&industry=none&employees=9", "No rule names this industry"),
        ("standard=eu-2003-361&employees=249&turnover=50000001&balance_sheet=43000000", "your company can apply"),
    ],
)
def test_anybody_checks_eligibility_without_an_account(client: FlaskClient, query: str, words: str) -> None:
    read(client, "/eligibility")
    assert words in read(client, f"/eligibility?{query}")


def test_a_company_states_its_sales_and_reads_which_rule_decided(client: FlaskClient, sme: Actor) -> None:
    call = make_call(make_programme(size_standard="kr"))
    draft = service.start_application(call.id, actor=sme)
    facts = f"/applications/{draft.id}/facts"
    assert "Their average counts" in read(client, facts)
    typed = {"industry": "C25", "employees": "25", "total_assets": "1,000"}
    answer = client.post(facts, data=typed | {"sales_so_far": "5"})
    assert (answer.status_code, "or neither" in answer.text) == (422, True)
    assert client.post(facts, data=typed | {"industry": "X99"}).status_code == 422
    post(client, facts, **typed, sales_year_1="3,000,000,000", sales_year_2="2,000,000,000", sales_year_3="1,000")
    service.save_need(draft.id, actor=sme, service_line="operations", need="납기")
    file = io.BytesIO(PDF)
    service.attach_evidence(draft.id, actor=sme, stream=file, filename="재무제표.pdf", kind="financial")
    file = io.BytesIO(PDF)
    service.attach_evidence(draft.id, actor=sme, stream=file, filename="등록.pdf", kind="business_registration")
    service.submit(draft.id, actor=sme, declarations=set(rules.DECLARATIONS))
    page = read(client, f"/applications/{draft.id}")
    assert "average of the last three business years" in page
    assert "Korean SME standard (September 2025)" in page
    assert "Not confirmed" not in page
    taken = queries.newest_assessment(draft.id)
    assert (taken.standard, taken.result, taken.inputs["sector"]) == ("kr-2025", "eligible", "manufacturing")
    assert [(rule["code"], rule["value"]) for rule in taken.rules] == [
        ("average-sales", 1_666_667_000),
        ("total-assets", 1_000),
    ]
    assert {taken.evidence[fact]["level"] for fact in ("average_sales", "sales_year_2", "industry")} == {"documented"}
    sign_in_as(client, make_officer(Role.PROGRAMME_OFFICER))
    assert "Not confirmed: " in read(client, f"/programmes/{call.programme_id}")


def test_bad_input_to_the_eligibility_check_is_said_at_the_field(client: FlaskClient) -> None:
    for typed in ("-1", "1e9", "abc", "九"):
        answer = client.get(f"/eligibility?standard=kr-2002&sector=mining&employees={typed}")
        assert answer.status_code == 422
        assert "field-error" in answer.text


def test_an_unfiltered_list_complains_of_nothing(client: FlaskClient) -> None:
    make_application(make_call())
    sign_in_as(client, make_officer(Role.PROGRAMME_OFFICER))
    for path in ("/applications/received", "/applications/received?sort=number", "/vouchers/issued"):
        assert "field-error" not in read(client, path)
