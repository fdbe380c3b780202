"""Issuers' lists: what they say counts, odd rows are set aside with why, the same list twice changes nothing."""

from __future__ import annotations

import io
from datetime import date

import pytest
from openpyxl import Workbook

from marketplace.accounts import queries as accounts
from marketplace.certificates import queries, service
from marketplace.certificates.models import CertificateImport
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import Forbidden, Invalid
from marketplace.notifications.models import Message
from tests.factories.accounts import make_officer, make_sme, organisation_of
from tests.factories.certificates import make_certificate, make_verified, take_list

pytestmark = pytest.mark.usefixtures("database")


def number_of(sme: Actor) -> str:
    return organisation_of(sme).business_number or ""


def counts(taken: CertificateImport) -> tuple[int, ...]:
    return taken.added, taken.confirmed, taken.corrected, taken.revoked, taken.unchanged, taken.elsewhere


def test_a_list_verifies_what_is_claimed_adds_what_is_new_and_twice_changes_nothing() -> None:
    claims, new, holds = make_sme(), make_sme(), make_sme()
    claimed = make_certificate(claims, number="20250101-01")
    held = make_verified(holds, number="20250101-03", valid_from=date(2025, 1, 1), valid_until=date(2027, 12, 31))
    rows = (
        f"제2025010101호,{number_of(claims)},,2025-01-01,2027-12-31,",
        f"20250101-02,{number_of(new)},,2025. 1. 1.,2027년 12월 31일,",
        f"20250101-03,{number_of(holds)},,20250101,2028/12/31,",
        "20250101-04,220-81-62517,,2025-01-01,2027-12-31,",
    )
    taken = take_list(*rows)
    assert counts(taken) == (1, 1, 1, 0, 0, 1)
    assert taken.odd == []
    (added,) = queries.certificates_of(new.organisation_id)  # type: ignore[arg-type]
    assert [(one.status, one.valid_until) for one in (claimed, added, held)] == [
        ("verified", date(2027, 12, 31)),
        ("verified", date(2027, 12, 31)),
        ("verified", date(2028, 12, 31)),
    ]
    assert (claimed.evidence_level, held.evidence_level) == ("imported", "issuer")
    told = db.session.query(Message).count()
    assert counts(take_list(*rows)) == (0, 0, 0, 0, 3, 1)
    assert db.session.query(Message).count() == told


def test_odd_rows_are_set_aside_with_why_and_the_others_are_taken() -> None:
    good, other, officer = make_sme(), make_sme(), make_officer(Role.PROGRAMME_OFFICER)
    own = make_sme(person=accounts.get_person(officer.person_id))  # type: ignore[arg-type]
    make_verified(other, number="20250101-99")
    company = number_of(good)
    taken = take_list(
        f"20250101-11,{company},,2025-01-01,2027-12-31,",
        f",{company},,2025-01-01,2027-12-31,",
        "20250101-12,123-45-67890,,2025-01-01,2027-12-31,",
        f"20250101-13,{company},,2025-02-30,2027-12-31,",
        f"20250101-14,{company},,2025-01-01,언젠가,",
        f"20250101-15,{company},,2027-01-01,2025-12-31,",
        f"20250101-16,{company},AAA,2028-01-01,2030-12-31,",
        f"20250101-11,{company},,2025-01-01,2026-12-31,",
        f"20250101-17,{company},,2026-01-01,2028-12-31,",
        f"2025010199,{company},,2028-01-01,2030-12-31,",
        f"20250101-18,{company},,2028-01-01,2030-12-31,2040-01-01",
        f"20250101-19,{number_of(own)},,2025-01-01,2027-12-31,",
        f"2025010111,{number_of(other)},,2029-01-01,2029-12-31,",
        officer=officer,
    )
    assert counts(taken) == (1, 0, 0, 0, 0, 0)
    assert [(row["line"], row["why"]) for row in taken.odd] == [
        (3, "number"),
        (4, "business_number"),
        (5, "valid_from"),
        (6, "valid_until"),
        (7, "order"),
        (8, "grade"),
        (9, "twice"),
        (10, "overlap"),
        (11, "other_company"),
        (12, "revoked_on"),
        (13, "own_company"),
        (14, "other_company"),
    ]


def test_what_the_list_names_as_revoked_is_withdrawn_once() -> None:
    held, unknown = make_sme(), make_sme()
    certificate = make_verified(held, number="20250101-21", valid_from=date(2025, 1, 1), valid_until=date(2027, 12, 31))
    rows = (
        f"20250101-21,{number_of(held)},,2025-01-01,2027-12-31,2026-05-01",
        f"20250101-22,{number_of(unknown)},,2025-01-01,2027-12-31,2026-05-01",
    )
    assert counts(take_list(*rows)) == (0, 0, 0, 2, 0, 0)
    (never_held,) = queries.certificates_of(unknown.organisation_id)  # type: ignore[arg-type]
    assert [(one.status, one.revoked_on) for one in (certificate, never_held)] == [("revoked", date(2026, 5, 1))] * 2
    assert counts(take_list(*rows)) == (0, 0, 0, 0, 2, 0)
    valid_again = f"20250101-21,{number_of(held)},,2025-01-01,2027-12-31,"
    assert [row["why"] for row in take_list(valid_again).odd] == ["revoked_before"]


def test_a_workbook_is_read_below_its_title_with_real_days_and_numbers() -> None:
    sme = make_sme()
    book = Workbook()
    sheet = book.active
    sheet.append(["이노비즈 확인기업 명단"])
    sheet.append([])
    sheet.append(["Certificate number", "Business number", "Grade", "Valid from", "Valid until"])
    sheet.append([2025010131, int(number_of(sme)), "AA", clock.now().replace(tzinfo=None), date(2029, 1, 1)])
    stream = io.BytesIO()
    book.save(stream)
    stream.seek(0)
    officer = make_officer(Role.PROGRAMME_OFFICER)
    taken = service.take_list("inno_biz", actor=officer, stream=stream, filename="list.xlsx")
    assert (counts(taken), taken.odd) == ((1, 0, 0, 0, 0, 0), [])
    (made,) = queries.certificates_of(sme.organisation_id)  # type: ignore[arg-type]
    assert (made.number, made.grade, made.valid_from) == ("2025010131", "AA", clock.today())


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"number,until\r\n1,2\r\n", "list.csv"),
        (b"\xff\xfe\x00\x01", "list.csv"),
        (b"PK\x03\x04 no workbook", "list.xlsx"),
        (b"%PDF-1.4", "list.pdf"),
    ],
)
def test_what_is_no_list_is_refused_at_the_file(content: bytes, name: str) -> None:
    officer = make_officer(Role.PROGRAMME_OFFICER)
    with pytest.raises(Invalid) as refused:
        service.take_list("venture", actor=officer, stream=io.BytesIO(content), filename=name)
    assert refused.value.field == "file"
    with pytest.raises(Forbidden):
        take_list(officer=make_officer(Role.BUDGET_OFFICER))


def test_a_list_that_was_taken_is_kept_as_it_is() -> None:
    take_list()
    with pytest.raises(Exception, match="permission denied"), db.session.begin_nested():
        db.session.query(CertificateImport).update({"added": 9})
