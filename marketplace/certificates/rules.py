"""What may be done to certificates, and when one counts."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Protocol
from uuid import UUID

from marketplace.certificates.kinds import Kind, Terms
from marketplace.certificates.models import Certificate
from marketplace.certificates.states import CertificateStatus
from marketplace.core.actors import SME, Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, Words, explain
from marketplace.core.i18n import _
from marketplace.core.i18n import day as day_in_words

OVERLAP = _("Your company already has a certificate of this kind for some of these days. Look at it in the list.")
OWN_COMPANY = _("Nobody decides about a certificate of a company they belong to or belonged to.")
NUMBER_TAKEN = _("This number is verified for another company. Ask the issuer whose it is, and refuse the other one.")

explain(
    {
        "ex_certificates_validity": OVERLAP,
        "ex_certificates_number": NUMBER_TAKEN,
        "certificates_own_company": OWN_COMPANY,
    }
)

# Why a certificate doesn't count on a day.
REFUSALS: dict[str, Words] = {
    "not_verified": _("It was not verified in time."),
    "refused": _("It could not be verified."),
    "removed": _("The company took it back."),
    "not_begun": _("It was not valid yet on the day that counts."),
    "ended": _("It had ended before the day that counts."),
    "revoked": _("Its issuer had revoked it by the day that counts."),
}


class Dated(Protocol):
    """A certificate, or the columns of one that say when it is valid."""

    @property
    def status(self) -> CertificateStatus:
        """Where it stands."""

    @property
    def valid_from(self) -> date:
        """The first day."""

    @property
    def valid_until(self) -> date:
        """The last day."""

    @property
    def revoked_on(self) -> date | None:
        """The first day on which it is no longer valid."""


def refusal(certificate: Dated, day: date) -> str | None:
    """Why a certificate doesn't count on the day, as a code of REFUSALS; None when it does."""
    if certificate.valid_from > day:
        return "not_begun"
    if certificate.valid_until < day:
        return "ended"
    if certificate.status == CertificateStatus.REVOKED:
        return "revoked" if certificate.revoked_on is None or certificate.revoked_on <= day else None
    return {
        CertificateStatus.VERIFIED: None,
        CertificateStatus.REFUSED: "refused",
        CertificateStatus.REMOVED: "removed",
    }.get(certificate.status, "not_verified")


def check_sme(actor: Actor) -> UUID:
    """People of a company keep its certificates; the company."""
    if actor.role not in SME or actor.organisation_id is None:
        raise Forbidden()
    return actor.organisation_id


def check_officer(actor: Actor) -> None:
    """A programme officer verifies."""
    if actor.role is not Role.PROGRAMME_OFFICER:
        raise Forbidden()


def check_system(actor: Actor) -> None:
    """What happens by itself is nobody's to do."""
    if actor.role is not Role.SYSTEM:
        raise Forbidden()


def check_not_own(organisation_id: UUID, own: Collection[UUID]) -> None:
    """Nobody decides about a company they belong or belonged to; `own` are those of the officer."""
    if organisation_id in own:
        raise DomainError(OWN_COMPANY)


def check_not_revoked(revoked_on: date | None) -> None:
    """What its issuer revoked is not verified again under the same number."""
    if revoked_on is not None:
        raise DomainError(_("Its issuer revoked this certificate on %(day)s.", day=day_in_words(revoked_on)))


def check_kind(code: str, terms: Terms) -> Kind:
    """The kind, if the register keeps it now."""
    if code not in terms.kinds:
        raise Invalid(_("Choose one of the kinds on the list."), field="kind")
    return terms.kinds[code]


def check_number(kind: Kind, typed: str) -> str:
    """The number as it is kept; refused unless it can be one."""
    number = kind.number(typed)
    if number is None:
        raise Invalid(
            _("This can't be the number of such a certificate. Copy it from the certificate."), field="number"
        )
    return number


def check_grade(kind: Kind, grade: str | None) -> str | None:
    """The grade, which only some kinds have."""
    typed = (grade or "").strip().upper()
    if typed and typed not in kind.grades:
        allowed = ", ".join(kind.grades)
        raise Invalid(
            _("Use one of these grades: %(grades)s.", grades=allowed)
            if allowed
            else _("Certificates of this kind have no grade. Leave this empty."),
            field="grade",
        )
    return typed or None


def check_dates(valid_from: date, valid_until: date, today: date) -> None:
    """A certificate ends after it begins, and isn't over."""
    if valid_until < valid_from:
        raise Invalid(_("The last day lies before the first one."), field="valid_until")
    if valid_until < today:
        raise Invalid(_("This certificate has ended. Only one that is still valid can count."), field="valid_until")


def check_no_overlap(others: Iterable[Certificate], valid_from: date, valid_until: date) -> None:
    """Of one kind a company has one certificate at a time; `others` wait or are verified."""
    if any(other.valid_from <= valid_until and valid_from <= other.valid_until for other in others):
        raise Invalid(OVERLAP, field="valid_from")


def check_answerable(certificate: Certificate, today: date) -> None:
    """A refusal is answered once, in time; afterwards the certificate is entered anew."""
    if certificate.status == CertificateStatus.REFUSED and certificate.answer_by is None:
        raise DomainError(_("You have already answered. If the officer is wrong, enter the certificate anew."))
    if certificate.answer_by is not None and certificate.answer_by < today:
        raise DomainError(
            _(
                "You could answer until %(day)s. Enter the certificate anew for the next call.",
                day=day_in_words(certificate.answer_by),
            )
        )


def check_revoked_on(certificate: Certificate, day: date, today: date) -> None:
    """A revocation falls into the validity, and isn't announced for later."""
    if not certificate.valid_from <= day <= min(certificate.valid_until, today):
        raise Invalid(_("Give a day on which it was valid, today at the latest."), field="revoked_on")
