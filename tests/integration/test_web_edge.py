"""The web edge: one transaction a request, one effect a key, words for every failure, headers on every page."""

import base64
from uuid import UUID

import pytest
from flask import Blueprint, Flask, redirect, request
from sqlalchemy import text

from marketplace.core import audit, auth, db
from marketplace.core.actors import VISITOR
from marketplace.core.errors import DomainError
from marketplace.core.forms import Form, MoneyField, TextField, WholeNumberField
from marketplace.core.web import page

probe = Blueprint("probe", __name__, url_prefix="/probe")


class ProbeForm(Form):
    """One field of each parsed kind."""

    name = TextField("Name", max_length=20)
    price = MoneyField("Price", required=False)
    staff = WholeNumberField("Staff", required=False, maximum=1000)


@probe.post("/write")
@auth.public
def write():
    audit.record(VISITOR, "probe.written", ("probe", UUID(int=0)))
    if request.form.get("refuse"):
        raise DomainError("No.")
    return redirect("/probe/done/" + request.form["name"])


@probe.post("/form")
@auth.public
def form():
    filled = ProbeForm()
    if filled.validate_on_submit():
        return {"name": filled.name.data, "price": filled.price.data, "staff": filled.staff.data}
    return {"errors": filled.errors}, 422


@probe.get("/<problem>")
@auth.public
def problem(problem):
    if problem == "broken":
        raise RuntimeError("secret detail")
    if problem == "busy":
        db.session.execute(text("SET LOCAL statement_timeout = 1"))
        db.session.execute(text("SELECT pg_sleep(1)"))
    if problem == "writing":
        audit.record(VISITOR, "probe.written", ("probe", UUID(int=0)))
    return page("errors/404.html", message=None, request_id="")


@pytest.fixture(scope="module")
def probed(settings):
    """The application with a few routes of the test's own."""
    from app import create_app

    application = create_app(settings)
    application.config.update(WTF_CSRF_ENABLED=False)
    application.register_blueprint(probe)
    engine = db.session.get_bind()
    db.session.remove()
    db.session.configure(bind=None)
    yield application
    engine.dispose()


@pytest.fixture
def visitor(probed: Flask, database):
    return probed.test_client()


def entries() -> int:
    return db.session.scalar(text("SELECT count(*) FROM audit_entries WHERE action = 'probe.written'"))


def test_a_finished_request_is_stored(visitor):
    assert visitor.post("/probe/write", data={"name": "a"}).status_code == 302
    assert entries() == 1


def test_a_refused_request_stores_nothing_and_says_so(visitor):
    answer = visitor.post("/probe/write", data={"name": "a", "refuse": "1"})
    assert answer.status_code == 409
    assert "No." in answer.text
    assert entries() == 0


def test_reading_stores_nothing(visitor):
    visitor.get("/probe/writing")
    assert entries() == 0


KEY = "6f2a9e8e-62ab-4a5c-9a3e-0d6c58a0a001"


def test_the_same_form_again_has_no_second_effect_and_the_same_answer(visitor):
    answers = [visitor.post("/probe/write", data={"name": "a", "key": KEY}) for _ in range(3)]
    assert {answer.location for answer in answers} == {"/probe/done/a"}
    assert entries() == 1


def test_other_content_under_the_same_key_is_refused(visitor):
    visitor.post("/probe/write", data={"name": "a", "key": KEY})
    assert visitor.post("/probe/write", data={"name": "b", "key": KEY}).status_code == 409
    assert entries() == 1


def test_a_refused_form_can_be_sent_again_with_its_key(visitor):
    visitor.post("/probe/write", data={"name": "a", "refuse": "1", "key": KEY})
    assert visitor.post("/probe/write", data={"name": "a", "key": KEY}).status_code == 302
    assert entries() == 1


@pytest.mark.parametrize(
    ("field", "typed"),
    [
        ("name", "nul\x00"),
        ("name", "evil\u202etxt"),
        ("name", "x" * 21),
        ("name", "two\nlines"),
        ("name", "   "),
        *[
            (field, typed)
            for field in ("price", "staff")
            for typed in (
                "NaN",
                "sNaN",
                "Infinity",
                "1e3",
                "1e200000",
                "1_000",
                "١٢",
                "-0",
                "-1",
                "0x10",
                "9" * 30,
                "1,0",
                "1.5",
            )
        ],
        ("staff", "1001"),
    ],
)
def test_what_cannot_be_stored_is_refused_at_its_field(visitor, field, typed):
    form = {"name": "a", field: typed}
    data = "&".join(f"{name}={quoted(value)}" for name, value in form.items())
    answer = visitor.post("/probe/form", data=data, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 422
    assert field in answer.json["errors"]


def quoted(value: str) -> str:
    return "".join(f"%{byte:02X}" for byte in value.encode("utf-8"))


def test_what_people_type_is_taken(visitor):
    answer = visitor.post("/probe/form", data={"name": " 김 ", "price": "1,500,000", "staff": "25"})
    assert answer.json == {"name": "김", "price": 1_500_000, "staff": 25}


def test_a_failure_shows_no_detail_and_a_number_to_quote(visitor):
    answer = visitor.get("/probe/broken")
    assert answer.status_code == 500
    assert "secret detail" not in answer.text
    assert answer.headers["X-Request-Id"] in answer.text


def test_a_busy_database_is_503_and_nothing_lost(visitor):
    assert visitor.get("/probe/busy").status_code == 503


def test_a_path_that_cannot_be_is_400(visitor):
    assert visitor.get("/probe/x%00y").status_code == 400


@pytest.mark.parametrize("unseen", ["%E2%80%AE", "%00", "%0B", "%EF%BB%BF", "%E2%81%A6"])
def test_a_search_finds_by_what_is_seen_of_it(app, unseen):
    with app.test_request_context(f"/?search={unseen}ab%20%20cd{unseen}&{unseen}sort=name&search=%EA%B0%80"):
        assert request.args.to_dict(flat=False) == {"search": ["ab cd", "가"], "sort": ["name"]}


def test_every_page_bears_the_headers(visitor):
    """ASVS V3.4.1, V3.4.3, V3.4.4, V3.4.5, V3.4.6."""
    headers = visitor.get("/probe/x").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Cache-Control"] == "no-store"


def test_a_form_without_its_token_is_refused(probed, database):
    """ASVS V3.5.1."""
    probed.config["WTF_CSRF_ENABLED"] = True
    try:
        assert probed.test_client().post("/probe/write", data={"name": "a"}).status_code == 400
        assert entries() == 0
    finally:
        probed.config["WTF_CSRF_ENABLED"] = False


def test_health_tells_life_from_readiness(visitor, valkey):
    assert visitor.get("/healthz").status_code == 200
    answer = visitor.get("/readyz")
    assert (answer.status_code, answer.json["checks"]["worker"]) == (503, False)
    assert (answer.json["checks"]["database"], answer.json["checks"]["broker"]) == (True, True)


def test_a_route_without_declared_access_stops_the_start():
    app = Flask("bare")
    app.add_url_rule("/open", "open", lambda: "")
    with pytest.raises(RuntimeError, match="open"):
        auth.check_routes(app)


@pytest.mark.parametrize("cursor", ['["x", 5]', '["x", null]', "[" * 3000], ids=["number", "nothing", "nested"])
def test_a_forged_cursor_leads_to_the_first_page(client, cursor):
    forged = base64.urlsafe_b64encode(cursor.encode()).decode().rstrip("=")
    assert client.get("/providers", query_string={"after": forged}).status_code == 200
