"""Whoever approves a firm or checks a claim finds the documents that it rests on."""

import re

import pytest
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage

from marketplace.claims.service import submit_claim
from marketplace.core.actors import Role
from marketplace.engagements import queries as engagements
from marketplace.providers import queries as providers
from tests.factories import milestones
from tests.factories.accounts import make_officer, make_provider, sign_in_as
from tests.factories.engagements import document
from tests.factories.milestones import Work
from tests.factories.providers import make_applicant
from tests.milestones import Tale


@pytest.fixture
def begins() -> Tale:
    return milestones.first_stage_accepted


def test_a_claim_leads_to_its_invoice_and_to_the_documents_of_its_stages(client: FlaskClient, told: Work) -> None:
    story, engagement = told
    stage = engagement.stages[0]
    claim = submit_claim(
        engagement.id,
        actor=story.manager,
        stage_ids=[stage.id],
        invoice_number="INV-7",
        invoice_gross=3_300_000,
        invoice=FileStorage(document("Invoice"), filename="invoice.pdf"),
    )
    page = sign_in_as(client, make_officer(Role.PROGRAMME_OFFICER)).get(f"/claims/{claim.id}").text
    documents = {f"/engagements/deliverables/{row.id}/file" for row in engagements.deliverables_of(engagement.id)}
    assert set(re.findall(r'href="(/engagements/deliverables/[^"]+)"', page)) == documents
    assert f'href="/claims/{claim.id}/invoice"' in page
    for actor, status in ((story.manager, 200), (make_provider(), 404), (make_officer(Role.BUDGET_OFFICER), 200)):
        with sign_in_as(client, actor).get(f"/claims/{claim.id}/invoice") as answer:
            assert answer.status_code == status
            assert answer.data.startswith(b"%PDF") == (status == 200)


def test_an_officer_reads_a_firms_business_registration_before_approving(client: FlaskClient, told: Work) -> None:
    paper = FileStorage(document("Registration"), filename="registration.pdf")
    applied, bare = make_applicant(document=paper), make_applicant()
    sign_in_as(client, make_officer(Role.PROGRAMME_OFFICER))
    address = f"/providers/registrations/{applied.organisation_id}"
    assert f'href="{address}/document"' in client.get(address).text
    with client.get(f"{address}/document") as answer:
        assert answer.data.startswith(b"%PDF")
    assert "No document was handed in." in client.get(f"/providers/registrations/{bare.organisation_id}?lang=en").text
    assert client.get(f"/providers/registrations/{bare.organisation_id}/document").status_code == 404
    assert sign_in_as(client, make_provider()).get(f"{address}/document").status_code == 403


def test_a_firm_applies_with_its_business_registration(client: FlaskClient, told: Work) -> None:
    manager = make_provider()
    typed = {
        "service_lines": "marketing", "sectors": "manufacturing", "regions": "seoul", "languages": "ko",
        "capacity": "3", "introduction_ko": "돕습니다.", "scheme": "other", "identifier": "9123456789",
        "bank_name": "Bank", "holder_name": manager.organisation_name, "confirmed": "y",
    }  # fmt: skip
    sign_in_as(client, manager)
    refused = client.post("/providers/registration/apply", data=typed)
    assert refused.status_code == 422
    assert 'id="file-error"' in refused.text
    file = (document("Registration"), "registration.pdf")
    assert client.post("/providers/registration/apply", data={**typed, "file": file}).status_code == 303
    provider = providers.find_provider(manager.organisation_id)
    assert provider is not None
    assert provider.document is not None
    assert provider.document.name == "registration.pdf"
