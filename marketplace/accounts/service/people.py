"""A person's account: sign-up, e-mail address, password, profile, disabling."""

from uuid import UUID

from marketplace.accounts import passwords, queries, rules
from marketplace.accounts.models import Person
from marketplace.accounts.service import credentials, sessions, tokens
from marketplace.accounts.service.notices import recipient
from marketplace.accounts.states import PERSON, PersonStatus, TokenPurpose
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError, Forbidden, Invalid
from marketplace.core.i18n import _
from marketplace.notifications import service as notifications
from marketplace.notifications.service import Recipient


def register_person(email: str, name: str, password: str, *, locale: str) -> str | None:
    """Open an account and mail its owner a link; a known address gets a mail that says so, and nothing changes.

    Returns the link's secret, or None for a known address; a page must answer the same in both cases.
    """
    rules.check_password(password, email=email, name=name)
    kept = passwords.hashed(password)
    known = queries.find_person_by_email(email, lock=True)
    if known is not None and known.status == PersonStatus.DISABLED:
        _tell_disabled(known)
        return None
    if known is not None and known.status != PERSON.initial:
        secret, token = tokens.issue(TokenPurpose.RESET_PASSWORD, person_id=known.id)
        notifications.queue("accounts/already_registered", to=recipient(known), key=str(token.id), token=secret)
        return None
    if known is None and tokens.owner_before(email) is not None:
        to = Recipient(email.lower(), locale, name)
        notifications.queue("accounts/address_reserved", to=to, key=f"{email.lower()}:{clock.today()}")
        return None
    person = known or Person(email=email.lower(), status=PERSON.initial)
    person.name, person.password_hash, person.locale = name, kept, locale
    db.session.add(person)
    db.flush()
    record(SYSTEM, "person.register", person)
    return send_confirmation(person)


def send_confirmation(person: Person) -> str:
    """Mail the link that confirms the address; older links end."""
    secret, token = tokens.issue(TokenPurpose.CONFIRM_EMAIL, person_id=person.id)
    notifications.queue(
        "accounts/confirm_email",
        to=recipient(person),
        key=str(token.id),
        token=secret,
        expires_at=token.expires_at,
    )
    return secret


def confirm_email(secret: str, *, password: str) -> Person:
    """Confirm the address by the mailed secret and the password chosen at sign-up; one without the other opens nothing.

    So nobody gets an account by signing up with another's address and waiting for the other to click.
    """
    token = tokens.use(TokenPurpose.CONFIRM_EMAIL, secret)
    assert token.person_id is not None
    person = queries.get_person(token.person_id, lock=True)
    if not passwords.matches(person.password_hash, password):
        raise Invalid(_("This is not the password that you chose when you signed up."), field="password")
    transition(person, PERSON, "confirm", actor=SYSTEM)
    return person


def ask_for_new_password(email: str) -> str | None:
    """Mail a link for a new password if the address is known; the page answers the same in any case.

    Whose account is disabled gets a mail that says so instead.
    """
    person = queries.find_person_by_email(email)
    if person is None:
        return None
    if person.status == PersonStatus.DISABLED:
        _tell_disabled(person)
        return None
    secret, token = tokens.issue(TokenPurpose.RESET_PASSWORD, person_id=person.id)
    notifications.queue(
        "accounts/reset_password",
        to=recipient(person),
        key=str(token.id),
        token=secret,
        expires_at=token.expires_at,
    )
    return secret


def reset_password(secret: str, *, password: str) -> Person:
    """Set a new password by the mailed secret; it proves the address as well."""
    token = tokens.use(TokenPurpose.RESET_PASSWORD, secret)
    assert token.person_id is not None
    person = queries.get_person(token.person_id, lock=True)
    rules.check_not_disabled(person)
    _set_password(person, password)
    if person.status == PERSON.initial:
        transition(person, PERSON, "confirm", actor=SYSTEM)
    record(SYSTEM, "person.reset_password", person)
    return person


def change_password(secret: str, *, actor: Actor, current: str, password: str) -> str:
    """Change one's own password, knowing the current one; returns the cookie under which this session goes on."""
    person, session = own_person(actor), sessions.locked(secret)
    if not passwords.matches(person.password_hash, current):
        raise Invalid(_("This is not your current password."), field="current")
    _set_password(person, password)
    record(actor, "person.change_password", person)
    return sessions.reopen(session)


def change_profile(*, actor: Actor, name: str, phone: str | None, locale: str) -> None:
    """Change one's own name, telephone number and language."""
    person = own_person(actor)
    person.name, person.phone, person.locale = name, phone or None, locale
    record(actor, "person.change_profile", person)


def ask_for_new_email(*, actor: Actor, email: str) -> str | None:
    """Mail a link to the new address; one that is taken gets none, with the same answer."""
    person = own_person(actor)
    if queries.find_person_by_email(email) is not None or tokens.owner_before(email) not in (None, person.id):
        return None
    secret, token = tokens.issue(TokenPurpose.CHANGE_EMAIL, person_id=person.id, email=email.lower())
    to = Recipient(email.lower(), person.locale, person.name)
    notifications.queue("accounts/change_email", to=to, key=str(token.id), token=secret, expires_at=token.expires_at)
    return secret


def change_email(link: str, secret: str, *, actor: Actor) -> str:
    """Take the new address, proved by its link; returns the cookie under which this session goes on."""
    person, session = own_person(actor), sessions.locked(secret)
    token = tokens.use(TokenPurpose.CHANGE_EMAIL, link)
    if token.person_id != person.id:
        raise DomainError(_("This link belongs to another account. Sign in with that one."))
    before = credentials.before(person)
    person.email = token.data["email"]
    credentials.tell(person, "email_changed", before)
    record(actor, "person.change_email", person)
    return sessions.reopen(session)


def disable_person(person_id: UUID, *, actor: Actor, reason: str) -> None:
    """Shut an account: every session ends at once and nobody signs in with it; not one's own."""
    person = queries.get_person(person_id, lock=True)
    if actor.person_id == person_id:
        raise DomainError(_("You can't disable your own account. Another administrator can."))
    transition(person, PERSON, "disable", actor=actor, reason=reason)
    sessions.end_all_sessions(person_id)


def restore_person(person_id: UUID, *, actor: Actor, reason: str) -> None:
    """Open a disabled account again."""
    transition(queries.get_person(person_id, lock=True), PERSON, "restore", actor=actor, reason=reason)


def own_person(actor: Actor) -> Person:
    """The actor's own row, locked."""
    if actor.person_id is None:
        raise Forbidden()
    return queries.get_person(actor.person_id, lock=True)


def _tell_disabled(person: Person) -> None:
    """Say it to the address itself, at most once a day: whoever reads there is no stranger."""
    key = f"{person.id}:{clock.today()}"
    notifications.queue("accounts/disabled", to=recipient(person), key=key, disabled_at=person.disabled_at)


def _set_password(person: Person, password: str) -> None:
    companies = {membership.organisation.name for membership in queries.memberships_of(person.id)}
    rules.check_password(password, email=person.email, name=person.name, companies=companies)
    before = credentials.before(person)
    person.former_password_hash = before.password_hash
    person.password_hash = passwords.hashed(password)
    person.password_changed_at = clock.now()
    credentials.tell(person, "password_changed", before)
