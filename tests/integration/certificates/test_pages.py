"""The pages of certificates, walked once: entered, refused, answered, verified, listed by the issuer."""

from __future__ import annotations

import io
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask.testing import FlaskClient

from marketplace.certificates import queries
from marketplace.certificates.models import Certificate
from marketplace.core import db
from marketplace.core.actors import Role
from tests.factories.accounts import make_officer, make_sme, organisation_of, sign_in_as
from tests.factories.certificates import CAT, HEADINGS

pytestmark = pytest.mark.usefixtures("database")
FACTS = {"number": "제20250101030001호", "valid_from": "2025-01-01", "valid_until": "2028-12-31", "grade": ""}


def send(client: FlaskClient, path: str, **fields: Any) -> Any:
    return client.post(f"{path}?lang=en", data={"key": str(uuid4()), **fields})


def test_a_certificate_goes_from_page_to_page(client: FlaskClient) -> None:
    sme, officer, auditor = make_sme("Hanbit"), make_officer(Role.PROGRAMME_OFFICER), make_officer(Role.AUDITOR)
    company: UUID = sme.organisation_id  # type: ignore[assignment]
    business_number = organisation_of(sme).business_number
    sign_in_as(client, sme)
    assert "entered no certificate yet" in client.get("/certificates?lang=en").text
    nothing = send(client, "/certificates/new")
    assert nothing.status_code == 422
    cat = {"file": (io.BytesIO(CAT), "cat.png")}
    assert send(client, "/certificates/new", kind="venture", **FACTS, **cat).status_code == 303
    again = send(client, "/certificates/new", kind="venture", **FACTS, file=(io.BytesIO(CAT), "cat.png"))
    assert (again.status_code, "already has a certificate" in again.text) == (422, True)
    (made,) = queries.certificates_of(company)
    address = f"/certificates/{made.id}"
    sign_in_as(client, officer)
    assert "Hanbit" in client.get("/certificates/queue?status=claimed&search=2025 0101 030001&lang=en").text
    unread = send(client, f"{address}/review", decision="refuse", reason="")
    assert unread.status_code == 422
    assert send(client, f"{address}/review", decision="refuse", reason="A cat is no certificate.").status_code == 303
    sign_in_as(client, sme)
    assert "A cat is no certificate." in client.get(f"{address}?lang=en").text
    assert "Refused certificates to answer" in client.get("/?lang=en").text
    answered = send(client, f"{address}/answer", reply="The clerk took the wrong file.", **FACTS)
    assert answered.status_code == 303
    sign_in_as(client, officer)
    assert "The clerk took the wrong file." in client.get(f"{address}/review?lang=en").text
    content = f"{HEADINGS}\r\n20250101030001,{business_number},,2025-01-01,2027-12-31,\r\nx,y,,,\r\n"
    taken = send(client, "/certificates/lists/new", kind="venture", file=(io.BytesIO(content.encode()), "list.csv"))
    assert taken.status_code == 303
    for actor in (officer, auditor):
        page = sign_in_as(client, actor).get(f"{taken.location}?lang=en").text
        assert "number of the certificate is missing" in page
    with client.get(f"{taken.location}/file") as file:
        assert file.data.decode() == content
    assert "venture" not in client.get("/certificates/queue?format=csv&lang=ko").text
    verified = db.get(Certificate, made.id)
    assert (verified.status, verified.evidence_level, str(verified.valid_until)) == (
        "verified",
        "imported",
        "2027-12-31",
    )
    with client.get(f"{address}/file") as file:
        assert file.data == CAT
