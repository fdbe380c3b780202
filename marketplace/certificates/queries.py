"""Reads of certificates: a company's own, the officers' queue, those that end soon, and the lists taken in."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.orm import aliased, joinedload

from marketplace.accounts.models import Organisation, Person
from marketplace.certificates.models import Certificate, CertificateImport
from marketplace.certificates.states import CertificateStatus
from marketplace.core import db
from marketplace.core.actors import AGENCY, Actor
from marketplace.core.errors import NotFound
from marketplace.core.files import StoredFile

# Those that nobody has said no to.
STANDING = (CertificateStatus.CLAIMED, CertificateStatus.VERIFIED)


def certificates_of(organisation_id: UUID, kinds: Collection[str] | None = None) -> Sequence[Certificate]:
    """A company's certificates (of these kinds), by kind, the newest first."""
    query = select(Certificate).where(Certificate.organisation_id == organisation_id)
    if kinds is not None:
        query = query.where(Certificate.kind.in_(kinds))
    return db.session.scalars(query.order_by(Certificate.kind, Certificate.valid_from.desc(), Certificate.id)).all()


def standing(organisation_id: UUID, kinds: Collection[str]) -> Sequence[Certificate]:
    """A company's certificates of these kinds that wait or are verified."""
    return [one for one in certificates_of(organisation_id, kinds) if one.status in STANDING]


def valid_on(organisation_id: UUID, kinds: Collection[str], day: date) -> Sequence[Certificate]:
    """Those of them that are valid on the day: at most one of each kind."""
    return [one for one in standing(organisation_id, kinds) if one.valid_from <= day <= one.valid_until]


def get_certificate(certificate_id: UUID, *, actor: Actor, lock: bool = False) -> Certificate:
    """The certificate, if it is the actor's company's or they work for the agency; NotFound otherwise."""
    query = select(Certificate).where(Certificate.id == certificate_id)
    query = query.options(joinedload(Certificate.organisation, innerjoin=True), joinedload(Certificate.file))
    if lock:
        query = query.with_for_update(of=Certificate, key_share=True).execution_options(populate_existing=True)
    certificate = db.one(query)
    if actor.role not in AGENCY and certificate.organisation_id != actor.organisation_id:
        raise NotFound()
    return certificate


def search(*, status: str = "", kind: str = "", text: str = "") -> Select[*tuple[Any, ...]]:
    """The columns of the officers' list, filtered by status, kind, and company or number."""
    query = select(
        Certificate.id,
        Organisation.name.label("company"),
        Organisation.business_number,
        Certificate.kind,
        Certificate.number,
        Certificate.grade,
        Certificate.valid_from,
        Certificate.valid_until,
        Certificate.status,
        Certificate.evidence_level,
        Certificate.look_by,
        Certificate.recorded_at,
        Certificate.verified_at,
        Certificate.revoked_on,
    ).join(Organisation, Organisation.id == Certificate.organisation_id)
    if status:
        query = query.where(Certificate.status == status)
    if kind:
        query = query.where(Certificate.kind == kind)
    if text:
        numbered = func.plain_number(Certificate.number) == func.plain_number(text)
        query = query.where(db.contains(Organisation.name, text) | numbered)
    return query


def same_number(certificate: Certificate) -> Sequence[str]:
    """The names of other companies that name, or named, the same number of the same kind."""
    query = select(Organisation.name).join(Certificate, Certificate.organisation_id == Organisation.id)
    query = query.where(
        Certificate.kind == certificate.kind,
        func.plain_number(Certificate.number) == func.plain_number(certificate.number),
        Certificate.organisation_id != certificate.organisation_id,
        Certificate.status != CertificateStatus.REMOVED,
    )
    return db.session.scalars(query.distinct().order_by(Organisation.name)).all()


def verified_elsewhere(kind: str, number: str, organisation_id: UUID) -> bool:
    """Whether the number was verified for another company."""
    query = select(Certificate.id).where(
        Certificate.kind == kind,
        func.plain_number(Certificate.number) == func.plain_number(number),
        Certificate.organisation_id != organisation_id,
        Certificate.status.in_((CertificateStatus.VERIFIED, CertificateStatus.REVOKED)),
    )
    return db.session.scalar(query.limit(1)) is not None


def revoked_before(certificate: Certificate) -> date | None:
    """The day from which the same certificate of the same company is revoked, if its issuer said so."""
    query = select(Certificate.revoked_on).where(
        Certificate.organisation_id == certificate.organisation_id,
        Certificate.kind == certificate.kind,
        func.plain_number(Certificate.number) == func.plain_number(certificate.number),
        Certificate.valid_from <= certificate.valid_until,
        Certificate.valid_until >= certificate.valid_from,
        Certificate.status == CertificateStatus.REVOKED,
    )
    return db.session.scalar(query.limit(1))


def companies_numbered(business_numbers: Collection[str]) -> dict[str, UUID]:
    """The companies registered here under these business numbers."""
    known = Organisation.business_number.in_(business_numbers)
    rows = db.session.execute(select(Organisation.business_number, Organisation.id).where(known))
    return {number: organisation_id for number, organisation_id in rows if number is not None}


def certificates_for_import(kind: str, organisation_ids: Collection[UUID]) -> Sequence[Certificate]:
    """All certificates of a kind of these companies, locked, but those that the companies took back."""
    query = select(Certificate).where(
        Certificate.kind == kind,
        Certificate.organisation_id.in_(organisation_ids),
        Certificate.status != CertificateStatus.REMOVED,
    )
    locked = query.order_by(Certificate.valid_from, Certificate.id).with_for_update(key_share=True)
    return db.session.scalars(locked.execution_options(populate_existing=True)).all()


def holders_of(kind: str, numbers: Collection[str]) -> dict[str, UUID]:
    """By number as it is compared: the company for which it was verified."""
    plain = func.plain_number(Certificate.number)
    query = select(plain, Certificate.organisation_id).where(
        Certificate.kind == kind,
        plain.in_(numbers),
        Certificate.status.in_((CertificateStatus.VERIFIED, CertificateStatus.REVOKED)),
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def ending(until: date) -> Sequence[Certificate]:
    """Verified certificates that end from today to this day, whose company holds no later one of the kind."""
    later = aliased(Certificate)
    follows = select(later.id).where(
        later.organisation_id == Certificate.organisation_id,
        later.kind == Certificate.kind,
        later.valid_until > Certificate.valid_until,
        later.status.in_(STANDING),
    )
    query = select(Certificate).where(
        Certificate.status == CertificateStatus.VERIFIED,
        Certificate.valid_until.between(db.today(), until),
        ~follows.exists(),
    )
    return db.session.scalars(query.order_by(Certificate.valid_until, Certificate.id)).all()


def imports() -> Select[*tuple[Any, ...]]:
    """The columns of the list of issuers' lists."""
    columns = (
        CertificateImport.id,
        CertificateImport.kind,
        CertificateImport.taken_at,
        CertificateImport.added,
        CertificateImport.confirmed,
        CertificateImport.corrected,
        CertificateImport.revoked,
        CertificateImport.unchanged,
        CertificateImport.elsewhere,
        func.jsonb_array_length(CertificateImport.odd).label("set_aside"),
        Person.name.label("officer"),
        StoredFile.name.label("file"),
    )
    query = select(*columns).join(Person, Person.id == CertificateImport.taken_by)
    return query.join(StoredFile, StoredFile.id == CertificateImport.file_id)


def get_import(import_id: UUID) -> CertificateImport:
    """The list with its file; NotFound without one."""
    return db.get(CertificateImport, import_id, options=[joinedload(CertificateImport.file)])
