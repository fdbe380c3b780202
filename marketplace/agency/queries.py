"""Reads of what the agency says of itself: what is in force, what waits for a second person, what was before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from marketplace.agency import rules
from marketplace.agency.models import AgencyAccount, AgencyProfile, Edition, Funder, FunderEdition
from marketplace.agency.states import EditionStatus, FunderKind
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.documents import Issuer
from marketplace.core.errors import DomainError
from marketplace.core.files import StoredFile
from marketplace.core.i18n import Text, localized

E = TypeVar("E", bound=Edition)


@dataclass(frozen=True)
class Face:
    """What every page shows of the agency."""

    name: Text
    address: Text
    help_email: str
    logo_id: UUID | None


FACE = select(AgencyProfile.name, AgencyProfile.address, AgencyProfile.help_email, AgencyProfile.logo_id).where(
    AgencyProfile.counts()
)

# Money still comes to an account that another one has replaced.
OWN_NUMBERS = select(func.plain_number(AgencyAccount.number)).where(AgencyAccount.status == EditionStatus.CONFIRMED)


_keep_seconds = 0.0
_kept: tuple[float, Face | None] | None = None


def configure(*, production: bool, keep_seconds: float) -> None:
    """Set whether money is real here, and for how long a process shows the face that it knows.

    Every page asks for the face, and it changes once in years.
    """
    global _keep_seconds, _kept
    rules.configure(production=production)
    _keep_seconds, _kept = keep_seconds, None


def face() -> Face | None:
    """What pages show of the agency, a few seconds ago at most; None before it has said who it is."""
    global _kept
    now = monotonic()
    if _kept is None or now - _kept[0] >= _keep_seconds:
        row = db.session.execute(FACE).one_or_none()
        _kept = now, None if row is None else Face(*row)
    return _kept[1]


def name() -> str:
    """How the agency is called, in the language in force; empty before it has said so."""
    known = face()
    return localized(known.name) if known else ""


def get(model: type[E], edition_id: UUID, *, lock: bool = False) -> E:
    """The edition, locked if asked; NotFound without one."""
    return db.get(model, edition_id, lock=lock)


def same_as(edition: Edition) -> list[ColumnElement[bool]]:
    """SQL: editions of the same thing."""
    column = type(edition).subject
    return [getattr(type(edition), column) == getattr(edition, column)] if column else []


def in_force(model: type[E], *of: ColumnElement[bool]) -> E | None:
    """The edition that counts today, if one does; `of` says of which thing, where there are several."""
    return db.session.scalars(select(model).where(model.counts(), *of)).one_or_none()


def proposed(model: type[E], *of: ColumnElement[bool]) -> E | None:
    """The edition that waits for a second person, if one does."""
    return db.session.scalars(select(model).where(model.status == EditionStatus.PROPOSED, *of)).one_or_none()


def editions(model: type[E]) -> Sequence[E]:
    """Every edition, what counts last first; what was refused among them."""
    order = model.valid_from.desc(), model.proposed_at.desc()
    return db.session.scalars(select(model).order_by(*order)).all()


def funders() -> Sequence[Funder]:
    """Every funder that new programmes may name today, central ones first."""
    gives = select(FunderEdition.id).where(
        FunderEdition.funder_id == Funder.id, FunderEdition.counts(), FunderEdition.gives
    )
    return db.session.scalars(select(Funder).where(gives.exists()).order_by(Funder.kind, Funder.code)).all()


def get_funder(funder_id: UUID) -> Funder:
    """The funder, or NotFound."""
    return db.get(Funder, funder_id)


def codes_of_funders(kind: FunderKind) -> set[str]:
    """The codes of all funders of a kind, of those too that were only proposed."""
    return set(db.session.scalars(select(Funder.code).where(Funder.kind == kind)))


def account_on(day: date) -> AgencyAccount:
    """The agency's bank account on that day; refused where none is in force, as money would go nowhere."""
    until = AgencyAccount.valid_until
    account = db.session.scalars(
        select(AgencyAccount).where(
            AgencyAccount.status == EditionStatus.CONFIRMED,
            AgencyAccount.valid_from <= day,
            or_(until.is_(None), until > day),
        )
    ).one_or_none()
    if account is None:
        raise DomainError(rules.NO_ACCOUNT)
    return account


def account() -> AgencyAccount:
    """The agency's bank account today."""
    return account_on(clock.today())


def pay_into() -> ScalarSelect[dict[str, str] | None]:
    """SQL: where one pays today, as mails name it: holder, bank, account; None where no account is in force."""
    columns = {"holder": AgencyAccount.holder, "bank": AgencyAccount.bank, "account": AgencyAccount.number}
    words = func.jsonb_build_object(*(part for pair in columns.items() for part in pair), type_=JSONB)
    return select(words).where(AgencyAccount.counts()).scalar_subquery()


def own_numbers() -> frozenset[str]:
    """The numbers of all accounts that the agency has or had, as numbers are compared.

    Read once in a unit of work: a bank file asks for each of its thousands of movements.
    """
    known = db.session.info
    if "own_numbers" not in known:
        known["own_numbers"] = frozenset(db.session.scalars(OWN_NUMBERS))
    numbers: frozenset[str] = known["own_numbers"]
    return numbers


def logo(file_id: UUID, *, actor: Actor) -> StoredFile | None:
    """The picture of a profile; of one that is only proposed or was refused, for administrators alone."""
    shown = select(AgencyProfile.id).where(AgencyProfile.logo_id == file_id)
    if actor.role not in (Role.ADMINISTRATOR, Role.AUDITOR):
        shown = shown.where(AgencyProfile.status == EditionStatus.CONFIRMED)
    return db.session.scalars(select(StoredFile).where(StoredFile.id == file_id, shown.exists())).one_or_none()


def issuer() -> Issuer:
    """The agency as it stands on documents, in the language in force."""
    profile = in_force(AgencyProfile)
    if profile is None:
        return Issuer("")
    logo = db.session.get(StoredFile, profile.logo_id) if profile.logo_id else None
    return Issuer(localized(profile.name), logo)
