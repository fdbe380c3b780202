"""Companies and consulting firms of the demo: how they register, and what is known of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from random import Random
from typing import Any, TypeAlias
from uuid import UUID

from werkzeug.datastructures import FileStorage

from config import lists
from marketplace.accounts import business_number
from marketplace.accounts import queries as accounts_queries
from marketplace.accounts import service as accounts
from marketplace.accounts.states import OrganisationKind
from marketplace.core import clock
from marketplace.core.account_numbers import AccountScheme
from marketplace.core.actors import Actor, Role
from marketplace.demo import words
from marketplace.demo.documents import word_document
from marketplace.demo.people import Cast, acting, join, sign_up
from marketplace.providers import ethics_code, training
from marketplace.providers import queries as providers_queries
from marketplace.providers import service as providers
from marketplace.verification import queries as verification_queries
from marketplace.verification import service as verification
from marketplace.verification.states import VerificationStatus

# Sectors of companies, the frequent ones several times; what can't be decided by the standard last.
SECTORS = [
    *["manufacturing"] * 6, "computer-related", "computer-related", "wholesale", "construction", "transportation",
    "engineering", "warehouse", "tour", "hotel", "fishing", "seeds", "film", "science-service", "medical",
    "telecommunication", "product-intermediation", "sewage", "utilities", "mining", "retail-large", "agriculture",
]  # fmt: skip
MADE = ("C10", "C25", "C29")  # industries of the firms that manufacture


NamePair: TypeAlias = tuple[dict[str, str], dict[str, str]]
"""A sight and an animal, in both languages."""


@dataclass
class Company:
    """A small firm with its people."""

    id: UUID
    name: str
    domain: str
    sector: str
    region: str
    facts: dict[str, object]
    signatory: Actor
    preparer: Actor | None = None


@dataclass
class Firm:
    """A consulting firm with its manager and consultants."""

    id: UUID
    name: str
    manager: Actor
    service_lines: list[str]
    region: str
    account: str
    consultants: list[tuple[UUID, Actor]] = field(default_factory=list)


def add_company(
    cast: Cast, pair: NamePair, number: int, domain: str = "", locale: str = "", *, verified: bool = True
) -> Company:
    """Sign somebody up, register their company, have it verified, and give every second one a preparer."""
    chance = cast.chance
    domain = domain or f"{pair[0]['en']}-{pair[1]['en']}".lower().replace(" ", "-") + ".example"
    sector = SECTORS[number % len(SECTORS)]
    region = list(lists.regions())[number % len(lists.regions())]
    person = sign_up(f"signatory@{domain}", cast.name(), locale=locale or ("en" if number % 8 == 7 else "ko"))
    name = words.firm_name(pair, sector, chance)
    organisation = accounts.register_company(
        person,
        sector=sector,
        email=f"office@{domain}",
        **_facts_of_firm(OrganisationKind.SME, name, person.name, region, chance),
    )
    assert person.person_id is not None
    signatory = acting(person.person_id, Role.SIGNATORY)
    company = Company(organisation.id, name, domain, sector, region, _facts(sector, chance), signatory)
    if verified:
        hand_in(signatory)
        verify(organisation.id, cast)
    if number % 2 == 0:
        company.preparer = join(f"preparer@{domain}", cast.name(), Role.PREPARER, host=signatory)
    return company


def paper(name: str) -> FileStorage:
    """The business registration of a firm."""
    document = word_document(["사업자등록증", name, "시연용으로 만든 문서입니다."])
    return FileStorage(document, filename="사업자등록증.docx")


def hand_in(actor: Actor) -> None:
    """Hand in the actor's company as it is registered, to be verified."""
    assert actor.organisation_id is not None
    one = accounts_queries.get_organisation(actor.organisation_id)
    verification.hand_in(
        actor=actor, name=one.name, representative_name=one.representative_name, document=paper(one.name)
    )


def verify(organisation_id: UUID, cast: Cast) -> None:
    """An officer compares what was handed in, and finds nothing wrong."""
    waiting = verification_queries.find(organisation_id, VerificationStatus.WAITING)
    assert waiting is not None
    verification.confirm(waiting.id, actor=cast.one(Role.PROGRAMME_OFFICER))


def _facts_of_firm(kind: OrganisationKind, name: str, person: str, region: str, chance: Random) -> dict[str, Any]:
    digits = business_number.generate(chance)
    return {
        "kind": kind,
        "name": name,
        "business_number": digits,
        "representative_name": person,
        "region": region,
        "address": f"{lists.regions()[region]['ko']} 가상로 {chance.randint(1, 9999)}",
        "phone": f"070-0{chance.randint(100, 999)}-{digits[6:]}",
        "established_on": date(chance.randint(1988, 2021), chance.randint(1, 12), chance.randint(1, 28)),
    }


def _facts(sector: str, chance: Random) -> dict[str, object]:
    """Facts of a company well below every threshold; money in whole won. Farms state no sales: a person decides."""
    employees = chance.choice((7, 12, 18, 25, 33, 48, 64, 90))
    capital, sales = chance.randint(1, 20) * 100_000_000, chance.randint(8, 90) * 100_000_000
    made = MADE[sales // 100_000_000 % len(MADE)]
    known: dict[str, object] = {
        "sector": sector,
        "industry": made if sector == "manufacturing" else lists.sole_industries().get(sector, "D"),
        "employees": employees,
        "capital": capital,
        "total_assets": sales * 8 // 10,
    }
    years = {"sales_year_1": sales, "sales_year_2": sales * 95 // 100, "sales_year_3": sales * 88 // 100}
    return known if sector == "agriculture" else known | {"sales": sales} | years


def add_firm(cast: Cast, pair: NamePair, number: int, *, staff: int, domain: str = "", locale: str = "") -> Firm:
    """Register a consulting firm with its consultants; the officer's approval comes later."""
    chance = cast.chance
    domain = domain or f"{pair[0]['en']}-{pair[1]['en']}".lower().replace(" ", "-") + "-consulting.example"
    person = sign_up(f"manager@{domain}", cast.name(), locale=locale or ("en" if number % 8 == 7 else "ko"))
    regions, lines = list(lists.regions()), list(lists.service_lines())
    region = regions[number % len(regions)]
    name = words.firm_name(pair, "consulting", chance)
    organisation = accounts.register_company(
        person, email=f"office@{domain}", **_facts_of_firm(OrganisationKind.PROVIDER, name, person.name, region, chance)
    )
    assert person.person_id is not None
    manager = acting(person.person_id, Role.MANAGER)
    firm = Firm(
        organisation.id, name, manager, [lines[number % 5], lines[(number + 2) % 5]], region, f"999{number:09d}"
    )
    profile = providers.Profile(
        service_lines=firm.service_lines,
        sectors=chance.sample(sorted(lists.sectors()), 6),
        regions=sorted({region, *chance.sample(regions, 5)}),
        languages=["ko", "en"] if number % 3 else ["ko"],
        capacity=chance.randint(3, 6),
        introduction={
            "ko": f"{name}. 중소기업과 함께 일합니다.",
            "en": f"{name}. We work with small firms.",
        },
    )
    details = providers.AccountDetails(AccountScheme.OTHER, firm.account, "시범은행", name)
    providers.register_provider(firm.id, actor=manager, profile=profile, account=details, document=paper(name))
    for position in range(1, staff + 1):
        firm.consultants.append(_add_consultant(firm, cast, f"consultant{position}@{domain}"))
    return firm


def _add_consultant(firm: Firm, cast: Cast, email: str) -> tuple[UUID, Actor]:
    actor = join(email, cast.name(), Role.CONSULTANT, host=firm.manager)
    assert actor.person_id is not None
    consultant = providers.register_consultant(
        actor.person_id,
        actor=actor,
        service_lines=firm.service_lines,
        languages=["ko"],
        experience_years=cast.chance.randint(4, 25),
    )
    return consultant.id, actor


def approve_firm(firm: Firm, cast: Cast) -> None:
    """An officer looks at the firm, verifies it and takes it into the register."""
    verify(firm.id, cast)
    providers.approve_provider(firm.id, actor=cast.one(Role.PROGRAMME_OFFICER))


def keep_ready(firm: Firm, cast: Cast) -> Iterator[datetime]:
    """Each season anew: pledges in the first days of January, courses before they expire."""
    while True:
        for consultant_id, actor in firm.consultants:
            sign_and_learn(consultant_id, actor, cast.one(Role.PROGRAMME_OFFICER, 1))
        yield _next_season()


def sign_and_learn(consultant_id: UUID, actor: Actor, officer: Actor) -> None:
    """Sign this season's code of ethics and pass the courses that run out in it, where that is to be done."""
    consultant = providers_queries.get_consultant(consultant_id)
    today = clock.today()
    if ethics_code.season(today) not in {pledge.season for pledge in consultant.pledges}:
        providers.sign_pledge(actor=actor, version=ethics_code.current(today).version)
    for course in training.required():
        lasts = [record.expires_on.year for record in consultant.training if record.course == course]
        if max(lasts, default=0) <= today.year:
            providers.record_training(consultant_id, actor=officer, course=course, passed_on=today)


def _next_season() -> datetime:
    """The first working hour of next year."""
    return datetime(clock.today().year + 1, 1, 2, 9, tzinfo=clock.zone())
