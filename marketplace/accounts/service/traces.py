"""The two writes that looking at a page makes, each in a short transaction of its own."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func, insert, update
from sqlalchemy.orm import Session

from marketplace.accounts.models import AccessEntry, SignInSession
from marketplace.core import db
from marketplace.core.actors import Actor


def touch_session(session_id: UUID) -> None:
    """Note that the session was used just now; at most once a minute."""
    with apart() as own, own.begin():
        own.execute(
            update(SignInSession)
            .where(
                SignInSession.id == session_id,
                SignInSession.last_seen_at < func.now() - timedelta(minutes=1),
            )
            .values(last_seen_at=func.now())
        )


def log_access(actor: Actor, subject_id: UUID | None, *, page: str, address: str) -> None:
    """Note who looked at whose personal data, on which page and from where; kept even if the page then fails."""
    with apart() as own, own.begin():
        own.execute(
            insert(AccessEntry).values(
                person_id=actor.person_id, role=actor.role, address=address, page=page, subject_id=subject_id
            )
        )


def apart() -> Session:
    """A session of its own beside the unit of work, which others see the effect of at once."""
    return Session(bind=db.session.get_bind(), join_transaction_mode="create_savepoint")
