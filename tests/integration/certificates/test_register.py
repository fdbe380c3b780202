"""A company's certificates: entered, verified or refused by an officer, answered, revoked, reminded of."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import queries as accounts
from marketplace.certificates import queries, rules, service
from marketplace.certificates.models import Details
from marketplace.certificates.states import Level
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Role
from marketplace.core.audit import AuditEntry
from marketplace.core.errors import DomainError, Forbidden, IllegalMove, Invalid, NotFound
from marketplace.notifications.models import Message
from tests.factories.accounts import make_officer, make_sme, organisation_of
from tests.factories.certificates import CAT, make_certificate, make_verified

pytestmark = pytest.mark.usefixtures("database")
OFFICER = Role.PROGRAMME_OFFICER
REASON = "The number is not in the issuer's public search."


def mails(template: str) -> list[Message]:
    return list(db.session.query(Message).filter_by(template=f"certificates/{template}"))


def details(number: str, first: int = -10, last: int = 10, grade: str | None = None) -> Details:
    today = business_clock.today()
    return Details(number, today + timedelta(days=first), today + timedelta(days=last), grade)


def test_what_is_typed_wrong_is_said_at_its_field() -> None:
    sme = make_sme()

    def enter(kind: str, typed: Details) -> None:
        service.record_certificate(kind, typed, actor=sme, stream=io.BytesIO(CAT), filename="cat.png")

    wrong = [
        ("loan", details("20240101030001"), "kind"),
        ("venture", details("한 장"), "number"),
        ("venture", details("20240101030001", grade="A"), "grade"),
        ("inno_biz", details("R123456", grade="B"), "grade"),
        ("venture", details("20240101030001", 3, 1), "valid_until"),
        ("venture", details("20240101030001", -9, -1), "valid_until"),
    ]
    for kind, typed, field in wrong:
        with pytest.raises(Invalid) as refused:
            enter(kind, typed)
        assert refused.value.field == field
    enter("inno_biz", details("제 r-123456 호", grade="aa"))
    (made,) = queries.certificates_of(sme.organisation_id)  # type: ignore[arg-type]
    assert (made.number, made.grade, made.status) == ("R-123456", "AA", "claimed")
    with pytest.raises(Forbidden):
        service.record_certificate(
            "venture", details("20240101"), actor=make_officer(OFFICER), stream=io.BytesIO(CAT), filename="cat.png"
        )


def test_validities_of_a_kind_never_overlap_by_verb_or_by_database() -> None:
    sme = make_sme()
    held = make_verified(sme, valid_until=business_clock.today() + timedelta(days=30))
    with pytest.raises(Invalid, match="already has a certificate"):
        make_certificate(sme, valid_from=held.valid_until)
    make_certificate(sme, valid_from=held.valid_until + timedelta(days=1))
    make_certificate(sme, "management_innovation")
    with pytest.raises(IntegrityError, match="ex_certificates_validity"), db.session.begin_nested():
        db.session.execute(text("UPDATE certificates SET valid_from = '2020-01-01', valid_until = '2050-01-01'"))


def test_a_number_is_verified_for_one_company_alone() -> None:
    held = make_verified(make_sme(), number="2026-0001")
    other = make_certificate(make_sme(), number="20260001")
    officer = make_officer(OFFICER)
    assert queries.same_number(other) == [held.organisation.name]
    with pytest.raises(DomainError, match="verified for another company"):
        service.verify(other.id, actor=officer, level=Level.DOCUMENT)
    values = "status = 'verified', evidence_level = 'document', verified_at = now(), decided_by = :who"
    with pytest.raises(IntegrityError, match="ex_certificates_number"), db.session.begin_nested():
        db.session.execute(
            text(f"UPDATE certificates SET {values} WHERE id = :id"), {"who": officer.person_id, "id": other.id}
        )
    with pytest.raises(IntegrityError, match="keeps its company"), db.session.begin_nested():
        db.session.execute(text("UPDATE certificates SET number = 'X9999999' WHERE id = :id"), {"id": held.id})


def test_nobody_decides_about_their_own_company_and_no_company_sees_anothers() -> None:
    officer = make_officer(OFFICER)
    sme = make_sme(person=accounts.get_person(officer.person_id))  # type: ignore[arg-type]
    made = make_certificate(sme)
    with pytest.raises(DomainError, match="company they belong to"):
        service.verify(made.id, actor=officer, level=Level.ISSUER)
    with pytest.raises(IntegrityError, match="they belong to"), db.session.begin_nested():
        db.session.execute(
            text("UPDATE certificates SET decided_by = :who WHERE id = :id"), {"who": officer.person_id, "id": made.id}
        )
    with pytest.raises(NotFound):
        queries.get_certificate(made.id, actor=make_sme())
    with pytest.raises(NotFound):
        service.remove(made.id, actor=make_sme())
    for role in (Role.BUDGET_OFFICER, Role.ADMINISTRATOR):
        with pytest.raises(Forbidden):
            service.verify(made.id, actor=make_officer(role), level=Level.ISSUER)


def test_a_refusal_is_told_and_answered_once(clock: Any) -> None:
    sme, officer = make_sme(), make_officer(OFFICER)
    made = make_certificate(sme)
    with pytest.raises(Invalid):
        service.refuse(made.id, actor=officer, reason="no")
    service.refuse(made.id, actor=officer, reason=REASON)
    assert (made.status, made.evidence_level) == ("refused", "claimed")
    (told,) = mails("refused")
    assert (told.data["reason"], told.data["answer_by"]) == (REASON, str(made.answer_by))
    corrected = details("20250505030001")
    service.answer(made.id, corrected, actor=sme, reply="I had copied the wrong line.")
    assert (made.status, made.number) == ("claimed", "20250505030001")
    service.refuse(made.id, actor=officer, reason=REASON)
    assert made.answer_by is None
    with pytest.raises(DomainError, match="already answered"):
        service.answer(made.id, corrected, actor=sme, reply="I had copied the wrong line.")
    late = make_certificate(sme)
    service.refuse(late.id, actor=officer, reason=REASON)
    clock.advance(days=8)
    with pytest.raises(DomainError, match="could answer until"):
        service.answer(late.id, corrected, actor=sme, reply="I had copied the wrong line.")
    service.remove(late.id, actor=sme)
    actions = {entry.action for entry in db.session.query(AuditEntry).filter_by(subject_id=made.id)}
    assert actions == {"certificate.record", "certificate.refuse", "certificate.correct", "certificate.answer"}


def test_what_an_issuer_revoked_counts_until_the_day_before() -> None:
    sme, officer = make_sme(), make_officer(OFFICER)
    made = make_verified(sme, number="2026-0002")
    day = business_clock.today() - timedelta(days=3)
    for wrong in (made.valid_from - timedelta(days=1), business_clock.today() + timedelta(days=1)):
        with pytest.raises(Invalid):
            service.revoke(made.id, actor=officer, revoked_on=wrong, reason=REASON)
    service.revoke(made.id, actor=officer, revoked_on=day, reason=REASON)
    assert (rules.refusal(made, day - timedelta(days=1)), rules.refusal(made, day)) == (None, "revoked")
    assert len(mails("revoked")) == 1
    again = make_certificate(sme, number="20260002")
    with pytest.raises(DomainError, match="issuer revoked"):
        service.verify(again.id, actor=officer, level=Level.DOCUMENT)
    with pytest.raises(IllegalMove):
        service.remove(made.id, actor=sme)


def test_companies_are_reminded_before_a_certificate_ends_unless_they_hold_a_later_one(clock: Any) -> None:
    ending, renewed = make_sme(), make_sme()
    until = business_clock.today() + timedelta(days=60)
    make_verified(ending, valid_until=until)
    make_verified(renewed, valid_until=until)
    make_certificate(renewed, valid_from=until + timedelta(days=1), valid_until=until + timedelta(days=900))

    def told() -> int:
        service.remind_of_certificates(actor=SYSTEM)
        return len(mails("ending"))

    assert (told(), told()) == (1, 1)
    clock.advance(days=29)
    assert told() == 1
    clock.advance(days=2)  # the thirtieth day before it was missed
    assert told() == 2
    clock.advance(days=22)
    assert told() == 3
    assert organisation_of(ending).name
    with pytest.raises(Forbidden):
        service.remind_of_certificates(actor=make_officer(OFFICER))
