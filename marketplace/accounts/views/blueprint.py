"""The blueprint of accounts, and how a request becomes an actor."""

from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, redirect, request, url_for
from redis import Redis

from config.settings import Settings
from marketplace.accounts import queries, service
from marketplace.accounts.models import Membership, Organisation, Person, Token
from marketplace.accounts.service.sessions import hashed
from marketplace.core import auth, kept, seen
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import Words
from marketplace.core.i18n import _
from marketplace.notifications import post

blueprint = Blueprint("accounts", __name__)
A_YEAR = timedelta(days=365)

seen.declare(
    blueprint,
    rows={
        "person_id": Person,
        "invitation_id": Token,
        "membership_id": seen.Row(Membership, within=((Membership.organisation_id, Organisation),)),
        "change_profile": seen.Row(Person, own=lambda: auth.current_actor().person_id, fields_alone=True),
        "change_company": seen.Row(Organisation, own=lambda: auth.current_actor().organisation_id, fields_alone=True),
    },
    nothing={
        "sign_in": "opens a session",
        "sign_out": "ends the session that sends it",
        "sign_up": "opens an account",
        "confirm_email": "uses up a link",
        "forgotten_password": "sends a link",
        "new_password": "uses up a link",
        "invitation": "uses up a link",
        "confirm_new_email": "uses up a link",
        "take_back": "uses up a link",
        "prove": "asks who is there",
        "change_password": "asks for the password in force",
        "change_email": "sends a link",
        "end_session": "ends a session, whatever it did since",
        "end_other_sessions": "ends every other session",
        "switch_role": "changes who acts, not the role",
        "register_company": "registers a new organisation",
        "invite_person": "invites somebody",
        "invite_staff": "invites somebody",
        "export_people": "reads a list",
        "ask_for_download": "asks for a file of what is there when it is made",
        "retry_task": "only a task that has failed can be tried again",
    },
)


@auth.login_manager.user_loader
def load_session(secret: str) -> auth.SignedIn | None:
    """The actor behind a session cookie while its session lives."""
    known = queries.find_session(hashed(secret), idle=settings().session_idle)
    if known is None:
        return None
    if known.is_unseen:
        service.touch_session(known.id)
    actor = replace(known.actor, device_hash=auth.device_hash(), address_hash=auth.address_hash())
    return auth.SignedIn(actor, secret, has_proof=known.has_proof)


@auth.origin_loader
def who_acted(token_hash: str) -> Actor | None:
    """The actor of a session that has ended, as far as they may still sign in; None while it lives."""
    if queries.find_session(token_hash, idle=settings().session_idle) is not None:
        return None
    return queries.find_actor_of_session(token_hash)


def settings() -> Settings:
    """The settings of this application."""
    configured: Settings = current_app.config["SETTINGS"]
    return configured


def mail_arrives() -> bool:
    """Whether mails reach somebody: by a mail server, or in the outbox that the demonstration shows."""
    return post.post().smtp_url is not None or settings().clock_may_move


def invited(email: str) -> Words:
    """What becomes of an invitation that was just written."""
    if mail_arrives():
        return _("The invitation is on its way. It is good for 14 days.")
    return _(
        "The invitation is written, but e-mail is not set up here, so nobody receives it. Whoever runs the server"
        " prints it by: marketplace outbox show %(email)s",
        email=email,
    )


def counters() -> Redis:
    """Where tries are counted."""
    if "sign_in_counters" not in current_app.extensions:
        current_app.extensions["sign_in_counters"] = Redis.from_url(
            settings().redis_url, socket_timeout=2, socket_connect_timeout=2
        )
    store: Redis = current_app.extensions["sign_in_counters"]
    return store


def enter(person: Person, *, following: str | None) -> Response:
    """Open a session for a person who proved who they are, and send them on."""
    secret = service.start_session(
        person,
        device_hash=auth.device_hash(),
        browser=request.user_agent.string[:200],
        lifetime=settings().session_absolute,
    )
    roles = [membership.id for membership in queries.memberships_of(person.id)]
    opened_in = kept.role_of(following, person.id)
    if len(roles) > 1 and opened_in in roles:
        secret = service.switch_role(secret, opened_in, actor=Actor(person.id, Role.VISITOR))
    carry(secret)
    several = len(roles) != 1 and opened_in not in roles
    target = url_for("accounts.choose_role", next=following) if several else following or url_for("reports.home")
    response = redirect(target, 303)
    if "lang" not in request.cookies:
        remember_language(response, person.locale)
    return response  # type: ignore[return-value]


def carry(secret: str) -> None:
    """Go on in a fresh session."""
    signed_in = load_session(secret)
    assert signed_in is not None
    auth.carry(signed_in, hashed(secret))


def remember_language(response: object, locale: str) -> None:
    """Show pages in this language from now on."""
    assert isinstance(response, Response) or hasattr(response, "set_cookie")
    response.set_cookie(
        "lang",
        locale,
        max_age=A_YEAR,
        httponly=True,
        samesite="Lax",
        secure=settings().session_cookie_secure,
    )


def own_address(address: str | None) -> str | None:
    """An address of this service to go on to; None for any other, so that nobody is led away."""
    if not address or not address.startswith("/") or "\\" in address:
        return None
    parts = urlsplit(address)
    return None if parts.scheme or parts.netloc or address.startswith("//") else address
