"""What an agency settles before its service goes live: each thing, how it stands, why it matters, who does it where."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cache
from typing import Any

from sqlalchemy import Row, Select, exists, func, select

from marketplace.accounts import queries as accounts
from marketplace.agency import rules as agency
from marketplace.agency.models import AgencyAccount, AgencyProfile, FunderEdition
from marketplace.agency.states import EditionStatus
from marketplace.core import clock, db
from marketplace.core.actors import ROLE_LABELS, Role
from marketplace.core.errors import Words
from marketplace.core.i18n import _, day, localized, moment
from marketplace.core.states import TextChoices
from marketplace.notifications import post
from marketplace.notifications import queries as notifications
from marketplace.notifications.states import MessageStatus
from marketplace.programmes.models import Call, Programme
from marketplace.programmes.standards import standard_on, standards
from marketplace.programmes.states import CallStatus, ProgrammeStatus

# As many as two people for what counts need: before the first voucher, and before the first agreement is redeemed.
FIRST_PEOPLE = {Role.ADMINISTRATOR: 2, Role.PROGRAMME_OFFICER: 1, Role.BUDGET_OFFICER: 2}
LATER_PEOPLE = {Role.BUDGET_OFFICER: 3, Role.ETHICS_OFFICER: 3, Role.EVALUATOR: 2}
TEST_MAIL = "reports/test_mail"


class Stand(TextChoices):
    """How far a thing is."""

    OPEN = "open", _("Not done yet")
    WAITING = "waiting", _("Waiting for a second person")
    DONE = "done", _("Done")
    ADVISED = "advised", _("Advised")


@dataclass(frozen=True)
class Step:
    """One line of the checklist; `endpoint` is the page that settles it."""

    text: Words
    stand: Stand
    now: Words
    why: Words
    who: Words
    endpoint: str


def steps(*, mail_is_shown: bool = False) -> list[Step]:
    """Every line, in the order in which a new agency goes through them.

    `mail_is_shown`: the demonstration shows its mails on a page, so that it needs no mail server.
    """
    known = db.session.execute(_facts()).one()
    return [*_agency(known), _mail(mail_is_shown), *_staff(known.people or {}), _standard(), *_offer(known)]


def left(*, mail_is_shown: bool = False) -> int:
    """How many lines are not done; what is only advised doesn't count."""
    return sum(step.stand in (Stand.OPEN, Stand.WAITING) for step in steps(mail_is_shown=mail_is_shown))


@cache
def _facts() -> Select[*tuple[Any, ...]]:
    """All that the lines ask of the database but mail, in one statement; `people` is how many hold each role."""
    waits = EditionStatus.PROPOSED
    held = accounts.live().order_by(None).subquery()
    people = select(held.c.role, func.count(held.c.person_id.distinct()).label("number")).group_by(held.c.role)
    roles = people.subquery()
    return select(
        select(AgencyProfile.name).where(AgencyProfile.counts()).scalar_subquery().label("name"),
        select(AgencyProfile.help_email).where(AgencyProfile.counts()).scalar_subquery().label("help_email"),
        select(AgencyProfile.logo_id).where(AgencyProfile.counts()).scalar_subquery().label("logo_id"),
        exists().where(AgencyProfile.status == waits).label("profile_waits"),
        select(AgencyAccount.number).where(AgencyAccount.counts()).scalar_subquery().label("account"),
        exists().where(AgencyAccount.status == waits).label("account_waits"),
        exists().where(FunderEdition.counts(), FunderEdition.gives).label("funder"),
        exists().where(FunderEdition.status == waits).label("funder_waits"),
        exists().where(Programme.status == ProgrammeStatus.PUBLISHED).label("programme"),
        exists().where(Call.status != CallStatus.DRAFT).label("call"),
        select(func.jsonb_object_agg(roles.c.role, roles.c.number)).scalar_subquery().label("people"),
    )


def _agency(known: Row[Any]) -> Iterator[Step]:
    administrators, budget = _("Two administrators"), _("Two budget officers")
    yield Step(
        _("Name and address of the agency"),
        _stand(known.name, known.profile_waits),
        localized(known.name) or _("none"),
        _("They stand on letters and documents, and at the foot of every page, in both languages."),
        administrators,
        "agency.overview",
    )
    yield Step(
        _("E-mail address for help"),
        _stand(known.help_email, known.profile_waits),
        known.help_email or _("none"),
        _("The help page on every page leads to it."),
        administrators,
        "agency.overview",
    )
    yield Step(
        _("Logo"),
        Stand.DONE if known.logo_id else Stand.ADVISED,
        _("in force") if known.logo_id else _("none"),
        _("It stands at the top of pages and documents."),
        administrators,
        "agency.overview",
    )
    made_up = known.account is not None and agency.is_made_up(known.account)
    real = known.account is not None and not (made_up and agency.refuses_made_up())
    yield Step(
        _("Bank account of the agency"),
        _stand(real, known.account_waits),
        _("%(number)s, a made-up one", number=known.account) if made_up else known.account or _("none"),
        _("Companies pay their share into it and firms are paid from it. Without one no voucher can be redeemed."),
        budget,
        "agency.overview",
    )
    yield Step(
        _("Funders"),
        _stand(known.funder, known.funder_waits),
        _("in force") if known.funder else _("none"),
        _("A programme says whose money it gives, and each call's budget comes from them."),
        budget,
        "agency.funder_list",
    )


def _mail(mail_is_shown: bool) -> Step:
    test = notifications.newest(TEST_MAIL)
    arrives, sender = post.post().smtp_url is not None, post.post().sender
    answerable = not parseaddr(sender)[1].endswith("@localhost")
    if arrives and not answerable:
        now: Words = _("the sender is %(sender)s, which many e-mail servers refuse; set MAIL_FROM", sender=sender)
    elif not arrives:
        now = _("shown in the demonstration's outbox") if mail_is_shown else _("no e-mail server is set up")
    elif test is None:
        now = _("an e-mail server is set up, but no test e-mail was sent yet")
    elif test.status == MessageStatus.SENT:
        now = _("a test e-mail was handed over on %(when)s", when=moment(test.sent_at))
    elif test.status == MessageStatus.FAILED:
        now = _("the e-mail server refused the test e-mail: %(why)s", why=test.error or "")
    else:
        now = _("the test e-mail is still waiting; if it stays so, look at the background tasks")
    sent = arrives and answerable and test is not None and test.status == MessageStatus.SENT
    return Step(
        _("E-mail"),
        Stand.DONE if sent or (mail_is_shown and not arrives) else Stand.OPEN,
        now,
        _("Invitations, receipts, decisions and deadlines reach people by e-mail alone."),
        _("Whoever runs the server, and an administrator"),
        "reports.test_mail",
    )


def _staff(people: Mapping[Role, int]) -> Iterator[Step]:
    yield Step(
        _("People for the first voucher"),
        Stand.DONE if _enough(people, FIRST_PEOPLE) else Stand.OPEN,
        _count(people, FIRST_PEOPLE),
        _("One person proposes what counts, another confirms it. A person may hold several roles."),
        _("Two administrators"),
        "accounts.people",
    )
    yield Step(
        _("People for payments, ethics and evaluations"),
        Stand.DONE if _enough(people, LATER_PEOPLE) else Stand.ADVISED,
        _count(people, LATER_PEOPLE),
        _("Needed once work begins: large claims take two approvals and a third payer, a case and its appeal three."),
        _("Two administrators"),
        "accounts.people",
    )


def _standard() -> Step:
    today = clock.today()
    in_force = [standard_on(family, today) for family in sorted({known.family for known in standards().values()})]
    known = [str(_("%(name)s since %(day)s", name=localized(one.label), day=day(one.date))) for one in in_force]
    return Step(
        _("Size standard"),
        Stand.DONE if known else Stand.OPEN,
        ", ".join(known) or _("none"),
        _("It says which companies count as small or medium. Each programme names the one that it goes by."),
        _("A programme officer, when writing the programme"),
        "programmes.eligibility",
    )


def _offer(known: Row[Any]) -> Iterator[Step]:
    yield Step(
        _("First programme"),
        Stand.DONE if known.programme else Stand.OPEN,
        _("published") if known.programme else _("none is published"),
        _("It lays down amounts, shares and rules. Begin from one that is on file and change what differs."),
        _("A programme officer"),
        "programmes.programme_list",
    )
    yield Step(
        _("First call"),
        Stand.DONE if known.call else Stand.OPEN,
        _("published") if known.call else _("none is published"),
        _("Companies apply in a call. A budget officer appropriates its money before it is published."),
        _("A programme officer and a budget officer"),
        "programmes.programme_list",
    )


def _stand(settled: object, waits: bool) -> Stand:
    if waits and not settled:
        return Stand.WAITING
    return Stand.DONE if settled else Stand.OPEN


def _enough(people: Mapping[Role, int], needed: Mapping[Role, int]) -> bool:
    return all(people.get(role, 0) >= number for role, number in needed.items())


def _count(people: Mapping[Role, int], needed: Mapping[Role, int]) -> str:
    return ", ".join(
        str(_("%(role)s: %(have)s of %(need)s", role=ROLE_LABELS[role], have=people.get(role, 0), need=number))
        for role, number in needed.items()
    )
