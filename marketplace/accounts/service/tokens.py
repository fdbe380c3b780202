"""The single-use secrets that links in mails carry; only their hashes are kept."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from marketplace.accounts.models import Token
from marketplace.accounts.states import TokenPurpose
from marketplace.core import clock, db
from marketplace.core.db import flush
from marketplace.core.errors import DomainError
from marketplace.core.i18n import _
from marketplace.core.logging import denied

LIFETIMES = {
    TokenPurpose.CONFIRM_EMAIL: timedelta(days=3),
    TokenPurpose.RESET_PASSWORD: timedelta(hours=1),
    TokenPurpose.INVITATION: timedelta(days=14),
    TokenPurpose.CHANGE_EMAIL: timedelta(days=1),
    TokenPurpose.TAKE_BACK: timedelta(days=7),
}
NOT_VALID = _("This link is no longer valid. It works once and for a limited time. Ask for a new one.")


def issue(purpose: TokenPurpose, *, person_id: UUID | None, **data: Any) -> tuple[str, Token]:
    """A fresh secret for one purpose, and its row; a person's older ones for that purpose end.

    Those that take a change back stay: whoever changed an address once could change it twice.
    """
    if person_id is not None and purpose is not TokenPurpose.TAKE_BACK:
        live = update(Token).where(Token.person_id == person_id, Token.purpose == purpose, Token.used_at.is_(None))
        db.session.execute(live.values(used_at=clock.now()))
    secret = secrets.token_urlsafe(24)
    expires_at = clock.now() + LIFETIMES[purpose]
    token = Token(purpose=purpose, hash=_hash(purpose, secret), person_id=person_id, data=data, expires_at=expires_at)
    db.session.add(token)
    flush()
    return secret, token


def end_invitations_of_nobody() -> None:
    """End the invitations that no person sent but whoever installs the service."""
    sent = Token.purpose == TokenPurpose.INVITATION, Token.data["invited_by"].astext.is_(None)
    db.session.execute(update(Token).where(*sent, Token.used_at.is_(None)).values(used_at=clock.now()))


def end_take_backs(person_id: UUID, *, since: datetime) -> None:
    """End the links that would take back a change made at this moment or later."""
    later = Token.person_id == person_id, Token.purpose == TokenPurpose.TAKE_BACK, Token.created_at >= since
    db.session.execute(update(Token).where(*later, Token.used_at.is_(None)).values(used_at=clock.now()))


def owner_before(email: str) -> UUID | None:
    """Who may still take this address back, and nobody else may have until then."""
    taken = Token.purpose == TokenPurpose.TAKE_BACK, Token.data["email"].astext == email.lower()
    query = select(Token.person_id).where(*taken, Token.used_at.is_(None), Token.expires_at > clock.now())
    return db.session.scalars(query.limit(1)).first()


def find(purpose: TokenPurpose, secret: str, *, lock: bool = False) -> Token | None:
    """The unused, unexpired token of this purpose."""
    query = select(Token).where(
        Token.purpose == purpose,
        Token.hash == _hash(purpose, secret),
        Token.used_at.is_(None),
        Token.expires_at > clock.now(),
    )
    token = db.session.scalars(query.with_for_update(key_share=True) if lock else query).one_or_none()
    if token is None:
        denied("link", purpose=purpose)
    return token


def was_withdrawn(secret: str) -> bool:
    """Whether this is the secret of an invitation that was taken back."""
    known = Token.hash == _hash(TokenPurpose.INVITATION, secret), Token.withdrawn_at.is_not(None)
    return db.session.scalar(select(Token.id).where(*known)) is not None


def use(purpose: TokenPurpose, secret: str) -> Token:
    """Spend the secret; unknown, used and expired ones get the same answer."""
    token = find(purpose, secret, lock=True)
    if token is None:
        raise DomainError(NOT_VALID)
    token.used_at = clock.now()
    return token


def _hash(purpose: TokenPurpose, secret: str) -> str:
    return hashlib.sha256(f"{purpose}:{secret}".encode()).hexdigest()
