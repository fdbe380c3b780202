"""Signing a test client in, without the detour over the sign-in page."""

import secrets
from datetime import timedelta

from flask.testing import FlaskClient
from sqlalchemy import func

from marketplace.accounts.models import SignInSession
from marketplace.accounts.service.sessions import hashed
from marketplace.core import db
from marketplace.core.actors import Actor


def sign_in_as(client: FlaskClient, actor: Actor) -> FlaskClient:
    """The same client with a real session of this actor; actors come from tests.factories.accounts."""
    secret = secrets.token_urlsafe(16)
    db.session.add(
        SignInSession(
            token_hash=hashed(secret),
            person_id=actor.person_id,
            membership_id=actor.membership_id,
            expires_at=func.now() + timedelta(hours=12),
            browser="test",
        )
    )
    db.commit()
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie.update({"_user_id": secret, "_fresh": True})
    return client
