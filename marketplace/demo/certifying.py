"""Certificates of innovative companies in the demo: entered, verified, refused, listed by their issuer, left to do."""

import io
from datetime import timedelta

from dateutil.relativedelta import relativedelta

from marketplace.accounts import queries as accounts
from marketplace.certificates import service
from marketplace.certificates.kinds import known
from marketplace.certificates.models import Certificate, Details
from marketplace.certificates.states import Level
from marketplace.core import clock
from marketplace.core.actors import Role
from marketplace.core.i18n import localized
from marketplace.demo import words
from marketplace.demo.documents import word_document
from marketplace.demo.registers import Company
from marketplace.demo.story import World
from marketplace.demo.walk import Story, later

HEADINGS = "확인번호,사업자등록번호,등급,유효기간 시작,유효기간 종료"
BEFORE = 36
"""Days before today: before the call that is given by score opens."""


def certify(world: World, companies: slice) -> Story:
    """Of the three companies that will apply, one holds two certificates, one a list names, one is refused one."""
    officer = world.cast.one(Role.PROGRAMME_OFFICER)
    first, second, third = world.companies[companies]
    entered = [enter(first, "venture", months=10), enter(first, "inno_biz", months=20, grade="AA")]
    doubtful = enter(third, "management_innovation", months=5)
    ending = enter(world.companies[0], "venture", months=36, days=20 + BEFORE)
    yield later(1)
    for certificate, level in ((entered[0], Level.ISSUER), (entered[1], Level.DOCUMENT), (ending, Level.ISSUER)):
        service.verify(certificate.id, actor=officer, level=level)
    service.refuse(doubtful.id, actor=officer, reason=words.reason("unknown_number"))
    yield later(1)
    _take_list(world, second)
    yield world.walk.ago(12)
    enter(world.companies[1], "venture", months=2)
    yield world.walk.ago(1)
    enter(world.companies[2], "inno_biz", months=1, grade="A")
    service.refuse(
        enter(world.companies[3], "venture", months=30).id, actor=officer, reason=words.reason("unknown_number")
    )


def enter(company: Company, kind: str, *, months: int, days: int = 0, grade: str | None = None) -> Certificate:
    """A company enters a certificate that it got so many months ago; with `days` it has so many left."""
    today = clock.today()
    valid_from = today - relativedelta(months=months)
    until = today + timedelta(days=days) if days else known(kind).usual_end(valid_from)
    number = f"{valid_from:%Y%m%d}{int(company.id.int % 1_000_000):06d}"
    title = localized(known(kind).label)
    document = word_document([title, company.name, "시연용으로 만든 문서입니다."])
    return service.record_certificate(
        kind,
        Details(number, valid_from, until, grade),
        actor=company.preparer or company.signatory,
        stream=document,
        filename=f"{title}.docx",
    )


def _take_list(world: World, company: Company) -> None:
    """A list with one company of the demo, one that isn't registered, and two rows that can't be right."""
    number = accounts.get_organisation(company.id).business_number
    rows = (
        HEADINGS,
        f"20260105030001,{number},,2026-01-05,2029-01-04",
        "20260105030002,220-81-62517,,2026-01-05,2029-01-04",
        "20260105030003,123-45-67890,,2026-01-05,2029-01-04",
        f"20260105030004,{number},,2026-02-30,2029-01-04",
    )
    stream = io.BytesIO("\r\n".join(rows).encode("utf-8"))
    officer = world.cast.one(Role.PROGRAMME_OFFICER, 1)
    service.take_list("venture", actor=officer, stream=stream, filename="벤처기업명단.csv")
