"""Who may see a page: access declared on the route, denied without a declaration."""

import hashlib
import secrets
from collections.abc import Callable
from typing import Any, TypeVar

from flask import Flask, abort, current_app, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_user
from itsdangerous import BadData, URLSafeTimedSerializer

from marketplace.core import keys
from marketplace.core.actors import EVERYONE, VISITOR, Actor, Role

View = TypeVar("View", bound=Callable[..., Any])
DEVICE_COOKIE = "device"

login_manager = LoginManager()


class SignedIn(UserMixin):  # type: ignore[misc]
    """What flask-login holds: the actor of this request, the session and how sure it is who sits there."""

    def __init__(self, actor: Actor, token: str, *, has_proof: bool = False) -> None:
        self.actor = actor
        self.token = token
        self.has_proof = has_proof

    def get_id(self) -> str:
        return self.token


def public(view: View) -> View:
    """Everybody may see this page."""
    view.access = frozenset(Role)  # type: ignore[attr-defined]
    return view


def requires(*roles: Role, recent_proof: bool = False) -> Callable[[View], View]:
    """Only these roles may see this page; without roles, everybody who is signed in.

    With `recent_proof` who hasn't proved within minutes who they are does so first, and comes back.
    """

    def declare(view: View) -> View:
        view.access = frozenset(roles) or EVERYONE  # type: ignore[attr-defined]
        view.recent_proof = recent_proof  # type: ignore[attr-defined]
        return view

    return declare


class SignedOut(Exception):
    """Somebody who is signed out sent a form of a page for those who are signed in."""


class ProofNeeded(Exception):
    """A form was sent whose page asks for a recent proof, and the last one is too long ago."""


def csrf_secret(token_hash: str) -> str:
    """What a session's forms bear in their token, so that each of them says later in which session it was opened."""
    return f"{secrets.token_hex(20)}.{token_hash}"


def carry(signed_in: SignedIn, token_hash: str) -> None:
    """Put a fresh session into the browser's cookie, and nothing of the one before."""
    session.clear()
    login_user(signed_in)
    session["csrf_token"] = csrf_secret(token_hash)


def origin() -> Actor | None:
    """Who acted in the session in which this request's form was opened, once that has ended; None otherwise.

    The token of the form is signed by us, so nobody can say it of a session that isn't theirs.
    """
    signer = URLSafeTimedSerializer(current_app.config["WTF_CSRF_SECRET_KEY"], salt="wtf-csrf-token")
    try:
        secret = str(signer.loads(request.form.get("csrf_token", "")))
    except BadData:
        return None
    return _who_acted(secret.partition(".")[2])


def origin_loader(who_acted: Callable[[str], Actor | None]) -> Callable[[str], Actor | None]:
    """Declare what finds the actor of an ended session by the hash of its cookie."""
    global _who_acted
    _who_acted = who_acted
    return who_acted


def _who_acted(token_hash: str, /) -> Actor | None:
    return None


def current_actor() -> Actor:
    """The actor of this request; a visitor without a role when signed out."""
    user = current_user._get_current_object() if current_user else None
    return user.actor if isinstance(user, SignedIn) else VISITOR


def act_as(actor: Actor) -> None:
    """This request is this actor's, who asked for it before and without a session now."""
    g._login_user = SignedIn(actor, "")


def forget_actor() -> None:
    """From now on this request is a visitor's: the page of a failure must not ask the database who reads it."""
    g._login_user = login_manager.anonymous_user()


def device_hash() -> str | None:
    """A hash of the browser's long-lived device cookie; None before it has one."""
    cookie = request.cookies.get(DEVICE_COOKIE)
    return hashlib.sha256(cookie.encode()).hexdigest() if cookie else None


def address_hash() -> str:
    """A keyed hash of the network address: equal addresses can be seen, the address can't."""
    return keys.keyed_hash(request.remote_addr or "")


def access_of(app: Flask, endpoint: str) -> frozenset[Role] | None:
    """The roles that a route declares; None if it declares nothing."""
    return getattr(app.view_functions[endpoint], "access", None)


def needs_proof(app: Flask, endpoint: str) -> bool:
    """Whether a route asks once more who is there."""
    return getattr(app.view_functions[endpoint], "recent_proof", False)


def check_proof() -> ResponseReturnValue | None:
    """Ask once more who is there, where the route wants to know it and they may see it at all."""
    if request.endpoint is None or not needs_proof(current_app, request.endpoint) or current_user.has_proof:
        return None
    if request.method == "POST":
        raise ProofNeeded
    return redirect(url_for("accounts.prove", next=request.full_path.rstrip("?")))


def check_access() -> ResponseReturnValue | None:
    """Refuse what the route doesn't allow: signed out to sign-in, wrong role 403, undeclared 403."""
    if request.endpoint is None:
        return None
    allowed = access_of(current_app, request.endpoint)
    if allowed is None:
        abort(403)
    if Role.VISITOR in allowed:
        return None  # without asking the database who it is: /healthz and static files never wait for it
    actor = current_actor()
    if actor.role in allowed:
        return None
    if actor.person_id is not None and allowed == EVERYONE:
        return None  # signed in, but acting for no organisation yet
    if actor.person_id is not None:
        abort(403)
    if request.method == "POST":
        raise SignedOut
    following = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=following))


def check_routes(app: Flask) -> None:
    """Refuse to start with a route that doesn't declare who may see it."""
    undeclared = [rule.endpoint for rule in app.url_map.iter_rules() if access_of(app, rule.endpoint) is None]
    if undeclared:
        raise RuntimeError(f"no access declared on: {', '.join(sorted(set(undeclared)))}")
