"""The tables of certificates and of the issuers' lists that were taken in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Organisation
from marketplace.certificates.states import CERTIFICATE, CertificateStatus, Level
from marketplace.core.db import Model, created_at, uuid_key
from marketplace.core.files import StoredFile


@dataclass(frozen=True)
class Details:
    """What stands on a certificate; valid from the first to the last day."""

    number: str
    valid_from: date
    valid_until: date
    grade: str | None = None


class CertificateImport(Model):
    """A list of an issuer as it was taken in: how many of its rows did what, and those that were set aside."""

    __tablename__ = "certificate_imports"
    __table_args__ = (Index(None, "taken_at"),)

    id: Mapped[UUID] = uuid_key()
    kind: Mapped[str]
    file_id: Mapped[UUID] = mapped_column(ForeignKey("files.id"))
    taken_by: Mapped[UUID]
    taken_at: Mapped[datetime] = created_at()
    added: Mapped[int]
    confirmed: Mapped[int]
    corrected: Mapped[int]
    revoked: Mapped[int]
    unchanged: Mapped[int]
    elsewhere: Mapped[int]  # rows of companies that are not registered here
    odd: Mapped[list[dict[str, Any]]]  # line, what it says, why it was set aside (a code)

    file: Mapped[StoredFile] = relationship()


class Certificate(Model):
    """One certificate of one company; valid from its first to its last day, both included."""

    __tablename__ = "certificates"
    __table_args__ = (
        CheckConstraint(CERTIFICATE.check(), name="status"),
        CheckConstraint("evidence_level IN ('claimed', 'document', 'issuer', 'imported')", name="evidence_level"),
        CheckConstraint("(status IN ('verified', 'revoked')) = (evidence_level <> 'claimed')", name="verified"),
        CheckConstraint("evidence_level NOT IN ('document', 'issuer') OR decided_by IS NOT NULL", name="decided_by"),
        CheckConstraint("evidence_level <> 'imported' OR import_id IS NOT NULL", name="import_id"),
        CheckConstraint("valid_until >= valid_from", name="valid_until"),
        CheckConstraint("file_id IS NOT NULL OR import_id IS NOT NULL", name="file_id"),
        CheckConstraint(CERTIFICATE.stamped("verified_at", CertificateStatus.VERIFIED), name="verified_at"),
        CheckConstraint(CERTIFICATE.stamped("refused_at", CertificateStatus.REFUSED), name="refused_at"),
        CheckConstraint(CERTIFICATE.stamped("removed_at", CertificateStatus.REMOVED), name="removed_at"),
        CheckConstraint(CERTIFICATE.stamped("revoked_at", CertificateStatus.REVOKED), name="revoked_at"),
        CheckConstraint("(status = 'revoked') = (revoked_on IS NOT NULL)", name="revoked_on"),
        ExcludeConstraint(
            ("organisation_id", "="),
            ("kind", "="),
            (text("daterange(valid_from, valid_until, '[]')"), "&&"),
            where=text("status IN ('claimed', 'verified')"),
            name="ex_certificates_validity",
        ),
        ExcludeConstraint(
            ("kind", "="),
            (text("plain_number(number)"), "="),
            ("organisation_id", "<>"),
            where=text("status IN ('verified', 'revoked')"),
            name="ex_certificates_number",
        ),
        Index(None, "organisation_id"),
        Index(None, "look_by"),
        Index(None, "valid_until"),
        Index(None, "recorded_at"),
    )

    id: Mapped[UUID] = uuid_key()
    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[str]
    number: Mapped[str]
    grade: Mapped[str | None]
    valid_from: Mapped[date]
    valid_until: Mapped[date]
    status: Mapped[CertificateStatus] = mapped_column(default=CERTIFICATE.initial)
    evidence_level: Mapped[Level] = mapped_column(default=Level.CLAIMED)
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("files.id"))
    import_id: Mapped[UUID | None] = mapped_column(ForeignKey("certificate_imports.id"))
    recorded_by: Mapped[UUID | None]
    recorded_at: Mapped[datetime] = created_at()
    look_by: Mapped[date]  # an officer looks at it until this day
    answer_by: Mapped[date | None]  # a refusal can be answered until this day, or an answer is decided until then
    reply: Mapped[str | None]
    reason: Mapped[str | None]  # why it was refused or revoked
    decided_by: Mapped[UUID | None]
    verified_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    replied_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    revoked_on: Mapped[date | None]  # the first day on which it is no longer valid

    organisation: Mapped[Organisation] = relationship()
    file: Mapped[StoredFile | None] = relationship()
