"""Certificates as tests need them, made by the verbs."""

from __future__ import annotations

import io
import itertools
from datetime import date, timedelta

from marketplace.certificates import service
from marketplace.certificates.models import Certificate, CertificateImport, Details
from marketplace.certificates.states import Level
from marketplace.core import clock
from marketplace.core.actors import Actor, Role
from tests.factories.accounts import make_officer

CAT = b"\x89PNG\r\n\x1a\n a picture of a cat"
HEADINGS = "확인번호,사업자등록번호,등급,유효기간 시작,유효기간 종료,취소일"
_count = itertools.count(1)


def make_certificate(
    sme: Actor,
    kind: str = "venture",
    *,
    number: str | None = None,
    valid_from: date | None = None,
    valid_until: date | None = None,
    grade: str | None = None,
) -> Certificate:
    """A certificate that the company has entered, with a picture as its document; it waits for an officer."""
    first = valid_from or clock.today() - timedelta(days=100)
    details = Details(
        number or f"2026{next(_count):08d}", first, valid_until or clock.today() + timedelta(days=500), grade
    )
    return service.record_certificate(kind, details, actor=sme, stream=io.BytesIO(CAT), filename="cat.png")


def make_verified(sme: Actor, kind: str = "venture", **facts: object) -> Certificate:
    """One that an officer has verified with its issuer."""
    made = make_certificate(sme, kind, **facts)  # type: ignore[arg-type]
    return service.verify(made.id, actor=make_officer(Role.PROGRAMME_OFFICER), level=Level.ISSUER)


def take_list(*rows: str, kind: str = "venture", officer: Actor | None = None) -> CertificateImport:
    """An issuer's list of these rows, as CSV."""
    content = "\r\n".join((HEADINGS, *rows)).encode("cp949")
    officer = officer or make_officer(Role.PROGRAMME_OFFICER)
    return service.take_list(kind, actor=officer, stream=io.BytesIO(content), filename="list.csv")
