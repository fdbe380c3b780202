"""The pages of verification, walked once: handed in, refused, verified; a dispute from its opening to its end."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from marketplace.accounts import queries as accounts
from marketplace.core.actors import Actor, Role
from marketplace.verification import queries
from marketplace.verification.states import VerificationStatus
from tests.factories.accounts import make_officer, make_person, make_sme, organisation_of, sign_in_as
from tests.factories.engagements import document

pytestmark = pytest.mark.usefixtures("database")
REASON = "The document is of another company."


def send(client: FlaskClient, path: str, **fields: Any) -> Any:
    return client.post(f"{path}?lang=en", data={"key": str(uuid4()), **fields})


def paper() -> Any:
    return (document("Business registration"), "registration.pdf")


def test_a_company_goes_from_page_to_page_until_it_is_verified(client: FlaskClient) -> None:
    sme, officer = make_sme("Hanbit", verified=False), make_officer(Role.PROGRAMME_OFFICER)
    company = organisation_of(sme)
    names = {"name": "Hanbit", "representative_name": company.representative_name}
    sign_in_as(client, sme)
    assert "Business registration to hand in" in client.get("/?lang=en").text
    nothing = send(client, "/verification/new", **names)
    assert (nothing.status_code, 'id="file-error"' in nothing.text) == (422, True)
    assert send(client, "/verification/new", **names, file=paper()).status_code == 303
    assert "There is nothing to do" in client.get("/verification?lang=en").text
    waiting = queries.find(company.id, VerificationStatus.WAITING)
    assert waiting is not None
    address = f"/verification/{waiting.id}"
    sign_in_as(client, officer)
    assert "Hanbit" in client.get(f"/verification/queue?status=waiting&search={company.business_number}").text
    with client.get(f"{address}/file") as file:
        assert file.data.startswith(b"%PDF")
    assert send(client, address, decision="no", reason="").status_code == 422
    assert send(client, address, decision="no", reason=REASON).status_code == 303
    assert send(client, address, decision="yes").status_code == 422
    sign_in_as(client, sme)
    assert REASON in client.get("/verification?lang=en").text
    assert send(client, "/verification/new", **names, file=paper()).status_code == 303
    second = queries.find(company.id, VerificationStatus.WAITING)
    assert second is not None
    sign_in_as(client, officer)
    assert send(client, f"/verification/{second.id}", decision="yes").status_code == 303
    assert "Hanbit" in client.get("/verification/queue?format=csv").text
    sign_in_as(client, sme)
    assert "You can sign, award and receive vouchers" in client.get("/verification?lang=en").text


def test_a_dispute_goes_from_page_to_page(client: FlaskClient) -> None:
    taker, person = make_sme("Hanbit"), make_person()
    owner = Actor(person.id, Role.VISITOR, name=person.name)
    officer, administrator = make_officer(Role.PROGRAMME_OFFICER), make_officer(Role.ADMINISTRATOR)
    typed = {"name": "Hanbit", "representative_name": "Owner", "statement": "It is my company, and I prove it."}
    sign_in_as(client, owner)
    unknown = send(client, "/verification/disputes/new", business_number="124-81-00998", **typed, file=paper())
    assert (unknown.status_code, "No company is registered" in unknown.text) == (422, True)
    number = organisation_of(taker).business_number
    opened = send(client, "/verification/disputes/new", business_number=number, **typed, file=paper())
    assert opened.status_code == 303
    address = opened.location
    sign_in_as(client, taker)
    assert "It is my company, and I prove it." in client.get(f"{address}?lang=en").text
    assert client.get(f"{address}/file").status_code == 404
    assert send(client, f"{address}/reply", reply="We have signed for years.", file=paper()).status_code == 303
    sign_in_as(client, owner)
    assert "We have signed" not in client.get(address).text
    sign_in_as(client, officer)
    assert "We have signed for years." in client.get(address).text
    assert send(client, address, decision="yes", reason=REASON).status_code == 303
    sign_in_as(client, administrator)
    assert REASON in client.get(address).text
    assert send(client, address, decision="no", reason="").status_code == 422
    assert send(client, address, decision="yes").status_code == 303
    assert {one.person_id for one in accounts.memberships_in(taker.organisation_id)} == {owner.person_id}  # type: ignore[arg-type]
