"""What an officer does: verify a certificate, refuse it with a reason, note that its issuer revoked it."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from marketplace.accounts import queries as accounts
from marketplace.accounts.service import notify_organisation
from marketplace.certificates import events, kinds, queries, rules
from marketplace.certificates.models import Certificate
from marketplace.certificates.states import CERTIFICATE, Level
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import transition
from marketplace.core.errors import DomainError, Invalid
from marketplace.core.i18n import _
from marketplace.core.reasons import TELLING, check_reason
from marketplace.core.tasks import announce

READERS = (Role.SIGNATORY, Role.PREPARER)


def verify(certificate_id: UUID, *, actor: Actor, level: Level) -> Certificate:
    """Verify a certificate by its document or by asking the issuer; never of one's own company."""
    certificate = _lock(certificate_id, actor)
    CERTIFICATE.move(certificate.status, "verify")
    if level not in (Level.DOCUMENT, Level.ISSUER):
        raise Invalid(_("Say how you verified it."), field="decision")
    if queries.verified_elsewhere(certificate.kind, certificate.number, certificate.organisation_id):
        raise DomainError(rules.NUMBER_TAKEN)
    rules.check_not_revoked(queries.revoked_before(certificate))
    certificate.evidence_level, certificate.decided_by = level, actor.person_id
    certificate.reason = certificate.answer_by = None
    transition(certificate, CERTIFICATE, "verify", actor=actor, level=level)
    db.flush()
    announce(events.DECIDED, certificate_id=certificate.id, at=clock.now())
    tell(certificate, "verified")
    return certificate


def refuse(certificate_id: UUID, *, actor: Actor, reason: str) -> Certificate:
    """Say why a certificate can't be verified; the company may answer once, within some days."""
    certificate = _lock(certificate_id, actor)
    CERTIFICATE.move(certificate.status, "refuse")
    certificate.reason = check_reason(reason, shortest=TELLING)
    certificate.decided_by = actor.person_id
    answered = certificate.replied_at is not None
    certificate.answer_by = None if answered else clock.today() + timedelta(days=kinds.terms().answer_days)
    transition(certificate, CERTIFICATE, "refuse", actor=actor, reason=certificate.reason)
    db.flush()
    announce(events.DECIDED, certificate_id=certificate.id, at=clock.now())
    tell(certificate, "refused", reason=certificate.reason, answer_by=certificate.answer_by)
    return certificate


def revoke(certificate_id: UUID, *, actor: Actor, revoked_on: date, reason: str) -> Certificate:
    """Note that the issuer revoked a certificate: from this day on it is no longer valid."""
    certificate = _lock(certificate_id, actor)
    CERTIFICATE.move(certificate.status, "revoke")
    rules.check_revoked_on(certificate, revoked_on, clock.today())
    end(certificate, actor=actor, revoked_on=revoked_on, reason=check_reason(reason, shortest=TELLING))
    return certificate


def end(certificate: Certificate, *, actor: Actor, revoked_on: date, reason: str | None) -> None:
    """Make the move; the caller has locked the certificate and checked the day."""
    certificate.revoked_on, certificate.reason = revoked_on, reason
    transition(certificate, CERTIFICATE, "revoke", actor=actor, reason=reason, revoked_on=revoked_on)
    db.flush()
    announce(events.REVOKED, certificate_id=certificate.id)
    tell(certificate, "revoked", revoked_on=revoked_on, reason=reason)


def tell(certificate: Certificate, template: str, **data: object) -> None:
    """Mail the company's own people about a certificate, once for each change."""
    notify_organisation(
        certificate.organisation_id,
        READERS,
        f"certificates/{template}",
        key=f"{certificate.id}:{clock.now().isoformat()}",
        kind=kinds.label(certificate.kind),
        number=certificate.number,
        valid_until=certificate.valid_until,
        path=f"/certificates/{certificate.id}",
        **data,
    )


def _lock(certificate_id: UUID, actor: Actor) -> Certificate:
    """The locked certificate, of a company that is not the officer's."""
    rules.check_officer(actor)
    certificate = queries.get_certificate(certificate_id, actor=actor, lock=True)
    assert actor.person_id is not None
    own = {organisation_id for _person, organisation_id in accounts.organisations_ever([actor.person_id])}
    rules.check_not_own(certificate.organisation_id, own)
    return certificate
