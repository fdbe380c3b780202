"""Certificates in a call by score: claimed at hand-in, verified before scoring begins, and only then worth points."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import Person
from marketplace.certificates import service as certificates
from marketplace.certificates.models import Certificate, Details
from marketplace.certificates.states import Level
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid
from marketplace.core.task_queue import BackgroundTask
from marketplace.notifications.models import Message
from marketplace.programmes.models import Call
from marketplace.vouchers import queries, rules, sealed_list, service
from marketplace.vouchers.models import Application, ClaimedCertificate
from marketplace.vouchers.states import EvidenceKind
from tests.factories.accounts import make_officer, make_sme, sign_in_as
from tests.factories.certificates import CAT, make_certificate, make_verified
from tests.factories.programmes import earlier, make_call
from tests.factories.vouchers import allocate_all, make_application, make_draft
from tests.integration.vouchers.test_scoring import score, scorings

pytestmark = pytest.mark.usefixtures("database")
REASON = "The number is not in the issuer's public search."
Prepare = Callable[[Actor, date], Certificate | None]


def closed(prepare: Prepare, *, scorers: int = 2) -> tuple[Call, Application, Application, Certificate | None]:
    """A call that closed yesterday with two applications, the second of a company that was prepared for its closing
    day; what prepare() made."""
    [make_officer(Role.EVALUATOR) for _number in range(scorers)]
    with earlier(days=2):
        call = make_call(closes_in=timedelta(days=1), vouchers=1, method="scored")
        sme = make_sme()
        made = prepare(sme, queries.closing_day(call))
        applications = make_application(call), make_application(call, sme)
    service.close_call(call.id, actor=SYSTEM)
    return call, *applications, made


def points(call: Call, application: Application) -> list[str]:
    """The certificates that count in the sealed list, once everybody scored alike."""
    for one in db.session.query(Application).filter_by(call_id=call.id):
        for scoring in scorings(one):
            score(scoring, 6)
    allocate_all(call)
    assert sealed_list.replay(queries.sealed_file(call)).faults == []
    (ticket,) = [one for one in queries.sealed_tickets(call.id) if one.application_id == application.id]
    return list(ticket.points["certificates"])


def settled(application: Application) -> dict[str, str | None]:
    claims = db.session.query(ClaimedCertificate).filter_by(application_id=application.id)
    return {claim.kind: claim.refusal for claim in claims if claim.settled_at is not None}


def test_a_verified_certificate_that_ends_on_the_closing_day_counts_in_full() -> None:
    call, other, application, _made = closed(lambda sme, day: make_verified(sme, valid_until=day))
    assert settled(application) == {"venture": None}
    assert points(call, application) == ["venture"]
    assert (other.status, application.status) == ("waitlisted", "allocated")


def test_one_that_ended_the_day_before_counts_nothing() -> None:
    def ends_before(sme: Actor, day: date) -> Certificate:
        with earlier(days=1):
            return make_verified(sme, valid_until=day - timedelta(days=1))

    call, _other, application, _made = closed(ends_before)
    assert application.certificates == []
    assert points(call, application) == []


def test_a_picture_of_a_cat_earns_nothing(clock: Any) -> None:
    with earlier(days=2):
        sme = make_sme()
        draft = make_draft(make_call(closes_in=timedelta(days=1), method="scored"), sme)
        with pytest.raises(ValueError, match="certificate_venture"):
            EvidenceKind("certificate_venture")
        stream = io.BytesIO(CAT)
        service.attach_evidence(draft.id, actor=sme, stream=stream, filename="cat.png", kind=EvidenceKind.OTHER)
        application = service.submit(draft.id, actor=sme, declarations=set(rules.DECLARATIONS))
    assert application.certificates == []
    # Nor does it as the document of a certificate that nobody verifies in time.
    call, _other, application, made = closed(lambda sme, _day: make_certificate(sme))
    assert made is not None
    clock.advance(days=14)
    service.watch_certificates(actor=SYSTEM)
    assert settled(application) == {"venture": "not_verified"}
    assert points(call, application) == []


def test_scoring_waits_until_an_officer_has_looked_and_goes_on_by_itself(client: FlaskClient) -> None:
    call, _other, application, made = closed(lambda sme, _day: make_certificate(sme))
    assert made is not None
    officer = make_officer(Role.PROGRAMME_OFFICER)
    assert scorings(application) == []
    assert queries.shortage(call.id) == queries.Shortage(0, 0)
    with pytest.raises(DomainError, match="still to be verified"):
        service.start_allocation(call.id, actor=officer)
    with pytest.raises(DomainError, match="No evaluator is missing"):
        service.ask_more_scorers(call, actor=officer)
    page = sign_in_as(client, officer).get(f"/calls/{call.id}/allocation?lang=en").text
    assert "1 certificate is still to be verified" in page
    assert "Certificates to verify" in client.get("/?lang=en").text
    call, application = db.get(Call, call.id), db.get(Application, application.id)
    certificates.verify(made.id, actor=officer, level=Level.DOCUMENT)
    service.certificate_decided(made.id, actor=SYSTEM)
    assert len(scorings(application)) == 2
    assert points(call, application) == ["venture"]


def test_a_refused_one_waits_for_the_companys_answer_but_not_for_ever(clock: Any) -> None:
    call, _other, application, made = closed(lambda sme, _day: make_certificate(sme))
    assert made is not None
    officer = make_officer(Role.PROGRAMME_OFFICER)
    clock.advance(days=12)  # thirteen days after the closing day: one before the last
    certificates.refuse(made.id, actor=officer, reason=REASON)
    clock.advance(days=7)
    service.watch_certificates(actor=SYSTEM)
    assert scorings(application) == [], "the company may still answer"
    sme = next(one for one in _signatories(application))
    corrected = Details("20250505030001", made.valid_from, made.valid_until)
    certificates.answer(made.id, corrected, actor=sme, reply="I had copied the wrong line.")
    clock.advance(days=7)
    service.watch_certificates(actor=SYSTEM)
    assert scorings(application) == [], "the officer may still decide"
    clock.advance(days=1)
    service.watch_certificates(actor=SYSTEM)
    assert settled(application) == {"venture": "not_verified"}
    assert len(scorings(application)) == 2
    certificates.verify(made.id, actor=officer, level=Level.ISSUER)
    service.certificate_decided(made.id, actor=SYSTEM)
    assert points(call, application) == [], "too late for this call"


def _signatories(application: Application) -> list[Actor]:
    from marketplace.accounts import queries as accounts

    members = accounts.memberships_in(application.organisation_id)
    return [actor for one in members if (actor := accounts.find_actor(one.person_id, one.id)) is not None]


def test_companies_are_told_before_the_time_is_over_and_what_became_of_it(clock: Any) -> None:
    _call, _other, _application, _made = closed(lambda sme, _day: make_certificate(sme))

    def mails(template: str) -> int:
        return db.session.query(Message).filter_by(template=f"vouchers/{template}").count()

    clock.advance(days=7)
    assert service.watch_certificates(actor=SYSTEM) == 0
    clock.advance(days=1)
    assert (service.watch_certificates(actor=SYSTEM), mails("certificates_unverified")) == (1, 1)
    clock.advance(days=6)
    assert (service.watch_certificates(actor=SYSTEM), mails("certificates_settled")) == (0, 1)
    assert mails("certificates_unverified") == 1
    with pytest.raises(Forbidden):
        service.watch_certificates(actor=make_officer(Role.PROGRAMME_OFFICER))


def test_what_was_claimed_is_sealed_and_a_later_revocation_changes_no_replay() -> None:
    call, _other, application, made = closed(lambda sme, _day: make_verified(sme))
    assert made is not None
    for statement in (
        "UPDATE claimed_certificates SET refusal = 'ended'",
        "UPDATE claimed_certificates SET number = 'X'",
        "DELETE FROM claimed_certificates",
    ):
        with pytest.raises(IntegrityError, match="sealed"), db.session.begin_nested():
            db.session.execute(text(statement))
    assert points(call, application) == ["venture"]
    before = queries.sealed_file(call)
    officer = make_officer(Role.PROGRAMME_OFFICER)
    certificates.revoke(made.id, actor=officer, revoked_on=made.valid_from, reason=REASON)
    assert service.certificate_revoked(made.id, actor=SYSTEM) == 1
    assert queries.sealed_file(call) == before
    assert b'"certificates":["venture"]' in before


def test_officers_learn_that_a_certificate_that_counted_was_revoked(client: FlaskClient) -> None:
    _call, _other, application, made = closed(lambda sme, _day: make_verified(sme))
    assert made is not None
    officer, ethics_officer = make_officer(Role.PROGRAMME_OFFICER), make_officer(Role.ETHICS_OFFICER)
    certificates.revoke(made.id, actor=officer, revoked_on=made.valid_from, reason=REASON)
    waiting = db.session.query(BackgroundTask).filter_by(name="certificate_revoked").one()
    assert service.certificate_revoked(UUID(waiting.arguments["certificate_id"]), actor=SYSTEM) == 1
    told = db.session.query(Message).filter_by(template="vouchers/certificate_revoked").all()
    addresses = {message.address for message in told}
    assert {db.get(Person, someone.person_id).email for someone in (officer, ethics_officer)} <= addresses
    assert {message.data["number"] for message in told} == {application.number}
    for reader in (officer, ethics_officer):
        page = sign_in_as(client, reader).get(f"/applications/{application.id}?lang=en").text
        assert "Revoked by its issuer from" in page
    unclaimed = make_verified(make_sme())
    certificates.revoke(unclaimed.id, actor=officer, revoked_on=unclaimed.valid_from, reason=REASON)
    assert service.certificate_revoked(unclaimed.id, actor=SYSTEM) == 0


def test_one_revoked_by_the_closing_day_counts_nothing_and_a_day_later_all() -> None:
    for days, refusal in ((0, "revoked"), (1, None)):
        with earlier(days=2):
            call, sme = make_call(closes_in=timedelta(days=1), method="scored"), make_sme()
            made = make_verified(sme)
            application = make_application(call, sme)
        officer, day = make_officer(Role.PROGRAMME_OFFICER), queries.closing_day(call) + timedelta(days=days)
        certificates.revoke(made.id, actor=officer, revoked_on=day, reason=REASON)
        service.close_call(call.id, actor=SYSTEM)
        assert settled(application) == {"venture": refusal}


def test_an_application_claims_certificates_of_its_own_company_alone() -> None:
    with earlier(days=2):
        call = make_call(closes_in=timedelta(days=1), method="scored")
        foreign = make_verified(make_sme())
        application = make_application(call)
    assert application.certificates == []
    with pytest.raises(IntegrityError, match="own company"), db.session.begin_nested():
        claim = {"kind": "venture", "number": "X", "valid_from": foreign.valid_from, "valid_until": foreign.valid_until}
        dates = {"valid_on": foreign.valid_from, "verify_by": foreign.valid_until}
        db.session.add(ClaimedCertificate(application_id=application.id, certificate_id=foreign.id, **claim, **dates))
        db.flush()
    # In a call that isn't given by score nothing is claimed.
    sme = make_sme()
    make_verified(sme)
    assert make_application(make_call(), sme).certificates == []


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_draft_shows_what_it_will_claim_and_what_cannot_count(client: FlaskClient, language: str) -> None:
    words = {
        "en": ("Counts", "Waits for an officer", "Not entered"),
        "ko": ("인정", "담당자 검토 대기", "등록하지 않음"),
    }[language]
    call, sme = make_call(method="scored"), make_sme()
    make_verified(sme)
    make_certificate(sme, "inno_biz", grade="AA")
    draft = make_draft(call, sme)
    sign_in_as(client, sme)
    for step in ("certificates", "check"):
        page = client.get(f"/applications/{draft.id}/{step}?lang={language}").text
        assert all(word in page for word in words)
    with pytest.raises(Invalid):
        make_certificate(sme)
