"""The verbs of editions: of the agency's profile, its bank account and its funders."""

from collections.abc import Sequence
from datetime import date
from itertools import count
from typing import IO, Any, TypeVar
from uuid import UUID

from sqlalchemy import or_, select

from marketplace.agency import queries, rules
from marketplace.agency.models import AgencyAccount, AgencyProfile, Edition, Funder, FunderEdition
from marketplace.agency.states import EDITION, EditionStatus, FunderKind
from marketplace.core import clock, db, files
from marketplace.core.actors import SYSTEM, Actor
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError, Invalid
from marketplace.core.i18n import Text, _

E = TypeVar("E", bound=Edition)


def propose_profile(
    *,
    actor: Actor,
    name: Text,
    address: Text,
    help_email: str,
    valid_from: date,
    picture: tuple[IO[bytes], str] | None = None,
    keep_logo: bool = True,
) -> AgencyProfile:
    """Say how the agency is called and reached from a day on; nothing changes until a second person confirms it.

    `picture` is a new logo, its content and name; without one the logo in force is kept, or left out.
    """
    now = queries.in_force(AgencyProfile)
    logo_id = now.logo_id if now is not None and keep_logo else None
    if picture is not None:
        logo = files.store(*picture, actor=actor, kinds=rules.LOGO_KINDS)
        rules.check_logo(logo)
        logo_id = logo.id
    said = {"name": name, "address": address, "help_email": help_email, "logo_id": logo_id}
    return propose(AgencyProfile, said, actor=actor, valid_from=valid_from)


def propose_account(*, actor: Actor, holder: str, number: str, bank: str, valid_from: date) -> AgencyAccount:
    """Name the account that counts from a day on; nothing changes until a second person confirms it."""
    said = {"holder": holder, "number": rules.check_number(number), "bank": bank}
    return propose(AgencyAccount, said, actor=actor, valid_from=valid_from)


def propose_funder(*, actor: Actor, kind: FunderKind, name: Text, valid_from: date) -> FunderEdition:
    """Name a new funder; programmes may name it once a second person has confirmed it."""
    taken = queries.codes_of_funders(kind)
    codes = (kind.value if number == 1 else f"{kind.value}_{number}" for number in count(1))
    funder = Funder(code=next(code for code in codes if code not in taken), kind=kind)
    db.session.add(funder)
    db.flush()
    record(actor, "funder.add", funder, after={"code": funder.code})
    return propose_funder_change(funder.id, actor=actor, name=name, gives=True, valid_from=valid_from)


def propose_funder_change(funder_id: UUID, *, actor: Actor, name: Text, gives: bool, valid_from: date) -> FunderEdition:
    """Propose how the funder is called from a day on, and whether new programmes may name it."""
    said = {"funder_id": funder_id, "name": name, "gives": gives}
    return propose(FunderEdition, said, actor=actor, valid_from=valid_from)


def propose(model: type[E], said: dict[str, Any], *, actor: Actor, valid_from: date) -> E:
    """Write an edition down that waits for a second person; one of each thing at a time."""
    rules.check_role(actor, model)
    if valid_from < clock.today():
        raise Invalid(_("Choose today or a later day."), field="valid_from")
    same = [getattr(model, model.subject) == said[model.subject]] if model.subject else []
    if queries.proposed(model, *same) is not None:
        raise DomainError(rules.WAITING)
    now = queries.in_force(model, *same)
    edition = model(**said, valid_from=valid_from, proposed_by=actor.person_id, status=EDITION.initial)
    db.session.add(edition)
    db.flush()
    before = {name: getattr(now, name) for name in said} if now else None
    record(actor, "edition.propose", edition, before=before, after={**said, "valid_from": valid_from})
    return edition


def confirm(model: type[E], edition_id: UUID, *, actor: Actor) -> E:
    """Let an edition count from its day on, or from today if that has passed; never by who proposed it."""
    edition = queries.get(model, edition_id, lock=True)
    rules.check_may_confirm(actor, edition)
    if isinstance(edition, AgencyAccount):
        rules.check_real(edition.number)
    edition.decided_by = actor.person_id
    _begin(edition, actor=actor)
    return edition


def refuse(model: type[E], edition_id: UUID, *, actor: Actor, reason: str) -> E:
    """Turn a proposed edition down, or take one's own back, with a reason; what is in force stays."""
    edition = queries.get(model, edition_id, lock=True)
    rules.check_role(actor, model)
    edition.decided_by = actor.person_id
    transition(edition, EDITION, "refuse", actor=actor, reason=reason)
    db.flush()
    return edition


def install(*, name: Text, address: Text, help_email: str) -> AgencyProfile | None:
    """Say for the first time who the agency is, for whoever installs the service; None if it has been said."""
    if queries.editions(AgencyProfile):
        return None
    said: dict[str, Any] = {"name": name, "address": address, "help_email": help_email}
    profile = AgencyProfile(**said, valid_from=clock.today(), status=EDITION.initial)
    db.session.add(profile)
    db.flush()
    _begin(profile, actor=SYSTEM)
    return profile


def _begin(edition: Edition, *, actor: Actor) -> None:
    """Let it count from its day on; what counted then ends the day before, or never begins."""
    edition.valid_from = max(edition.valid_from, clock.today())
    for other in _later_than(edition):
        other.valid_until = max(other.valid_from, edition.valid_from)
    db.flush()
    transition(edition, EDITION, "confirm", actor=actor, valid_from=edition.valid_from.isoformat())
    db.flush()
    db.session.info.pop("own_numbers", None)


def _later_than(edition: Edition) -> Sequence[Edition]:
    """Confirmed editions of the same thing that would still count on its first day or after, locked."""
    model = type(edition)
    still = or_(model.valid_until.is_(None), model.valid_until > edition.valid_from)
    query = select(model).where(model.status == EditionStatus.CONFIRMED, still, *queries.same_as(edition))
    return db.session.scalars(query.with_for_update(key_share=True)).all()
