"""Sign-in and sessions: started, moved to another role, and really ended."""

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from redis import Redis
from sqlalchemy import delete, func, or_, select, update

from config import retention
from marketplace.accounts import limits, passwords, queries, rules
from marketplace.accounts.models import Membership, Person, SignInSession
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound
from marketplace.core.i18n import _
from marketplace.core.logging import denied
from marketplace.core.tasks import Queue, task

KEEP_ENDED = retention.periods()["sessions"]


def sign_in(email: str, password: str, *, address: str, store: Redis) -> Person:
    """The person with this address and password; the same refusal, after the same time, for a wrong one of either.

    The caller still has to send away a person whose address isn't confirmed.
    """
    limits.check_sign_in(store, email=email.lower(), address=address)
    person = queries.find_person_by_email(email)
    if not passwords.matches(person.password_hash if person else None, password) or person is None:
        denied("sign-in", person_id=person.id if person else None)
        raise Invalid(_("The e-mail address or the password is wrong. After 5 tries you have to wait 15 minutes."))
    rules.check_not_disabled(person)
    limits.forgive_sign_in(store, email=email.lower(), address=address)
    return person


def start_session(person: Person, *, device_hash: str | None, browser: str, lifetime: timedelta) -> str:
    """Open a session in the only role the person has, or in none yet; returns the cookie's secret."""
    if not person.may_sign_in:
        raise Forbidden()
    roles = queries.memberships_of(person.id)
    secret = _open(
        person.id,
        membership_id=roles[0].id if len(roles) == 1 else None,
        device_hash=device_hash,
        browser=browser,
        expires_at=func.now() + lifetime,
    )
    record(Actor(person.id, Role.VISITOR, device_hash=device_hash), "person.sign_in", person)
    return secret


def prove(secret: str, *, password: str, actor: Actor) -> str:
    """Show by the password that it is still the same person; the session goes on under another cookie."""
    old = locked(secret)
    person = queries.get_person(old.person_id)
    if not passwords.matches(person.password_hash, password):
        raise Invalid(_("This is not your password."), field="password")
    record(actor, "person.prove", person)
    return reopen(old)


def switch_role(secret: str, membership_id: UUID, *, actor: Actor) -> str:
    """Act in another of one's own memberships from now on; the old cookie ends, the new one lives no longer."""
    old = locked(secret)
    membership = db.get(Membership, membership_id)
    if membership.person_id != old.person_id:
        raise NotFound()
    if not membership.is_live(clock.today()):
        raise DomainError(_("This role has ended. Choose another one."))
    fresh = reopen(old, membership_id=membership_id, proved_at=old.proved_at)
    record(actor, "person.switch_role", ("people", old.person_id), after={"membership_id": str(membership_id)})
    return fresh


def sign_out(secret: str) -> None:
    """End the session of this cookie for good."""
    db.session.execute(
        update(SignInSession)
        .where(SignInSession.token_hash == hashed(secret), SignInSession.ended_at.is_(None))
        .values(ended_at=func.now())
    )


def end_session(session_id: UUID, *, actor: Actor) -> None:
    """End one of one's own sessions, on whatever device it is."""
    sign_in_session = db.get(SignInSession, session_id, lock=True)
    if sign_in_session.person_id != actor.person_id:
        raise NotFound()
    _end(sign_in_session)
    record(actor, "session.end", sign_in_session)


def end_all_sessions(person_id: UUID, *, but: str | None = None) -> None:
    """End every session of a person, except the one of the cookie `but`."""
    db.session.execute(
        update(SignInSession)
        .where(
            SignInSession.person_id == person_id,
            SignInSession.ended_at.is_(None),
            SignInSession.token_hash != (hashed(but) if but else ""),
        )
        .values(ended_at=func.now())
    )


@task("delete_ended_sessions", _("Delete sessions long over"), Queue.MAINTENANCE, every=timedelta(hours=6))
def delete_ended_sessions() -> None:
    """Delete sessions that ended long enough ago."""
    limit = func.now() - KEEP_ENDED
    db.session.execute(
        delete(SignInSession).where(or_(SignInSession.ended_at < limit, SignInSession.expires_at < limit))
    )


def hashed(secret: str) -> str:
    """What is kept of a cookie."""
    return hashlib.sha256(secret.encode()).hexdigest()


def locked(secret: str) -> SignInSession:
    """The open session of this cookie, locked; Forbidden without one."""
    query = select(SignInSession).where(SignInSession.token_hash == hashed(secret))
    session = db.session.scalars(
        query.where(SignInSession.ended_at.is_(None)).with_for_update(of=SignInSession, key_share=True)
    ).first()
    if session is None:
        raise Forbidden()
    return session


def reopen(old: SignInSession, **changes: object) -> str:
    """End a session and go on under a new cookie, which lives no longer than the old one would have."""
    _end(old)
    same = {name: getattr(old, name) for name in ("membership_id", "device_hash", "browser", "expires_at")}
    return _open(old.person_id, **{**same, **changes})


def _open(person_id: UUID, **columns: object) -> str:
    secret = secrets.token_urlsafe(32)
    db.session.add(SignInSession(token_hash=hashed(secret), person_id=person_id, **columns))
    db.flush()
    return secret


def _end(session: SignInSession) -> None:
    if session.ended_at is None:
        session.ended_at = func.now()
    db.flush()
