"""What follows on every change of credentials: the old and the new address are told, and it can be taken back.

The database ends what the old ones opened (sql/end_what_credentials_opened.sql), whichever verb changed them.
"""

import secrets
from dataclasses import dataclass

from marketplace.accounts import passwords, queries, rules
from marketplace.accounts.models import Person
from marketplace.accounts.service import tokens
from marketplace.accounts.service.notices import recipient
from marketplace.accounts.states import TokenPurpose
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM
from marketplace.core.audit import record
from marketplace.core.errors import Invalid
from marketplace.core.i18n import _
from marketplace.notifications import service as notifications
from marketplace.notifications.service import Recipient


@dataclass(frozen=True)
class Before:
    """What somebody had before a change: the address to tell, and the password that takes the change back."""

    to: Recipient
    password_hash: str


def before(person: Person) -> Before:
    """Note it. The password is the one from before the changes of the last days, so that two don't hide the first."""
    changed_lately = person.password_changed_at > clock.now() - tokens.LIFETIMES[TokenPurpose.TAKE_BACK]
    former = person.former_password_hash if changed_lately else None
    return Before(recipient(person), former or person.password_hash)


def tell(person: Person, template: str, before: Before) -> None:
    """Tell of a change that was just made: the address from before, with a link that takes it back, and a new one."""
    db.flush()
    secret, token = tokens.issue(
        TokenPurpose.TAKE_BACK, person_id=person.id, email=before.to.address, password_hash=before.password_hash
    )
    facts = {"token": secret, "expires_at": token.expires_at}
    notifications.queue(f"accounts/{template}", to=before.to, key=str(token.id), **facts)
    if person.email != before.to.address:
        notifications.queue("accounts/email_in_use", to=recipient(person), key=str(token.id))


def take_back(secret: str, *, password: str) -> str:
    """Undo what was changed since, by the mailed link and the password from before; returns a new password's secret.

    Neither the mailbox alone nor the password alone does it. Every session and link ends, and no password is right
    until the person has set one.
    """
    token = tokens.use(TokenPurpose.TAKE_BACK, secret)
    assert token.person_id is not None
    person = queries.get_person(token.person_id, lock=True)
    rules.check_not_disabled(person)
    if not passwords.matches(token.data["password_hash"], password):
        raise Invalid(_("This is not the password that you had before the change."), field="password")
    left = recipient(person)
    tokens.end_take_backs(person.id, since=token.created_at)
    person.email = token.data["email"]
    person.password_hash = passwords.hashed(secrets.token_urlsafe(32))
    db.flush()
    record(SYSTEM, "person.take_back", person)
    for number, to in enumerate({left, recipient(person)}):
        notifications.queue("accounts/taken_back", to=to, key=f"{token.id}:{number}")
    fresh, _token = tokens.issue(TokenPurpose.RESET_PASSWORD, person_id=person.id)
    return fresh
