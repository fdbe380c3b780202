"""What a company does with its certificates: enter one, answer a refusal, take one back."""

from __future__ import annotations

from datetime import date, timedelta
from typing import IO
from uuid import UUID

from marketplace.accounts import queries as accounts
from marketplace.certificates import events, kinds, queries, rules
from marketplace.certificates.models import Certificate, Details
from marketplace.certificates.states import CERTIFICATE
from marketplace.core import clock, db, files
from marketplace.core.actors import Actor
from marketplace.core.audit import record, transition
from marketplace.core.reasons import TELLING, check_reason
from marketplace.core.tasks import announce


def record_certificate(kind: str, details: Details, *, actor: Actor, stream: IO[bytes], filename: str) -> Certificate:
    """Enter a certificate of the actor's company with its document; it waits for an officer."""
    organisation_id = rules.check_sme(actor)
    known = rules.check_kind(kind, kinds.terms())
    accounts.get_organisation(organisation_id, lock=True)  # of two at once the second sees the first
    number, grade = _checked(known, details)
    others = queries.standing(organisation_id, [kind])
    rules.check_no_overlap(others, details.valid_from, details.valid_until)
    certificate = Certificate(
        organisation_id=organisation_id,
        kind=kind,
        number=number,
        grade=grade,
        valid_from=details.valid_from,
        valid_until=details.valid_until,
        file=files.store(stream, filename, actor=actor),
        recorded_by=actor.person_id,
        look_by=_look_by(),
    )
    db.session.add(certificate)
    db.flush()
    record(actor, "certificate.record", certificate, after=_facts(certificate))
    return certificate


def answer(
    certificate_id: UUID,
    details: Details,
    *,
    actor: Actor,
    reply: str,
    stream: IO[bytes] | None = None,
    filename: str = "",
) -> Certificate:
    """Answer a refusal once, in words, with what was wrong put right; an officer looks at it again."""
    organisation_id = rules.check_sme(actor)
    certificate = queries.get_certificate(certificate_id, actor=actor, lock=True)
    CERTIFICATE.move(certificate.status, "answer")
    rules.check_answerable(certificate, clock.today())
    reply = check_reason(reply, field="reply", shortest=TELLING)
    before = _facts(certificate)
    certificate.number, certificate.grade = _checked(kinds.known(certificate.kind), details)
    others = queries.standing(organisation_id, [certificate.kind])
    rules.check_no_overlap(others, details.valid_from, details.valid_until)
    certificate.valid_from, certificate.valid_until = details.valid_from, details.valid_until
    certificate.reply = reply
    if stream is not None:
        certificate.file = files.store(stream, filename, actor=actor)
    certificate.look_by = _look_by()
    certificate.answer_by = clock.today() + timedelta(days=kinds.terms().answer_days)
    record(actor, "certificate.correct", certificate, before=before, after=_facts(certificate))
    transition(certificate, CERTIFICATE, "answer", actor=actor, reply=reply)
    db.flush()
    return certificate


def remove(certificate_id: UUID, *, actor: Actor) -> Certificate:
    """Take back a certificate that nobody has verified."""
    rules.check_sme(actor)
    certificate = queries.get_certificate(certificate_id, actor=actor, lock=True)
    transition(certificate, CERTIFICATE, "remove", actor=actor)
    db.flush()
    announce(events.DECIDED, certificate_id=certificate.id, at=clock.now())
    return certificate


def _checked(kind: kinds.Kind, details: Details) -> tuple[str, str | None]:
    """Number and grade as they are kept."""
    number = rules.check_number(kind, details.number)
    grade = rules.check_grade(kind, details.grade)
    rules.check_dates(details.valid_from, details.valid_until, clock.today())
    return number, grade


def _look_by() -> date:
    last = clock.add_working_days(clock.now(), kinds.terms().look_working_days)
    return last.astimezone(clock.zone()).date()


def _facts(certificate: Certificate) -> dict[str, object]:
    return {
        "kind": certificate.kind,
        "number": certificate.number,
        "grade": certificate.grade,
        "valid_from": certificate.valid_from,
        "valid_until": certificate.valid_until,
        "file": certificate.file_id or (certificate.file and certificate.file.id),
    }
