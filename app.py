"""The application: the only file that knows every area; WSGI entry (`app:create_app()`) and command line (`cli`)."""

import functools
import importlib
import importlib.util
import os
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click
from flask import Response, g, has_request_context, request
from flask.cli import FlaskGroup
from flask_wtf.csrf import CSRFError, CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from config import lists
from config.settings import Settings, SettingsError
from marketplace.agency import queries as agency
from marketplace.core import (
    agency_name,
    auth,
    clock,
    commands,
    db,
    drafts,
    ended_sessions,
    exports,
    files,
    housekeeping,
    i18n,
    keys,
    listings,
    logging,
    safety,
    sealing,
    seen,
    task_queue,
    tasks,
    templates,
    web,
)
from marketplace.core.actors import ROLE_LABELS, Role
from marketplace.core.money import exponent
from marketplace.core.states import Lifecycle, TextChoices
from marketplace.notifications import post
from marketplace.programmes.rules import FACT_NAMES
from marketplace.verification import registers
from workers import celery_app

# From the top down, as they may import each other.
AREAS = (
    "demo",
    "reports",
    "ethics",
    "evaluations",
    "surveys",
    "receivables",
    "claims",
    "engagements",
    "matching",
    "jobs",
    "vouchers",
    "certificates",
    "providers",
    "programmes",
    "agency",
    "verification",
    "accounts",
    "ledger",
    "notifications",
    "core",
)
DEMO_AREAS = ("demo",)


def create_app(settings: Settings | None = None) -> web.Application:
    """Build the application of one agency from its settings."""
    settings = settings or Settings.from_environment()
    app = web.Application(__name__)
    _configure_flask(app, settings)
    keys.configure(app, settings.secret_keys)
    logging.configure()
    db.connect(settings.database_url)
    safety.refuse(settings)
    clock.configure(time_zone=settings.time_zone)
    files.configure(settings.files_dir, reserve=settings.disk_reserve_bytes)
    housekeeping.configure(settings.signing_key_path)
    drafts.configure(functools.partial(exports.write_into, app))
    registers.configure(settings.business_register)
    sealing.configure(settings.sealing_key)
    post.configure(post.Post(settings.smtp_url, settings.mail_from, settings.base_url))
    _configure_pages(app, settings)
    _configure_addresses(app, settings)
    _protect(app, settings)
    celery_app.connect(settings, app.app_context)
    task_queue.ring_after_commit(celery_app.ring)
    for area in AREAS:
        if settings.demo or settings.testing or area not in DEMO_AREAS:
            _register(app, f"marketplace.{area}")
    _register(app, "workers")
    tasks.wire()
    web.health(
        app,
        {
            "broker": celery_app.broker_answers,
            "disk": files.have_room,
        },
        database={
            "worker": lambda: (task_queue.seconds_since_beat("worker") or 1e9) < 60,
            "oldest_waiting_task": lambda: task_queue.oldest_waiting_seconds() < 600,
        },
    )
    _check_routes(app)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


def _configure_flask(app: web.Application, settings: Settings) -> None:
    """What Flask and its extensions read: keys, limits, cookies."""
    app.config.update(
        SETTINGS=settings,
        # A form with a file that is too large is still read, so that it comes back with what was typed.
        MAX_CONTENT_LENGTH=2 * settings.max_upload_bytes,
        MAX_FORM_MEMORY_SIZE=2 * files.MEBIBYTE,
        MAX_FORM_PARTS=2000,
        SESSION_COOKIE_NAME=settings.session_cookie_name,
        SESSION_COOKIE_SECURE=settings.session_cookie_secure,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=None,
        WTF_I18N_ENABLED=False,  # WTForms keeps its texts once read; Flask-WTF reads them in each request
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=1),
    )


def _check_routes(app: web.Application) -> None:
    """Refuse to start with a page that doesn't say who may see it, or with a form that doesn't say what it is about."""
    app.view_functions["static"] = auth.public(app.view_functions["static"])
    auth.check_routes(app)
    seen.check_routes(app)


def _configure_pages(app: web.Application, settings: Settings) -> None:
    """Templates: their strictness, filters and what each of them knows."""
    agency.configure(production=settings.production, keep_seconds=0 if settings.testing else 2)
    agency_name.configure(agency.name)
    i18n.configure(lambda: _choose_locale(settings))
    templates.configure(app)
    app.jinja_env.globals.update(
        agency_name=agency_name.agency_name,
        acts_for=agency_name.acts_for,
        said=seen.said,
        said_rows=seen.said_rows,
        here=web.here,
        narrowed=listings.narrowed,
        narrowings=listings.narrowings,
        list_address=listings.address,
        MOST_COUNTED=listings.MOST_COUNTED,
    )
    app.jinja_env.filters.update(
        money=i18n.money,
        number=i18n.number,
        date=i18n.day,
        datetime=i18n.moment,
        until=i18n.until,
        localized=i18n.localized,
        unit=i18n.unit,
        major=lambda amount, currency: i18n.money(amount * 10 ** exponent(currency), currency),
        listed=lambda code, name: i18n.localized(getattr(lists, name)().get(code, code)),
        fact_name=lambda code: FACT_NAMES[code.replace("-", "_")],
        in_order=lambda by_code, name: [(code, by_code[code]) for code in getattr(lists, name)() if code in by_code],
        status=_status,
        role=lambda value: _role_label(value, i18n.locale()),
    )
    _add_to_every_page(app, settings)


def _status(value: str, lifecycle: Lifecycle[TextChoices]) -> str:
    return _status_label(type(lifecycle.initial), value, i18n.locale())


@functools.cache
def _status_label(statuses: type[TextChoices], value: str, locale: str) -> str:
    """The words of a status, kept for each language: lists repeat them."""
    return str(statuses(value).label)


@functools.cache
def _role_label(value: str, locale: str) -> str:
    return str(ROLE_LABELS[Role(value)])


def _add_to_every_page(app: web.Application, settings: Settings) -> None:
    """What every page may name."""

    @app.context_processor
    def _for_every_page() -> dict[str, Any]:
        return {
            "actor": auth.current_actor(),
            "locale": i18n.locale(),
            "locales": i18n.LOCALES,
            "settings": settings,
            "service_name": i18n._("Consulting Voucher Service"),
            "now": clock.now(),
            "today": clock.today(),
            "Role": Role,
            "alternate_url": alternate_url,
        }


def _configure_addresses(app: web.Application, settings: Settings) -> None:
    """The version on static addresses, and `?lang=`, which a cookie remembers."""

    @app.url_defaults
    def _name_the_version(endpoint: str, values: dict[str, Any]) -> None:
        """A changed style sheet has another address, so that no browser shows a page with yesterday's."""
        if endpoint == "static":
            values["v"] = _changed_at(f"{app.static_folder}/{values['filename']}")

    @app.after_request
    def _remember_language(response: Response) -> Response:
        if request.args.get("lang") in i18n.LOCALES:
            response.set_cookie(
                "lang",
                request.args["lang"],
                max_age=31_536_000,
                httponly=True,
                samesite="Lax",
                secure=settings.session_cookie_secure,
            )
        return response


def _protect(app: web.Application, settings: Settings) -> None:
    """Languages, tokens against forged forms, sign-in, and the web edge."""
    app.before_request(_keep_locale)
    web.begin(app, movable_clock=settings.clock_may_move)
    app.teardown_request(lambda error: i18n.read_again(g.locale_before) if "locale_before" in g else None)
    CSRFProtect(app)
    auth.login_manager.init_app(app)
    app.register_error_handler(CSRFError, ended_sessions.answer)
    app.register_error_handler(auth.SignedOut, ended_sessions.answer)
    app.register_error_handler(auth.ProofNeeded, ended_sessions.ask_for_proof)
    web.start(app, https=settings.session_cookie_secure)


@functools.cache
def _changed_at(path: str) -> str:
    return f"{int(Path(path).stat().st_mtime):x}"


def alternate_url(locale: str) -> str:
    """This page's address in another language."""
    query = {**request.args.to_dict(flat=False), "lang": [locale]}
    pairs = [(name, value) for name, values in query.items() for value in values]
    return f"{request.path}?{urlencode(pairs)}"


def _keep_locale() -> None:
    """The language is chosen once a request, even where another one was set around it."""
    g.locale_before = i18n.read_in("")
    i18n.read_in(i18n.locale())


def _choose_locale(settings: Settings) -> str:
    """`?lang=`, then the cookie that remembers it, then what the browser asks for, then the agency's own."""
    if not has_request_context():
        return settings.default_locale
    for asked in (request.args.get("lang"), request.cookies.get("lang")):
        if asked in i18n.LOCALES:
            return asked
    return request.accept_languages.best_match(i18n.LOCALES) or settings.default_locale


def _register(app: web.Application, area: str) -> None:
    """Take an area's pages, commands, background tasks and the words of its constraints, as far as it has them."""
    for module in ("views", "commands", "service", "rules"):
        name = f"{area}.{module}"
        if not (_is_there(area) and _is_there(name)):
            continue
        part = importlib.import_module(name)
        if module == "views":
            app.register_blueprint(part.blueprint)
        for group in getattr(part, "groups", []):
            app.cli.add_command(group)


def _is_there(module: str) -> bool:
    # An empty folder counts as a package without a file; there is nothing in it to register.
    spec = importlib.util.find_spec(module)
    return spec is not None and spec.origin is not None


def _create_app_or_say_why() -> web.Application:
    try:
        os.umask(0o077)  # what is written belongs to the service's user alone
        return create_app()
    except SettingsError as error:
        raise SystemExit(str(error)) from None


@click.group(cls=FlaskGroup, create_app=_create_app_or_say_why, add_default_commands=False, add_version_option=False)
def cli() -> None:
    """The consulting voucher marketplace."""


cli.add_command(commands.doctor)  # not the application's, which an unsafe setting keeps from being made
