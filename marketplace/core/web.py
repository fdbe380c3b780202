"""The web edge: one transaction a request, one effect a form, and the headers, errors and pages around it."""

import base64
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID, uuid4

import structlog
from flask import (
    Flask,
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
from sqlalchemy import ColumnElement, Select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.exceptions import HTTPException

from marketplace.core import auth, clock, db, files, kept, seen, templates, uploads
from marketplace.core.db import Model
from marketplace.core.errors import DomainError, Words, from_integrity
from marketplace.core.file_field import FileField
from marketplace.core.forms import Form
from marketplace.core.i18n import _
from marketplace.core.text import storable

log = structlog.get_logger()

READS = ("GET", "HEAD", "OPTIONS")
PAGE_SIZE = 50
# With one of these an address depends on more than the page it leads to.
BESIDE_PATH = ("_external", "_scheme", "_method")
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


class Application(Flask):
    """Flask with the transaction edge: a request that changes something is stored whole or not at all."""

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
    fingerprint = auth.keyed_hash(json.dumps([request.path, fields]))
    values = {"key": key, "person_id": person, "fingerprint": fingerprint}
    fresh = insert(UsedKey).values(**values).on_conflict_do_nothing().returning(UsedKey.key)
    if db.session.scalar(fresh) is not None:
        return None
    used = db.session.get(UsedKey, key)
    if used is None or used.person_id != person or used.fingerprint != fingerprint:
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
    if form is not None and form.conflict is not None:
        form.add_changed_words()
        html = render(template, form=form, **context)
    return html, status


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


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows, the addresses of the next and first page, and the sort in force."""

    items: list[Any]
    next: str | None
    first: str | None
    sort: str
    sorts: Sequence[str]


def paginate(statement: Select[*tuple[Any, ...]], *, sorts: Mapping[str, Any], key: Any, size: int = PAGE_SIZE) -> Page:
    """One keyset page of a select: `?sort=` names one of `sorts` (the first is the default; a leading '-' in the
    name means descending), `?after=` continues behind a row. Rows are entities when the select has one column; a list
    selects the columns that it shows, since an entity costs several times as much to load."""
    sort = request.args.get("sort", "")
    if sort not in sorts:
        sort = next(iter(sorts))
    column, falling = sorts[sort], sort.startswith("-")
    ordered, entities = _in_order(statement, column, key, falling, size)
    after = _cursor(request.args.get("after"), column)
    if after is not None:
        place = tuple_(column, key)
        ordered = ordered.where(place < tuple_(*after) if falling else place > tuple_(*after))
    rows = list(db.session.execute(ordered))
    more, rows = len(rows) > size, rows[:size]
    items = [row[0] for row in rows] if entities else rows
    following = _address(after=_encode(rows[-1].sort_value, rows[-1].sort_key)) if more else None
    return Page(items, following, _address(after=None) if after else None, sort, list(sorts))


@lru_cache(maxsize=100)
def _in_order(
    statement: Select[*tuple[Any, ...]], column: Any, key: Any, falling: bool, size: int
) -> tuple[Select[*tuple[Any, ...]], bool]:
    """The statement for the first page, and whether its rows are entities; kept for statements that are kept."""
    order = (column.desc(), key.desc()) if falling else (column.asc(), key.asc())
    keyed = statement.add_columns(column.label("sort_value"), key.label("sort_key"))
    return keyed.order_by(None).order_by(*order).limit(size + 1), len(statement.column_descriptions) == 1


def _encode(value: Any, key: Any) -> str:
    raw = json.dumps([value.isoformat() if isinstance(value, date) else str(value), str(key)])
    return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


def _cursor(cursor: str | None, column: ColumnElement[Any]) -> tuple[Any, UUID] | None:
    """The row to continue behind; None (the first page) for a cursor that is not ours."""
    if not cursor:
        return None
    try:
        value, key = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        kind = column.type.python_type
        parsed = kind.fromisoformat(value) if issubclass(kind, date) else kind(value)
        fits = storable(str(parsed)) and not (isinstance(parsed, int) and abs(parsed) >= 2**63)
        return (parsed, UUID(str(key))) if fits else None
    except (ValueError, TypeError, NotImplementedError, OverflowError, RecursionError):
        return None


def here() -> str:
    """The address of this page as it stands now, without what was typed on it before."""
    return _address(kept=None)


def narrowed() -> bool:
    """Whether this list is asked for with a filter, so that it may be empty though there is something."""
    return any(value for name, value in request.args.items() if name not in ("lang", "sort", "after"))


def _address(**changes: Any) -> str:
    query = {name: value for name, value in {**request.args.to_dict(), **changes}.items() if value is not None}
    return f"{request.path}?{urlencode(query)}" if query else request.path


def problem_page(status: int, message: Words | None = None) -> tuple[str, int]:
    """The page for a refusal or failure: what was not done, that nothing was saved, what to do now."""
    if status >= 500:
        auth.forget_actor()
    else:
        db.rollback()
    known = status if status in (400, 403, 404, 405, 409, 413, 422, 429, 500, 503) else 400
    typed = [] if known in (400, 413) else kept.texts()
    return render(f"errors/{known}.html", message=message, typed=typed, request_id=g.get("request_id", "")), status


def start(app: Application, *, https: bool, movable_clock: bool) -> None:
    """Wire the edge into the application: before, after, errors and the end of a request."""
    app.before_request(lambda: _open_request(movable_clock))
    app.before_request(auth.check_access)
    app.after_request(lambda response: _close_request(response, https))
    app.teardown_request(lambda error: db.session.remove())
    app.register_error_handler(DomainError, lambda e: problem_page(e.status, e.message))
    app.register_error_handler(IntegrityError, lambda e: problem_page(409, from_integrity(e).message))
    app.register_error_handler(DataError, lambda e: problem_page(400))
    app.register_error_handler(OperationalError, _database_trouble)
    app.register_error_handler(HTTPException, _http_problem)
    app.register_error_handler(Exception, _failure)


def _open_request(movable_clock: bool) -> ResponseReturnValue | None:
    g.request_id = uuid4().hex[:12]
    structlog.contextvars.bind_contextvars(request_id=g.request_id)
    if movable_clock and request.endpoint not in ("static", "healthz"):
        db.load_clock()
    if not all(storable(value) for value in request.args.values()) or not storable(request.path):
        abort(400)
    return None


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


def _failure(error: Exception) -> ResponseReturnValue:
    log.exception("request failed", path=request.path, error=type(error).__name__)
    return problem_page(500)


def health(app: Application, checks: Mapping[str, Callable[[], bool]]) -> None:
    """/healthz answers while the process lives; /readyz only while everything it needs does."""

    @app.get("/healthz")
    @auth.public
    def healthz() -> ResponseReturnValue:
        return {"status": "ok", "time": clock.now().isoformat()}

    @app.get("/readyz")
    @auth.public
    def readyz() -> ResponseReturnValue:
        answers = {name: _holds(check) for name, check in checks.items()}
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
