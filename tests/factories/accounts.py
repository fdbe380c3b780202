"""People, companies and officers as tests need them, made by the verbs where that is quick enough."""

import itertools
from datetime import timedelta
from random import Random
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import func, update

from marketplace.accounts import business_number, queries, service
from marketplace.accounts.models import AGENCY_ID, Membership, Organisation, Person, SignInSession
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.verification.models import Verification
from marketplace.verification.states import Evidence, RegisterAnswer, VerificationStatus

PASSWORD = "three quiet rabbits run"
# argon2id of PASSWORD, made once: hashing it anew for every person would make the tests slow
_HASH: list[str] = []
_count = itertools.count(1)
_random = Random(20261123)


def make_person(name: str | None = None, *, email: str | None = None, locale: str = "en", **facts: Any) -> Person:
    """A person with a confirmed address and PASSWORD."""
    number = next(_count)
    if not _HASH:
        from marketplace.accounts import passwords

        _HASH.append(passwords.hashed(PASSWORD))
    facts = {"status": "confirmed", "confirmed_at": clock.now(), **facts}
    person = Person(
        email=email or f"person{number}@example.com",
        name=name or f"Person {number}",
        locale=locale,
        password_hash=_HASH[0],
        **facts,
    )
    db.session.add(person)
    db.flush()
    return person


def make_sme(name: str | None = None, *, person: Person | None = None, verified: bool = True, **facts: Any) -> Actor:
    """A registered company, verified unless told otherwise; the actor is its signatory."""
    return _registered("sme", name, person, facts, verified=verified)


def make_provider(
    name: str | None = None, *, person: Person | None = None, verified: bool = True, **facts: Any
) -> Actor:
    """A registered consulting firm (an organisation only), verified as make_sme(); the actor is its manager."""
    return _registered("provider", name, person, facts, verified=verified)


def make_officer(role: Role, *, person: Person | None = None) -> Actor:
    """Somebody of the agency in this role."""
    person = person or make_person()
    membership = Membership(
        person_id=person.id,
        organisation_id=AGENCY_ID,
        organisation_kind="agency",
        role=role.value,
        status="active",
        activated_at=clock.now(),
        valid_from=clock.today(),
    )
    db.session.add(membership)
    db.flush()
    return actor_of(membership)


def make_member(of: Actor, role: Role, *, person: Person | None = None, **facts: Any) -> Actor:
    """Another person in the organisation of this actor."""
    assert of.organisation_id is not None
    person = person or make_person()
    membership = service.add_membership(person.id, of.organisation_id, role, actor=SYSTEM, **facts)
    return actor_of(membership)


def actor_of(membership: Membership) -> Actor:
    """The actor that this membership makes."""
    actor = queries.find_actor(membership.person_id, membership.id)
    assert actor is not None
    return actor


def organisation_of(actor: Actor) -> Organisation:
    """The organisation that this actor acts for."""
    assert actor.organisation_id is not None
    return queries.get_organisation(actor.organisation_id)


def new_business_number() -> str:
    """A valid business number that no other test organisation has."""
    return business_number.generate(_random)


def sign_in_as(client: FlaskClient, actor: Actor) -> FlaskClient:
    """Sign this actor in on this client, with a session row as the sign-in page makes it."""
    from flask import current_app

    assert actor.person_id is not None
    settings = current_app.config["SETTINGS"]
    person = queries.get_person(actor.person_id)
    secret = service.start_session(person, device_hash=None, browser="test", lifetime=settings.session_absolute)
    if actor.membership_id is not None:
        secret = service.switch_role(secret, actor.membership_id, actor=actor)
    db.commit()  # the context of the next line would undo it at its end
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie["_user_id"] = secret
        cookie["_fresh"] = True
    return client


def verify(organisation: Organisation) -> None:
    """As the business register would, at once."""
    db.session.add(
        Verification(
            organisation_id=organisation.id,
            name=organisation.name,
            representative_name=organisation.representative_name,
            status=VerificationStatus.CONFIRMED,
            evidence=Evidence.REGISTER,
            register_answer=RegisterAnswer.AGREES,
            look_by=clock.today(),
            confirmed_at=clock.now(),
        )
    )
    db.flush()


def let_proof_age(actor: Actor) -> None:
    """A quarter of an hour passes for this actor's sessions, which `sign_in_as` made with a fresh proof."""
    long_ago = func.now() - timedelta(minutes=15)
    sessions = update(SignInSession).where(SignInSession.person_id == actor.person_id)
    db.session.execute(sessions.values(proved_at=long_ago))


def _registered(kind: str, name: str | None, person: Person | None, facts: dict[str, Any], *, verified: bool) -> Actor:
    person = person or make_person()
    number = next(_count)
    known = {
        "business_number": new_business_number(),
        "representative_name": f"Representative {number}",
        "sector": "manufacturing",
        "region": "seoul",
        "address": f"{number} Test Street",
        **facts,
    }
    visitor = Actor(person.id, Role.VISITOR, name=person.name)
    organisation = service.register_company(visitor, kind=kind, name=name or f"{kind.title()} {number}", **known)
    if verified:
        verify(organisation)
    (membership,) = queries.memberships_in(organisation.id)
    return actor_of(membership)
