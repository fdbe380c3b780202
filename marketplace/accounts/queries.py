"""Reads of people, organisations, memberships and sessions."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Date,
    Interval,
    Row,
    ScalarSelect,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import InstrumentedAttribute, join

from marketplace.accounts import rules
from marketplace.accounts.models import (
    AGENCY_ID,
    AccessEntry,
    Download,
    LiveSession,
    Membership,
    Organisation,
    Person,
    SignInSession,
)
from marketplace.accounts.states import MembershipStatus, OrganisationKind, PersonStatus
from marketplace.core import clock, db
from marketplace.core.actors import AGENCY, Actor, Role
from marketplace.core.errors import Forbidden, NotFound
from marketplace.core.i18n import _
from marketplace.core.task_queue import BackgroundTask, TaskStatus

IdColumn = InstrumentedAttribute[UUID] | InstrumentedAttribute[UUID | None] | ScalarSelect[UUID]


def get_person(person_id: UUID, *, lock: bool = False) -> Person:
    """The person; NotFound without one."""
    return db.get(Person, person_id, lock=lock)


def find_person_by_email(email: str, *, lock: bool = False) -> Person | None:
    """The person with this address, in any letter case."""
    query = select(Person).where(Person.email == email.lower())
    return db.session.scalars(query.with_for_update(key_share=True) if lock else query).one_or_none()


def names(person_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of people by id, in one query; for lists."""
    known = {person_id for person_id in person_ids if person_id is not None}
    query = select(Person.id, Person.name).where(Person.id == any_(db.array(list(known))))
    return {row.id: row.name for row in db.session.execute(query)} if known else {}


def person_name_of(person_id: IdColumn) -> ScalarSelect[str]:
    """The name of the person in this column."""
    return select(Person.name).where(Person.id == person_id).scalar_subquery()


def get_organisation(organisation_id: UUID, *, actor: Actor | None = None, lock: bool = False) -> Organisation:
    """The organisation; with an actor NotFound unless it is theirs or they work for the agency."""
    if actor is not None and actor.role not in AGENCY and actor.organisation_id != organisation_id:
        raise NotFound()
    return db.get(Organisation, organisation_id, lock=lock)


def organisation_names(organisation_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Names of organisations by id, in one query; for lists."""
    known = {key for key in organisation_ids if key is not None}
    return (
        {row.id: row.name for row in db.session.execute(_organisation_names(), {"ids": list(known)})} if known else {}
    )


@cache
def _organisation_names() -> Select[UUID, str]:
    ids = bindparam("ids", type_=ARRAY(Uuid))
    return select(Organisation.id, Organisation.name).where(Organisation.id == any_(ids))


def name_of(organisation_id: IdColumn) -> ScalarSelect[str]:
    """The name of the organisation in this column, for a list of what belongs to it."""
    return select(Organisation.name).where(Organisation.id == organisation_id).scalar_subquery()


def business_number_of(organisation_id: IdColumn) -> ScalarSelect[str | None]:
    """The business number of the organisation in this column, its ten digits."""
    return select(Organisation.business_number).where(Organisation.id == organisation_id).scalar_subquery()


def find_organisation_by_business_number(digits: str) -> Organisation | None:
    """The organisation registered under these ten digits."""
    return db.session.scalars(select(Organisation).where(Organisation.business_number == digits)).one_or_none()


def undertaking_of(organisation_id: UUID) -> list[UUID]:
    """All firms that count as one undertaking with this one, itself included."""
    organisation = db.get(Organisation, organisation_id)
    if organisation.undertaking_id is None:
        return [organisation_id]
    query = select(Organisation.id).where(Organisation.undertaking_id == organisation.undertaking_id)
    return list(db.session.scalars(query.order_by(Organisation.id)))


def live(on: date | None = None) -> Select[Membership]:
    """Memberships that give rights on this day (today)."""
    return select(Membership).where(Membership.live_on(on or db.today())).order_by(Membership.created_at, Membership.id)


def memberships_of(person_id: UUID) -> Sequence[Membership]:
    """What this person may act as today."""
    return db.session.scalars(live().where(Membership.person_id == person_id)).all()


def get_membership(membership_id: UUID, *, actor: Actor | None = None, lock: bool = False) -> Membership:
    """The membership; with an actor NotFound unless it is of their organisation or they work for the agency."""
    membership = db.get(Membership, membership_id, lock=lock)
    if actor is not None and actor.role not in AGENCY and membership.organisation_id != actor.organisation_id:
        raise NotFound()
    return membership


def memberships_in(organisation_id: UUID) -> Sequence[Membership]:
    """All memberships of an organisation that have not ended, the oldest first."""
    query = select(Membership).where(
        Membership.organisation_id == organisation_id, Membership.status != MembershipStatus.ENDED
    )
    return db.session.scalars(query.order_by(Membership.created_at, Membership.id)).all()


def with_roles(roles: Iterable[Role]) -> Select[Membership]:
    """The memberships by which confirmed people hold one of these roles today, joined with the people."""
    held = live().join(Membership.person).order_by(None)
    return held.where(Membership.role.in_(list(roles)), Person.status == PersonStatus.CONFIRMED)


def people_of(organisation_id: UUID, roles: Iterable[Role]) -> Sequence[Person]:
    """Confirmed people who hold one of these roles in the organisation today, in one query."""
    people = db.session.scalars(_people_of(frozenset(roles)), {"organisation_id": organisation_id})
    return list(dict.fromkeys(people))


@lru_cache(maxsize=100)
def _people_of(roles: frozenset[Role]) -> Select[Person]:
    members = with_roles(roles).where(Membership.organisation_id == bindparam("organisation_id"))
    return members.with_only_columns(Person).order_by(Membership.created_at, Membership.id)


def organisations_ever(person_ids: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    """Person and organisation of every membership these people have or had."""
    rows = select(Membership.person_id, Membership.organisation_id).where(Membership.person_id.in_(person_ids))
    return {(row[0], row[1]) for row in db.session.execute(rows)}


def people_ever(organisation_id: UUID, *, helpers: bool) -> Sequence[Person]:
    """Everybody who is or was a member of the organisation: its helpers, or all the others."""
    is_helper = Membership.role == Role.HELPER
    query = select(Person).join(Membership, Membership.person_id == Person.id)
    query = query.where(Membership.organisation_id == organisation_id, is_helper if helpers else ~is_helper)
    return db.session.scalars(query.order_by(Person.id)).unique().all()


def organisations_by_name(names: Iterable[str]) -> dict[str, set[UUID]]:
    """The organisations of each of these names, which are written as plain_firm_name() writes them."""
    plain = func.plain_firm_name(Organisation.name)
    bearers: dict[str, set[UUID]] = {}
    for name, organisation_id in db.session.execute(select(plain, Organisation.id).where(plain.in_(set(names)))):
        bearers.setdefault(name, set()).add(organisation_id)
    return bearers


def people_with_role(role: Role) -> Sequence[Person]:
    """People who hold this role of the agency today."""
    return people_of(AGENCY_ID, [role])


def count_signatories(organisation_id: UUID, role: Role, *, without: UUID) -> int:
    """How many other live memberships of this role the organisation has without an end date."""
    query = live().where(
        Membership.organisation_id == organisation_id,
        Membership.role == role,
        Membership.id != without,
        Membership.valid_until.is_(None),
    )
    return db.session.scalar(select(func.count()).select_from(query.order_by(None).subquery())) or 0


def find_actor(person_id: UUID, membership_id: UUID | None) -> Actor | None:
    """The actor of this person in this membership today; without one a visitor with a name; None if shut out."""
    query = _actors(Person, literal(membership_id, Uuid)).where(Person.id == person_id)
    row = db.session.execute(query, {"today": clock.today()}).one_or_none()
    return None if row is None else _actor(row)


def _actors(people: Any, membership_id: Any) -> Select[*tuple[Any, ...]]:
    """People of a table who may sign in, with this membership if it is theirs and lives on the parameter `today`."""
    membership = and_(
        Membership.id == membership_id,
        Membership.person_id == Person.id,
        Membership.live_on(bindparam("today", type_=Date)),
    )
    return (
        select(
            Person.id.label("person_id"),
            Person.name,
            Membership.role,
            Membership.organisation_id,
            Membership.id.label("membership_id"),
            Organisation.name.label("organisation_name"),
        )
        .select_from(people)
        .outerjoin(Membership, membership)
        .outerjoin(Organisation, Organisation.id == Membership.organisation_id)
        .where(Person.may_sign_in)
    )


def _actor(row: Row[Any]) -> Actor:
    return Actor(
        row.person_id,
        row.role or Role.VISITOR,
        row.organisation_id,
        row.membership_id,
        name=row.name,
        organisation_name=row.organisation_name or "",
    )


def find_actor_of_session(token_hash: str) -> Actor | None:
    """Who acted in the session of this cookie, ended or not; None if there is none, or its person is shut out."""
    query = select(SignInSession.person_id, SignInSession.membership_id).where(SignInSession.token_hash == token_hash)
    row = db.session.execute(query).one_or_none()
    return find_actor(row.person_id, row.membership_id) if row else None


def find_session(token_hash: str, *, idle: timedelta) -> LiveSession | None:
    """The session of this cookie while it lives: not ended, idle or past its end, on the real clock."""
    parameters = {"token_hash": token_hash, "idle": idle, "today": clock.today()}
    row = db.session.execute(_sessions(), parameters).one_or_none()
    return None if row is None else LiveSession(row.id, _actor(row), row.is_unseen, row.has_proof)


@cache
def _sessions() -> Select[*tuple[Any, ...]]:
    """The living session of the parameter `token_hash`; made once, since each page asks for it."""
    unseen = SignInSession.last_seen_at < func.now() - timedelta(minutes=1)
    proved = SignInSession.proved_at > func.now() - rules.PROOF_LASTS
    return (
        _actors(join(SignInSession, Person), SignInSession.membership_id)
        .add_columns(SignInSession.id, unseen.label("is_unseen"), proved.label("has_proof"))
        .where(
            SignInSession.token_hash == bindparam("token_hash"),
            SignInSession.ended_at.is_(None),
            SignInSession.expires_at > func.now(),
            SignInSession.last_seen_at > func.now() - bindparam("idle", type_=Interval),
        )
    )


def open_sessions(person_id: UUID) -> Sequence[SignInSession]:
    """A person's sessions that have not ended, the newest first."""
    query = select(SignInSession).where(
        SignInSession.person_id == person_id, SignInSession.ended_at.is_(None), SignInSession.expires_at > func.now()
    )
    return db.session.scalars(query.order_by(SignInSession.created_at.desc(), SignInSession.id)).all()


@lru_cache(maxsize=100)
def people(*, search: str = "", role: Role | None = None, status: PersonStatus | None = None) -> Select[Person]:
    """People of this role and status; the text is of their name, address or organisation. Ordered by the page.

    The statement is kept, as making it takes longer than its answer.
    """
    query = select(Person)
    if search:
        members = select(Membership.person_id).join(Organisation, Organisation.id == Membership.organisation_id)
        named = Person.id.in_(members.where(db.contains(Organisation.name, search)))
        query = query.where(db.contains(Person.name, search) | db.contains(Person.email, search) | named)
    if role:
        holders = live().where(Membership.role == role).order_by(None).with_only_columns(Membership.person_id)
        query = query.where(Person.id.in_(holders))
    return query.where(Person.status == status) if status else query


def every_membership_of(person_id: UUID) -> Sequence[Membership]:
    """All memberships of this person, ended ones too, the oldest first."""
    query = select(Membership).where(Membership.person_id == person_id)
    return db.session.scalars(query.order_by(Membership.created_at, Membership.id)).all()


def roles_of_people(person_ids: Iterable[UUID]) -> dict[UUID, list[Row[UUID, Role, str]]]:
    """The active roles of these people with their organisation's name, by person; one query for a list."""
    roles: dict[UUID, list[Row[UUID, Role, str]]] = {}
    for row in db.session.execute(_roles_of_people(), {"person_ids": list(person_ids)}):
        roles.setdefault(row.person_id, []).append(row)
    return roles


@cache
def _roles_of_people() -> Select[UUID, Role, str]:
    return (
        select(Membership.person_id, Membership.role, Organisation.name.label("organisation"))
        .join(Membership.organisation)
        .where(
            Membership.person_id == any_(bindparam("person_ids", type_=ARRAY(Uuid))),
            Membership.status == MembershipStatus.ACTIVE,
        )
        .order_by(Membership.created_at, Membership.id)
    )


def held_roles(person_id: Any) -> Any:
    """The active roles of a select's people as pairs of role and organisation; a column, NULL without any."""
    pair = array([cast(Membership.role, Text), Organisation.name])
    held = select(func.array_agg(pair)).join(Membership.organisation)
    return held.where(Membership.person_id == person_id, Membership.status == MembershipStatus.ACTIVE).scalar_subquery()


def proposed_roles() -> Sequence[Row[UUID, UUID, Role, datetime, UUID | None, str]]:
    """Roles of the agency that wait for a second administrator, with the person's name, the oldest first."""
    return db.session.execute(_proposed_roles()).all()


def proposed_for(person_id: UUID) -> Sequence[Membership]:
    """The roles that this person gets once a second administrator approves them."""
    waits = Membership.person_id == person_id, Membership.status == MembershipStatus.PROPOSED
    return db.session.scalars(select(Membership).where(*waits).order_by(Membership.created_at, Membership.id)).all()


@cache
def _proposed_roles() -> Select[UUID, UUID, Role, datetime, UUID | None, str]:
    shown = Membership.id, Membership.person_id, Membership.role, Membership.created_at, Membership.granted_by
    return (
        select(*shown, Person.name)
        .join(Membership.person)
        .where(Membership.status == MembershipStatus.PROPOSED, Membership.organisation_kind == OrganisationKind.AGENCY)
        .order_by(Membership.created_at, Membership.id)
    )


def background_tasks(status: TaskStatus | None = None, search: str = "") -> Select[BackgroundTask]:
    """Background tasks for the administrator's page."""
    query = select(BackgroundTask)
    if search:
        texts = BackgroundTask.name, BackgroundTask.key, BackgroundTask.last_error
        query = query.where(or_(*(db.contains(column, search) for column in texts)))
    return query.where(BackgroundTask.status == status) if status else query


def access_entries(subject_id: UUID) -> Select[datetime, str | None, Role, str, str]:
    """Who looked at this person's data. Ordered by the page."""
    shown = select(AccessEntry.at, Person.name, AccessEntry.role, AccessEntry.address, AccessEntry.page)
    looks = shown.outerjoin(Person, Person.id == AccessEntry.person_id)
    return looks.where(AccessEntry.subject_id == subject_id)


def expired_memberships(*, limit: int) -> Sequence[Membership]:
    """Active memberships whose last day has passed, locked for their end; those another worker holds are left out."""
    query = select(Membership).where(
        Membership.status == MembershipStatus.ACTIVE, Membership.valid_until < clock.today()
    )
    return db.session.scalars(
        query.order_by(Membership.id).limit(limit).with_for_update(of=Membership, key_share=True, skip_locked=True)
    ).all()


def get_download(download_id: UUID, *, actor: Actor) -> Download:
    """One's own download; NotFound for anybody else's, Forbidden to its owner in another role."""
    download = db.get(Download, download_id)
    if download.person_id != actor.person_id or download.expires_at <= clock.now():
        raise NotFound()
    if download.membership_id != actor.membership_id:
        raise Forbidden(_("You asked for this file in another role. Act in that role to have it."))
    return download


def downloads_of(actor: Actor) -> Select[Download]:
    """What this person asked for in this role and can still be had."""
    return select(Download).where(
        Download.person_id == actor.person_id,
        Download.membership_id == actor.membership_id,
        Download.expires_at > func.app_now(),
    )
