"""Reads of the certificates that applications claim: what counts, what is still waited for, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import contains_eager

from marketplace.certificates import queries as certificates
from marketplace.certificates.models import Certificate
from marketplace.certificates.rules import refusal
from marketplace.certificates.states import CertificateStatus
from marketplace.core import clock, db
from marketplace.programmes.models import Call
from marketplace.programmes.states import CallStatus
from marketplace.vouchers.models import Application, ClaimedCertificate
from marketplace.vouchers.scoring import certificate_points
from marketplace.vouchers.states import ApplicationStatus

# Of an application that takes part.
TAKES_PART = Application.status == ApplicationStatus.ACCEPTED
# An officer must say something by the last day, after an answer a little later; a refusal waits for its answer.
AWAITED = and_(
    ClaimedCertificate.settled_at.is_(None),
    or_(
        and_(
            Certificate.status == CertificateStatus.CLAIMED,
            func.greatest(ClaimedCertificate.verify_by, Certificate.answer_by) >= db.today(),
        ),
        and_(Certificate.status == CertificateStatus.REFUSED, Certificate.answer_by >= db.today()),
    ),
)


# Of several certificates of a kind the one that counts is shown, or else one that may still.
BEST = {"counts": 2, "waits": 1}


def closing_day(call: Call) -> date:
    """The day in whose last moment, at the latest, the call still takes applications."""
    return (call.closes_at - timedelta(seconds=1)).astimezone(clock.zone()).date()


def claimable(call: Call, organisation_id: UUID) -> Sequence[Certificate]:
    """The company's certificates that the call gives points for and that are valid on its closing day."""
    codes = certificate_points(call)
    return certificates.valid_on(organisation_id, codes, closing_day(call)) if codes else []


def is_awaited() -> ColumnElement[bool]:
    """Whether scoring the call of the enclosing select still waits for a certificate."""
    awaited = (
        select(ClaimedCertificate.kind)
        .join(Application, Application.id == ClaimedCertificate.application_id)
        .join(ClaimedCertificate.certificate)
        .where(Application.call_id == Call.id, TAKES_PART, AWAITED)
    )
    return awaited.correlate(Call).exists()


def awaited(call_id: UUID) -> Sequence[ClaimedCertificate]:
    """The claims for whose verification, or for whose company's answer, scoring of the call still waits."""
    query = select(ClaimedCertificate).join(Application, Application.id == ClaimedCertificate.application_id)
    query = query.join(ClaimedCertificate.certificate).where(Application.call_id == call_id, TAKES_PART, AWAITED)
    return db.session.scalars(query.order_by(ClaimedCertificate.verify_by, Application.ticket)).all()


def to_settle(call_id: UUID) -> Sequence[ClaimedCertificate]:
    """What the applications of the call claim and nobody has settled yet, locked with its certificates."""
    query = select(ClaimedCertificate).join(Application, Application.id == ClaimedCertificate.application_id)
    query = query.join(ClaimedCertificate.certificate).options(contains_eager(ClaimedCertificate.certificate))
    query = query.where(Application.call_id == call_id, TAKES_PART, ClaimedCertificate.settled_at.is_(None))
    locked = query.order_by(Application.ticket, ClaimedCertificate.kind)
    return db.session.scalars(
        locked.with_for_update(of=Certificate, key_share=True).execution_options(populate_existing=True)
    ).all()


def calls_to_settle(certificate_id: UUID | None = None) -> Sequence[UUID]:
    """Closed calls with claims that are not settled: all, or those in which this certificate is claimed."""
    query = select(Application.call_id).join(Application.call).where(Call.status == CallStatus.CLOSED, TAKES_PART)
    query = query.join(ClaimedCertificate, ClaimedCertificate.application_id == Application.id)
    query = query.where(ClaimedCertificate.settled_at.is_(None))
    if certificate_id is not None:
        query = query.where(ClaimedCertificate.certificate_id == certificate_id)
    return db.session.scalars(query.distinct().order_by(Application.call_id)).all()


def counted(certificate_id: UUID) -> Sequence[ClaimedCertificate]:
    """The claims of this certificate that were settled as counting, with the certificate."""
    query = select(ClaimedCertificate).join(ClaimedCertificate.certificate)
    query = query.options(contains_eager(ClaimedCertificate.certificate)).where(
        ClaimedCertificate.certificate_id == certificate_id,
        ClaimedCertificate.settled_at.is_not(None),
        ClaimedCertificate.refusal.is_(None),
    )
    return db.session.scalars(query.order_by(ClaimedCertificate.application_id)).all()


def unverified_by(until: date) -> Sequence[ClaimedCertificate]:
    """Claims of closed calls that nobody has verified and that must be by this day, at the latest; not those over."""
    query = select(ClaimedCertificate).join(Application, Application.id == ClaimedCertificate.application_id)
    query = query.join(Application.call).join(ClaimedCertificate.certificate)
    query = query.options(contains_eager(ClaimedCertificate.certificate))
    query = query.where(
        Call.status == CallStatus.CLOSED,
        TAKES_PART,
        Certificate.status == CertificateStatus.CLAIMED,
        ClaimedCertificate.settled_at.is_(None),
        ClaimedCertificate.verify_by.between(db.today(), until),
    )
    return db.session.scalars(query.order_by(ClaimedCertificate.verify_by, Application.ticket)).all()


@dataclass(frozen=True)
class CertificateLine:
    """What a kind of certificate adds to an application; `standing` is counts, waits, none or a code of REFUSALS."""

    kind: str
    points: int
    standing: str
    certificate: Certificate | None = None


def certificate_lines(application: Application) -> list[CertificateLine]:
    """What each kind that the call gives points for adds: by what was claimed, and before that by what is held now."""
    points = certificate_points(application.call)
    if not points:
        return []
    if application.submitted_at is not None:
        shown = {claim.kind: (_settled(claim), claim.certificate) for claim in application.certificates}
    else:
        day = closing_day(application.call)
        held = certificates.certificates_of(application.organisation_id, points)
        best = sorted(((_standing(refusal(one, day)), one) for one in held), key=lambda pair: BEST.get(pair[0], 0))
        shown = {one.kind: (standing, one) for standing, one in best}
    return [CertificateLine(kind, added, *shown.get(kind, ("none",))) for kind, added in points.items()]


def _settled(claim: ClaimedCertificate) -> str:
    """How it was settled, or how it stands as long as it isn't."""
    if claim.settled_at is not None:
        return claim.refusal or "counts"
    return _standing(refusal(claim.certificate, claim.valid_on))


def _standing(refusal: str | None) -> str:
    return {None: "counts", "not_verified": "waits"}.get(refusal, refusal or "")


def counting(call_id: UUID) -> dict[UUID, list[str]]:
    """By application of the call: the kinds of the certificates that count, in the order of their codes."""
    kinds: dict[UUID, list[str]] = {}
    query = select(ClaimedCertificate.application_id, ClaimedCertificate.kind).join(
        Application, Application.id == ClaimedCertificate.application_id
    )
    query = query.where(
        Application.call_id == call_id,
        ClaimedCertificate.settled_at.is_not(None),
        ClaimedCertificate.refusal.is_(None),
    )
    for application_id, kind in db.session.execute(query.order_by(ClaimedCertificate.kind)):
        kinds.setdefault(application_id, []).append(kind)
    return kinds
