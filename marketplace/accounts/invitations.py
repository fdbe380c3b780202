"""Reads of invitations: which ones of an organisation are still open, and one of them."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, Text, Uuid, bindparam, cast, func, or_, select

from marketplace.accounts import queries
from marketplace.accounts.models import Membership, Person, Token
from marketplace.accounts.rules import INVITERS
from marketplace.accounts.states import TokenPurpose
from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.errors import NotFound

INVITER = cast(Token.data["invited_by"].astext, Uuid)


def open_in(organisation_id: UUID) -> Sequence[Row[UUID, dict[str, Any], datetime, str | None]]:
    """The invitations to an organisation by which somebody can still join, with who sent them, the oldest first."""
    return db.session.execute(_open_in(), {"organisation_id": organisation_id}).all()


@cache
def _open_in() -> Select[UUID, dict[str, Any], datetime, str | None]:
    organisation_id = bindparam("organisation_id", type_=Uuid)
    shown = select(Token.id, Token.data, Token.expires_at, Person.name.label("inviter"))
    inviters = queries.with_roles(INVITERS).where(Membership.organisation_id == organisation_id)
    return (
        shown.outerjoin(Person, Person.id == INVITER)
        .where(
            Token.purpose == TokenPurpose.INVITATION,
            Token.data["organisation_id"].astext == cast(organisation_id, Text),
            Token.used_at.is_(None),
            Token.expires_at > func.app_now(),
            or_(INVITER.is_(None), INVITER.in_(inviters.with_only_columns(Membership.person_id))),
        )
        .order_by(Token.created_at, Token.id)
    )


def get(invitation_id: UUID, *, actor: Actor, lock: bool = False) -> Token:
    """An invitation to one's own organisation, open or not; NotFound without one."""
    invitation = db.get(Token, invitation_id, lock=lock)
    if invitation.data.get("organisation_id") != str(actor.organisation_id):
        raise NotFound()
    return invitation
