"""The start page of every role, the pages about the service, and what the layout shows on every page."""

from functools import cache

from flask import current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from marketplace.accounts import queries as accounts
from marketplace.core.actors import ROLE_LABELS, SME, Role
from marketplace.core.agency_name import acts_for
from marketplace.core.auth import current_actor, public
from marketplace.core.i18n import _, locale
from marketplace.core.web import page
from marketplace.programmes import queries as programmes
from marketplace.reports import checklist, progress, queries
from marketplace.reports.menu import MENUS, idle
from marketplace.reports.views import blueprint


@blueprint.get("/")
@public
def home() -> ResponseReturnValue:
    """What waits for the actor; for visitors what the service is and where to begin.

    Whoever has a role, but chose none yet or waits for its approval, goes on to the page about roles.
    """
    actor = current_actor()
    if actor.person_id is None:
        return page("reports/home.html", calls=programmes.open_calls())
    person_id = actor.person_id
    if actor.organisation_id is None and (accounts.memberships_of(person_id) or accounts.proposed_for(person_id)):
        return redirect(url_for("accounts.choose_role"))
    applies = actor.role in SME or actor.organisation_id is None
    calls = programmes.open_calls() if applies else None
    left = 0
    if actor.role is Role.ADMINISTRATOR:
        left = checklist.left(mail_is_shown=current_app.config["SETTINGS"].clock_may_move)
    return page(
        "reports/tasks.html",
        waiting=queries.waiting_for(actor),
        steps=progress.under_way(actor),
        idle=idle(actor),
        calls=calls,
        left_to_do=left,
    )


@blueprint.get("/how-it-works")
@public
def how_it_works() -> ResponseReturnValue:
    """The whole way of a voucher, step by step."""
    return page("reports/how_it_works.html")


@blueprint.get("/privacy")
@public
def privacy() -> ResponseReturnValue:
    """Which personal data the service keeps, why and for how long."""
    return page("reports/privacy.html")


@blueprint.get("/accessibility")
@public
def accessibility() -> ResponseReturnValue:
    """The accessibility statement."""
    return page("reports/accessibility.html")


@blueprint.get("/help")
@public
def get_help() -> ResponseReturnValue:
    """Where to find help."""
    return page("reports/get_help.html")


@blueprint.app_context_processor
def _for_the_layout() -> dict[str, object]:
    """Functions, so that pages without a header (errors) ask for nothing."""
    return {"navigation": navigation, "acting_as": acting_as, "demo_links": demo_links}


def navigation() -> list[tuple[str, str, bool]]:
    """The main menu of the actor's role: words, address, and whether the page shown belongs to it."""
    links, path = _menu(current_actor().role, locale(), request.root_path), request.path
    around = [url for _words, url in links if path == url or path.startswith(url.rstrip("/") + "/")]
    here = max(around, key=len, default="") if path != "/" else "/"
    return [(words, url, url == here != "/" or path == url) for words, url in links]


@cache
def _menu(role: Role, locale: str, root_path: str) -> list[tuple[str, str]]:
    """The words and addresses of a role's menu, which differ by no more than this."""
    return [(str(words), url_for(endpoint)) for words, endpoint in MENUS.get(role, [])]


def acting_as() -> str:
    """The actor's role and organisation in words."""
    actor = current_actor()
    if actor.organisation_id is None:
        return str(_("no organisation yet"))
    return f"{ROLE_LABELS[actor.role]} · {acts_for(actor.role, actor.organisation_name)}"


def demo_links() -> list[tuple[str, str]]:
    """The pages that only a demonstration has."""
    links = [
        (_("Be somebody else"), "demo.sign_in_list"),
        (_("Move the clock"), "demo.clock"),
        (_("Read the e-mails"), "demo.outbox"),
        (_("Play the bank"), "demo.bank_desk"),
        (_("Play the other firms"), "demo.firms"),
    ]
    return [(str(words), url_for(endpoint)) for words, endpoint in links if endpoint in current_app.view_functions]
