"""Reads of firms, consultants, bank accounts and what stands in their way; always ordered."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Date,
    DateTime,
    Select,
    Text,
    Uuid,
    bindparam,
    case,
    column,
    func,
    or_,
    select,
)
from sqlalchemy.orm import joinedload, selectinload

from config.providers import terms
from marketplace.accounts.search import matches
from marketplace.core import clock, db
from marketplace.core.actors import AGENCY, Actor, Role
from marketplace.core.errors import NotFound
from marketplace.providers import training
from marketplace.providers.models import (
    Affiliation,
    BankAccount,
    Consultant,
    Provider,
    RecordedConflict,
)
from marketplace.providers.states import BankAccountStatus, ProviderStatus

STANDING = (joinedload(Consultant.pledges), selectinload(Consultant.training))
"""What find_obstacle reads of consultants, for all of them at once."""


def get_provider(provider_id: UUID, *, lock: bool = False) -> Provider:
    """The firm, whatever its status."""
    return db.get(Provider, provider_id, lock=lock)


def find_provider(organisation_id: UUID | None) -> Provider | None:
    """The firm registered for this organisation, or None before it applied."""
    return db.session.get(Provider, organisation_id) if organisation_id else None


def get_public_provider(provider_id: UUID) -> Provider:
    """A firm that the public may see: in the register, suspended or not."""
    provider = get_provider(provider_id)
    if provider.status not in (ProviderStatus.APPROVED, ProviderStatus.SUSPENDED):
        raise NotFound()
    return provider


def _ready_firms(on: date | BindParameter[date]) -> ColumnElement[UUID]:
    """SQL: the firm of each consultant who has pledged for the season and holds every required course that day."""
    consultants = func.ready_consultants(on, db.array(training.required(), Text))
    return consultants.table_valued("consultant_id", column("provider_id", Uuid)).c.provider_id


def ready_counts(on: date) -> dict[UUID, int]:
    """How many consultants each firm can name in a bid on that day."""
    firm = _ready_firms(on)
    counts = db.session.execute(select(firm, func.count().label("ready")).group_by(firm))
    return {row.provider_id: row.ready for row in counts}


@lru_cache(maxsize=100)
def listed(
    *, service_line: str = "", region: str = "", language: str = "", search: str = ""
) -> Select[*tuple[Any, ...]]:
    """What the public list shows of firms: in the register, with a ready consultant, not dormant.

    Ordered by the page. The statement is kept, as making it takes longer than its answer; it asks for the day anew.
    """
    today = db.today()
    since = bindparam("since", callable_=_since, type_=DateTime(timezone=True))
    worked = func.coalesce(Provider.last_worked_at, Provider.restored_at, Provider.approved_at)
    lists = Provider.service_lines, Provider.regions, Provider.languages
    grade = Provider.grade_value, Provider.grade_count, Provider.grade_provisional
    # The page and its total both ask for them: the database finds them once.
    ready = select(_ready_firms(today)).distinct().cte("ready")
    query = select(Provider.id, Provider.name, *lists, *grade).where(
        Provider.status == ProviderStatus.APPROVED, worked >= since, Provider.id.in_(select(ready.c.provider_id))
    )
    for offered, code in zip(lists, (service_line, region, language), strict=True):
        if code:
            query = query.where(offered.contains([code]))
    if search:
        query = query.where(db.contains(Provider.name, search))
    return query


def _since() -> datetime:
    """Who has not worked since then is dormant."""
    return clock.now() - terms(clock.today()).dormant_after


def registrations(*, status: str = "", search: str = "") -> Select[Provider]:
    """Every firm, for the agency's list; ordered by the page."""
    query = select(Provider)
    if status:
        query = query.where(Provider.status == status)
    if search:
        employs = select(Consultant.provider_id).where(db.contains(Consultant.name, search))
        matching = matches(search, Provider.name, organisations=(Provider.id,))
        query = query.where(or_(matching, Provider.id.in_(employs)))
    return query


def in_register() -> Sequence[Provider]:
    """Every firm that was ever approved and wasn't removed, for matching; by name."""
    query = select(Provider).where(Provider.status.in_([ProviderStatus.APPROVED, ProviderStatus.SUSPENDED]))
    return db.session.scalars(query.order_by(Provider.name, Provider.id)).all()


def get_consultant(consultant_id: UUID, *, actor: Actor | None = None, lock: bool = False) -> Consultant:
    """The consultant; with an actor NotFound unless it is themselves, their firm's manager or the agency."""
    consultant = db.get(Consultant, consultant_id, lock=lock)
    if actor is None or actor.role in AGENCY or actor.person_id == consultant.person_id:
        return consultant
    if actor.role is Role.MANAGER and actor.organisation_id == consultant.provider_id:
        return consultant
    raise NotFound()


def find_consultant(person_id: UUID | None, *, lock: bool = False) -> Consultant | None:
    """The register's entry of this person, or None."""
    query = select(Consultant).where(Consultant.person_id == person_id)
    return db.session.scalars(query.with_for_update(key_share=True) if lock else query).one_or_none()


def consultants_of(provider_id: UUID) -> Sequence[Consultant]:
    """The firm's consultants today with what stands in their way, by name."""
    return db.session.scalars(_consultants_of(), {"provider_id": provider_id}).unique().all()


@cache
def _consultants_of() -> Select[Consultant]:
    query = select(Consultant).options(*STANDING).where(Consultant.provider_id == bindparam("provider_id"))
    return query.order_by(Consultant.name, Consultant.id)


def standings_of(provider_id: UUID, on: date) -> Sequence[Any]:
    """Id and name of the firm's consultants, and what stands in the way of naming each in a bid that day; by name."""
    return db.session.execute(_standings_of(), {"provider_id": provider_id, "day": on}).all()


@cache
def _standings_of() -> Select[*tuple[Any, ...]]:
    query = select(Consultant.id, Consultant.name, _obstacle(bindparam("day", type_=Date)))
    query = query.where(Consultant.provider_id == bindparam("provider_id"))
    return query.order_by(Consultant.name, Consultant.id)


def standings(consultant_ids: Iterable[UUID], on: date) -> Sequence[Any]:
    """These consultants' name, firm and experience, and why their firm can't name them that day; by name."""
    experience = Consultant.experience_years, Consultant.service_lines
    query = select(Consultant.id, Consultant.name, Consultant.provider_id, *experience, _obstacle(on)).where(
        Consultant.id.in_(list(consultant_ids))
    )
    return db.session.execute(query.order_by(Consultant.name, Consultant.id)).all()


def _obstacle(on: date | BindParameter[date]) -> ColumnElement[str | None]:
    """SQL: why the consultant's firm can't name them that day (a key of OBSTACLES), or NULL."""
    required = db.array(training.required(), Text)
    stands = func.consultant_obstacle(Consultant.id, Consultant.provider_id, on, required)
    return case((Consultant.provider_id.is_(None), "not_with_the_firm"), else_=stands).label("obstacle")


def consultant_names_of(provider_id: UUID) -> dict[UUID, str]:
    """Names of the firm's consultants today by id, in the order of the names."""
    query = select(Consultant.id, Consultant.name).where(Consultant.provider_id == provider_id)
    return {row.id: row.name for row in db.session.execute(query.order_by(Consultant.name, Consultant.id))}


def consultants_by_id(consultant_ids: Iterable[UUID]) -> Sequence[Consultant]:
    """These consultants with what stands in their way, by name; unknown ids are left out."""
    query = select(Consultant).options(*STANDING).where(Consultant.id.in_(list(consultant_ids)))
    return db.session.scalars(query.order_by(Consultant.name, Consultant.id)).unique().all()


def consultant_names(consultant_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names of these consultants by id, in the order of the names; for pages that show no more."""
    query = select(Consultant.id, Consultant.name).where(Consultant.id.in_(list(consultant_ids)))
    return {row.id: row.name for row in db.session.execute(query.order_by(Consultant.name, Consultant.id))}


def consultants(on: date, *, search: str = "") -> Select[*tuple[Any, ...]]:
    """What the agency's list shows of the register, and what each consultant lacks that day; ordered by the page."""
    firm, obstacle = Provider.name.label("firm"), _obstacle(on)
    query = select(Consultant.id, Consultant.name, firm, Consultant.experience_years, obstacle)
    query = query.outerjoin_from(Consultant, Provider, Provider.id == Consultant.provider_id)
    matching = matches(search, Consultant.name, organisations=(Consultant.provider_id,))
    return query.where(matching) if search else query


def affiliations_of(consultant_id: UUID) -> Sequence[tuple[Affiliation, str]]:
    """Every firm the consultant belonged to, with its name, the newest first."""
    query = (
        select(Affiliation, Provider.name)
        .join(Provider, Provider.id == Affiliation.provider_id)
        .where(Affiliation.consultant_id == consultant_id)
        .order_by(Affiliation.from_on.desc(), Affiliation.id)
    )
    return [(affiliation, name) for affiliation, name in db.session.execute(query)]


def find_open_affiliation(consultant_id: UUID) -> Affiliation | None:
    """The consultant's membership in a firm that has no end yet, locked."""
    query = select(Affiliation).where(Affiliation.consultant_id == consultant_id, Affiliation.until_on.is_(None))
    return db.session.scalars(query.with_for_update(key_share=True)).one_or_none()


def get_bank_account(account_id: UUID, *, lock: bool = False) -> BankAccount:
    """One bank account, whatever its status."""
    return db.get(BankAccount, account_id, lock=lock)


def active_bank_account(organisation_id: UUID) -> BankAccount | None:
    """The account to which the organisation is paid now."""
    return _account(organisation_id, "active")


def proposed_bank_account(organisation_id: UUID) -> BankAccount | None:
    """The account that waits for approval."""
    return _account(organisation_id, "proposed")


def _account(organisation_id: UUID, status: str) -> BankAccount | None:
    query = select(BankAccount).where(BankAccount.organisation_id == organisation_id, BankAccount.status == status)
    return db.session.scalars(query).one_or_none()


def bank_accounts_of(organisation_id: UUID) -> Sequence[BankAccount]:
    """Every account the organisation ever gave, the newest first."""
    return db.session.scalars(_bank_accounts_of(), {"organisation_id": organisation_id}).all()


@cache
def _bank_accounts_of() -> Select[BankAccount]:
    query = select(BankAccount).where(BankAccount.organisation_id == bindparam("organisation_id"))
    return query.order_by(BankAccount.proposed_at.desc(), BankAccount.id)


@dataclass(frozen=True)
class Evidence:
    """What the registers say of a firm and of people who worked for it: its accounts in force, the oldest first."""

    provider: Provider
    consultants: Sequence[Consultant]
    bank_accounts: Sequence[BankAccount]


def evidence(provider_id: UUID, consultant_ids: Iterable[UUID]) -> Evidence:
    """What is stored of this firm and these consultants."""
    people = select(Consultant).options(*STANDING).where(Consultant.id.in_(set(consultant_ids)))
    used = select(BankAccount).where(BankAccount.organisation_id == provider_id, BankAccount.active_at.is_not(None))
    return Evidence(
        provider=get_provider(provider_id),
        consultants=db.session.scalars(people.order_by(Consultant.id)).unique().all(),
        bank_accounts=db.session.scalars(used.order_by(BankAccount.active_at, BankAccount.id)).all(),
    )


def holders_of(accounts: Iterable[str]) -> Sequence[tuple[str, UUID]]:
    """Who ever gave each of these accounts, which are written as plain_number() writes them."""
    plain = func.plain_number(BankAccount.identifier)
    query = select(plain, BankAccount.organisation_id).where(plain.in_(set(accounts)))
    return [(account, holder) for account, holder in db.session.execute(query)]


def proposed_bank_accounts() -> Sequence[tuple[BankAccount, str]]:
    """Changes of account of registered firms that wait for a second person, with the firm's name, the oldest first."""
    query = (
        select(BankAccount, Provider.name)
        .join(Provider, Provider.id == BankAccount.organisation_id)
        .where(BankAccount.status == BankAccountStatus.PROPOSED, Provider.status != ProviderStatus.APPLIED)
        .order_by(BankAccount.proposed_at, BankAccount.id)
    )
    return [(account, name) for account, name in db.session.execute(query)]


def conflicting_providers(organisation_id: UUID) -> set[UUID]:
    """Firms between which and this organisation a conflict was recorded by those who examine it."""
    query = select(RecordedConflict.provider_id).where(RecordedConflict.organisation_id == organisation_id)
    return set(db.session.scalars(query.order_by(RecordedConflict.provider_id)))
