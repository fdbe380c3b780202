"""The web edge: one transaction a request, one effect a form, and the headers, errors and pages around it."""

import json
import re
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from http import HTTPStatus
from typing import Any, cast
from uuid import UUID, uuid4

import structlog
from flask import (
    Flask,
    Request,
    Response,
    abort,
    current_app,
    flash,
    g,
    has_request_context,
    redirect,
    render_template,
    request,
    send_file,
)
from flask.typing import ResponseReturnValue
from psycopg.errors import DeadlockDetected, LockNotAvailable, QueryCanceled
from sqlalchemy import text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.exceptions import HTTPException
from werkzeug.utils import cached_property
from wtforms import Field

from marketplace.core import auth, clock, db, files, kept, keys, listings, logging, metrics, seen, templates, uploads
from marketplace.core.db import Model
from marketplace.core.errors import DomainError, Words, from_integrity
from marketplace.core.file_field import FileField
from marketplace.core.forms import Form
from marketplace.core.i18n import _
from marketplace.core.text import shown, storable

log = structlog.get_logger()

LIGHT = ("/static/", "/healthz")
"""How addresses begin that never wait for the database, whatever is asked of them."""
READS = ("GET", "HEAD", "OPTIONS")
# With one of these an address depends on more than the page it leads to.
BESIDE_PATH = ("_external", "_scheme", "_method")
DENIED = {403: "permission", 429: "too many tries"}
BUSY = (LockNotAvailable, QueryCanceled, DeadlockDetected)
CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class UsedKey(Model):
    """A form's one-time key that has taken effect, and where its answer led."""

    __tablename__ = "used_keys"

    key: Mapped[UUID] = mapped_column(primary_key=True)
    person_id: Mapped[UUID | None]
    fingerprint: Mapped[str]
    location: Mapped[str | None]
    created_at: Mapped[datetime] = db.created_at()


class CleanRequest(Request):
    """A request whose address bears no signs that nobody sees: a search that was pasted finds all the same."""

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """What follows the question mark."""
        given = super().args.items(multi=True)
        return ImmutableMultiDict((clean(name), clean(value)) for name, value in given)


def clean(text: str) -> str:
    """A text of an address as it is searched for."""
    return text if storable(text) else shown(text)


class Application(Flask):
    """Flask with the transaction edge: a request that changes something is stored whole or not at all."""

    request_class = CleanRequest
    jinja_environment = templates.Environment

    def url_for(self, endpoint: str, /, **values: Any) -> str:  # type: ignore[override]
        """The address of a page; what was built once is kept, since lists and menus name the same ones again."""
        beside_path = any(map(values.get, BESIDE_PATH))
        if not has_request_context() or endpoint.startswith(".") or beside_path:
            return super().url_for(endpoint, **values)
        try:
            return _address_of(self, request.root_path, endpoint, **values)
        except TypeError:  # a list among the values
            return super().url_for(endpoint, **values)

    def dispatch_request(self) -> Response:
        """Answer the request; what changes something is stored below status 400, and undone otherwise."""
        if request.method in READS:
            response = self.make_response(super().dispatch_request())
            db.end_reading()
            return response
        key = _form_key()
        if key is not None and (answer := _spend(key)) is not None:
            return self.make_response(answer)
        seen.hold()
        response = self.make_response(super().dispatch_request())
        if response.status_code < 400:
            seen.check_compared()
            if key is not None:
                _keep_answer(key, response)
            kept.forget()
            db.commit()
            uploads.delete_taken()
        else:
            db.rollback()
        return response


@lru_cache(maxsize=10_000, typed=True)
def _address_of(app: Application, root_path: str, endpoint: str, **values: Any) -> str:
    return Flask.url_for(app, endpoint, **values)


def _form_key() -> UUID | None:
    try:
        return UUID(request.form.get("key", ""))
    except ValueError:
        return None


def _spend(key: UUID) -> ResponseReturnValue | None:
    """Take the key for this request; if it was spent before, the first answer again.

    Of equal requests at once the later ones wait on the first one's row until it is stored or undone.
    """
    person = auth.current_actor().person_id
    fields = sorted((n, v) for n, v in request.form.items(multi=True) if n != "csrf_token")
    # Keyed, as the fields may hold what nobody should be able to guess from the database.
    sent = json.dumps([request.path, fields])
    values = {"key": key, "person_id": person, "fingerprint": keys.keyed_hash(sent)}
    fresh = insert(UsedKey).values(**values).on_conflict_do_nothing().returning(UsedKey.key)
    if db.session.scalar(fresh) is not None:
        return None
    used = db.session.get(UsedKey, key)
    if used is None or used.person_id != person or not keys.is_hash_of(used.fingerprint, sent):
        raise DomainError(_("This form was already sent with other content. Open it again."))
    db.rollback()
    return redirect(used.location or request.path, 303)


def _keep_answer(key: UUID, response: Response) -> None:
    kept = update(UsedKey).where(UsedKey.key == key).values(location=response.location)
    db.session.execute(kept, execution_options={"synchronize_session": False})


def page(template: str, *, form: Form | None = None, **context: Any) -> ResponseReturnValue:
    """A page; with status 422 when its form was refused, 409 when what it had shown has changed."""
    status = 200
    if form is not None and request.method == "POST" and form.has_errors:
        status = 422 if form.conflict is None else 409
        for field in form:
            if isinstance(field, FileField):
                field.keep()
    html = render(template, form=form, **context)
    if form is not None and status != 200:
        again = _sort_as_shown(form, html)
        if form.conflict is not None:
            form.add_changed_words()
            again = True
        if again:
            html = render(template, form=form, **context)
    return html, status


def _sort_as_shown(form: Form, html: str) -> bool:
    """Put the fields into the order in which the page shows them, for the errors above it; whether an error moves."""
    refused = [field for field in form if field.errors]

    def place(field: Field) -> int:
        drawn = re.search(rf'id="{re.escape(field.id)}["-]', html)
        return drawn.start() if drawn else -1

    form._fields = dict(sorted(form._fields.items(), key=lambda item: place(item[1])))
    return refused != [field for field in form if field.errors]


def render(template: str, **context: Any) -> str:
    """The text of a page in the reader's language."""
    return render_template(templates.find(current_app, template), **context)


def done(message: Words, location: str) -> ResponseReturnValue:
    """Say what was done on the page to which a finished form leads."""
    flash(str(message), "success")
    return redirect(location, 303)


def send_stored(file: files.StoredFile) -> Response:
    """Hand out an uploaded file, never shown by the browser itself."""
    return send_file(files.path(file), mimetype=file.media_type, as_attachment=True, download_name=file.name)


def send_pdf(content: bytes, name: str) -> Response:
    """The PDF as a file of this name."""
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


def here() -> str:
    """The address of this page as it stands now, without what was typed on it before."""
    return listings.address(kept=None)


def problem_page(status: int, message: Words | None = None) -> tuple[str, int]:
    """The page for a refusal or failure: what was not done, that nothing was saved, what to do now."""
    if request.path.startswith(LIGHT):
        return f"{HTTPStatus(status).phrase}\n", status
    if status in DENIED:
        logging.denied(DENIED[status], person_id=auth.current_actor().person_id, path=request.path)
    if status >= 500:
        auth.forget_actor()
    else:
        db.rollback()
    known = status if status in (400, 403, 404, 405, 409, 413, 422, 429, 500, 503, 507) else 400
    typed = [] if known in (400, 413, 507) else kept.texts()
    return render(f"errors/{known}.html", message=message, typed=typed, request_id=g.get("request_id", "")), status


def begin(app: Application, *, movable_clock: bool) -> None:
    """Let every request have its id and its time before anything can refuse it."""
    app.before_request(lambda: _open_request(movable_clock))


def start(app: Application, *, https: bool) -> None:
    """Wire the edge into the application: access, what comes after, errors and the end of a request."""
    app.before_request(auth.check_access)
    app.before_request(auth.check_proof)
    app.after_request(_count)
    app.after_request(lambda response: _close_request(response, https))
    app.teardown_request(lambda error: db.session.remove())
    app.register_error_handler(DomainError, lambda e: problem_page(e.status, e.message))
    app.register_error_handler(IntegrityError, lambda e: problem_page(409, from_integrity(e).message))
    app.register_error_handler(DataError, lambda e: problem_page(400))
    app.register_error_handler(OperationalError, _database_trouble)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(OSError, _disk_trouble)
    app.register_error_handler(Exception, _failure)


def _open_request(movable_clock: bool) -> ResponseReturnValue | None:
    g.request_id, g.began = uuid4().hex[:12], time.perf_counter()
    logging.begin(g.request_id, address=request.remote_addr)
    if movable_clock and not request.path.startswith(LIGHT):
        db.load_clock()
    if not storable(request.path):
        abort(400)
    return None


def _count(response: Response) -> Response:
    metrics.count(
        str(request.url_rule or metrics.NO_PAGE), request.method, response.status_code, time.perf_counter() - g.began
    )
    return response


def _close_request(response: Response, https: bool) -> Response:
    headers = response.headers
    headers["Content-Security-Policy"] = CONTENT_POLICY
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=()"
    headers["X-Request-Id"] = g.get("request_id", "")
    if https:
        headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
    if request.endpoint != "static":
        headers.setdefault("Cache-Control", "no-store")
        if auth.DEVICE_COOKIE not in request.cookies:
            fresh = secrets.token_hex(16)
            two_years = timedelta(days=730)
            response.set_cookie(
                auth.DEVICE_COOKIE, fresh, max_age=two_years, httponly=True, secure=https, samesite="Lax"
            )
    return response


def _http_problem(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None or (error.code or 500) < 400:
        return error
    return problem_page(error.code or 500)


def _database_trouble(error: OperationalError) -> ResponseReturnValue:
    """Too busy, or out of reach: the reader may simply try again."""
    busy = isinstance(cast(DBAPIError, error).orig, BUSY)
    log.warning("database busy" if busy else "database out of reach", error=str(error.orig))
    return problem_page(503)


def _disk_trouble(error: OSError) -> ResponseReturnValue:
    """What came with the request doesn't fit on the disk any more."""
    if error.errno not in files.FULL:
        return _failure(error)
    log.error("disk full", path=request.path)
    return problem_page(507)


def _failure(error: Exception) -> ResponseReturnValue:
    log.exception("request failed", path=request.path, error=type(error).__name__)
    return problem_page(500)


def health(
    app: Application, checks: Mapping[str, Callable[[], bool]], *, database: Mapping[str, Callable[[], bool]]
) -> None:
    """/healthz answers while the process lives; /readyz only while everything it needs does.

    What stands in the database is asked only if that answers, so that a silent one is waited for once.
    """

    @app.get("/healthz")
    @auth.public
    def healthz() -> ResponseReturnValue:
        return {"status": "ok", "time": clock.now().isoformat()}

    @app.get("/readyz")
    @auth.public
    def readyz() -> ResponseReturnValue:
        answers = {name: _holds(check) for name, check in checks.items()}
        answers["database"] = _holds(database_answers)
        answers |= {name: answers["database"] and _holds(check) for name, check in database.items()}
        ready = all(answers.values())
        return {"status": "ok" if ready else "not ready", "checks": answers}, 200 if ready else 503


def _holds(check: Callable[[], bool]) -> bool:
    try:
        return check()
    except Exception:
        db.rollback()
        return False


def database_answers() -> bool:
    """True while the database answers."""
    return bool(db.session.scalar(text("SELECT 1")) == 1)
