"""Taking in an issuer's list: what it says counts, odd rows are set aside, and the same list twice changes nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import IO
from uuid import UUID

from marketplace.accounts import queries as accounts
from marketplace.certificates import events, issuer_lists, kinds, queries, rules
from marketplace.certificates.issuer_lists import Change, Effect, Listed, Plan
from marketplace.certificates.models import Certificate, CertificateImport
from marketplace.certificates.service.verifying import end, tell
from marketplace.certificates.states import CERTIFICATE, CertificateStatus, Level
from marketplace.core import clock, db, files, spreadsheets
from marketplace.core.actors import Actor
from marketplace.core.audit import record, transition
from marketplace.core.tasks import announce
from marketplace.core.text import plain_number

KINDS = {"csv": "text/csv", "xlsx": files.DOCUMENTS["xlsx"]}
EFFECTS = (Effect.ADDED, Effect.CONFIRMED, Effect.CORRECTED, Effect.REVOKED, Effect.UNCHANGED)


def take_list(kind: str, *, actor: Actor, stream: IO[bytes], filename: str) -> CertificateImport:
    """Take in a list of one kind of certificate; Invalid(field='file') for what is no such list.

    Rows about companies that are not registered here are counted alone; those that can't be taken are kept with why.
    """
    rules.check_officer(actor)
    known = rules.check_kind(kind, kinds.terms())
    file = files.store(stream, filename, actor=actor, kinds=KINDS)
    rows = spreadsheets.read(files.path(file).read_bytes(), "csv" if file.media_type == KINDS["csv"] else "xlsx")
    listed, odd = issuer_lists.read_list(rows, known, kinds.terms().headings)
    plan = _plan(kind, listed, actor)
    odd = sorted([*odd, *plan.odd], key=lambda one: one.line)
    taken = CertificateImport(
        kind=kind,
        file=file,
        taken_by=actor.person_id,
        elsewhere=plan.elsewhere,
        odd=[asdict(one) for one in odd],
        **{effect.value: plan.count(effect) for effect in EFFECTS},
    )
    db.session.add(taken)
    db.flush()
    counts = {effect.value: plan.count(effect) for effect in EFFECTS}
    record(actor, "certificate_import.take", taken, after={"kind": kind, "sha256": file.sha256, **counts})
    for change in plan.changes:
        _carry_out(change, taken, actor)
    db.flush()
    return taken


def _plan(kind: str, listed: list[Listed], actor: Actor) -> Plan:
    """What the rows mean for the companies registered here; what they are about is locked."""
    assert actor.person_id is not None
    companies = queries.companies_numbered({row.business_number for row in listed})
    own = {organisation_id for _person, organisation_id in accounts.organisations_ever([actor.person_id])}
    return issuer_lists.plan(
        listed,
        companies,
        queries.certificates_for_import(kind, set(companies.values())),
        queries.holders_of(kind, {plain_number(row.number) for row in listed}),
        own=own,
        today=clock.today(),
    )


def _carry_out(change: Change, taken: CertificateImport, actor: Actor) -> None:
    if change.effect is Effect.UNCHANGED:
        return
    row = change.row
    certificate = change.certificate
    if certificate is None:
        certificate = _new(taken.kind, change.organisation_id, row, taken.id)
    assert isinstance(certificate, Certificate)
    before = (certificate.number, certificate.valid_from, certificate.valid_until, certificate.grade)
    after = (certificate.number, row.valid_from, row.valid_until, row.grade)
    if before != after:
        certificate.valid_from, certificate.valid_until, certificate.grade = row.valid_from, row.valid_until, row.grade
        record(actor, "certificate.correct", certificate, before={"facts": before}, after={"facts": after})
    if certificate.status != CertificateStatus.VERIFIED:
        certificate.evidence_level, certificate.import_id = Level.IMPORTED, taken.id
        certificate.reason = certificate.answer_by = None
        transition(certificate, CERTIFICATE, "confirm", actor=actor, list=str(taken.id))
        db.flush()
        announce(events.DECIDED, certificate_id=certificate.id, at=clock.now())
        if row.revoked_on is None:
            tell(certificate, "verified")
    if row.revoked_on is not None:
        end(certificate, actor=actor, revoked_on=row.revoked_on, reason=None)


def _new(kind: str, organisation_id: UUID, row: Listed, import_id: UUID) -> Certificate:
    certificate = Certificate(
        organisation_id=organisation_id,
        kind=kind,
        number=row.number,
        grade=row.grade,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        status=CERTIFICATE.initial,
        import_id=import_id,
        look_by=clock.today(),
    )
    db.session.add(certificate)
    db.flush()
    return certificate
