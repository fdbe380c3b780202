"""Malformed input over every field of every form and through every page: no 500, nothing stored, words at the field.

V2.2.1, V2.2.3 and V15.3.3 are of OWASP ASVS 5.0.0. The values are those that broke a plain Flask form on PostgreSQL.
"""

import importlib
import inspect
import io
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import pytest
from flask import Flask, template_rendered
from flask.testing import FlaskClient
from sqlalchemy import Connection, text
from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, HiddenField, RadioField, SelectField, SelectMultipleField
from wtforms.fields.core import UnboundField

import marketplace
from marketplace.accounts.forms import EmailField
from marketplace.accounts.states import PERSON
from marketplace.core import db
from marketplace.core.file_field import FileField
from marketplace.core.forms import (
    DateField,
    DateTimeField,
    Form,
    LongTextField,
    MoneyField,
    TextField,
    WholeNumberField,
)
from tests.factories.world import World
from tests.integration.test_access_matrix import ROWS, address, connection, cookies, world

__all__ = ["connection", "cookies", "world"]  # fixtures of the other module

# Nothing that can be stored or read safely: refused by every field into which one types.
UNSTORABLE = {
    "NUL": "before\x00after",
    "escape": "before\x1b[31mafter",
    "C1 control": "before\x85after",
    "lone surrogate": "before\ud800after",
    "bidi override": "invoice\u202efdp.exe",
    "bidi isolate": "\u2066hidden\u2069",
    "byte order mark": "\ufeff100",
}
# Taken for numbers, money or dates by naive parsers.
NOT_NUMBERS = {
    "NaN": "NaN",
    "sNaN": "sNaN",
    "infinity": "-Infinity",
    "exponent": "1e200000",
    "huge": "9" * 400,
    "beyond bigint": "9223372036854775808",
    "minus": "-1",
    "minus zero": "-0",
    "underscore": "1_000",
    "Arabic digits": "١٢",
    "full width digits": "１２",
    "superscript": "²",
    "hexadecimal": "0x10",
    "wrong comma": "1,00",
    "two points": "1.2.3",
    "words": "twelve",
    "formula": "=1+1",
    "statement": "1; DROP TABLE people",
}
NOT_DATES = {
    "year 1": "0001-01-01",
    "year 9999": "9999-12-31",
    "30 February": "2026-02-30",
    "month 13": "2026-13-01",
    "Arabic date": "٢٠٢٦-٠١-٠١",
    "no date": "tomorrow",
    "year 1, with time": "0001-01-01T00:00",
    "year 9999, with time": "9999-12-31T23:59",
    "hour 25": "2026-01-01T25:00",
    "timestamp": "1764000000",
}
TOO_LONG = {"too long": "가" * 6_000}
TEXTS = {
    "markup": "<script>alert(1)</script>",
    "template": "{{ 7*7 }}{% raw %}",
    "quote": "'\";--",
    "emoji": "👩‍🏭" * 3,
}
EVERYTHING = {**UNSTORABLE, **NOT_NUMBERS, **NOT_DATES, **TOO_LONG, **TEXTS}

ONE_OF_A_LIST = (RadioField, SelectField, SelectMultipleField)


def must_refuse(field: Field, name: str) -> bool:
    """Whether this kind of field may never take this value."""
    if isinstance(field, (*ONE_OF_A_LIST, EmailField)):
        return True
    if isinstance(field, MoneyField | WholeNumberField):
        return name not in ("timestamp", "full width digits")
    if isinstance(field, DateField | DateTimeField):
        return True
    if isinstance(field, TextField | LongTextField):
        return name in UNSTORABLE or len(TOO_LONG.get(name, "")) > field.max_length
    return False


def all_forms() -> list[type[Form]]:
    """Every form class of every area."""
    for module in pkgutil.iter_modules(marketplace.__path__):
        try:
            importlib.import_module(f"marketplace.{module.name}.forms")
        except ModuleNotFoundError as missing:
            if not str(missing.name).endswith("forms"):
                raise
    forms, waiting = [], [Form]
    while waiting:
        for child in waiting.pop().__subclasses__():
            forms.append(child)
            waiting.append(child)
    return sorted(set(forms), key=lambda form: f"{form.__module__}.{form.__name__}")


def fields_of(form: type[Form]) -> list[str]:
    return [name for name in dir(form) if isinstance(getattr(form, name), UnboundField)]


FORMS = [form for form in all_forms() if fields_of(form) and form.__module__.startswith("marketplace.")]


def test_the_collection_is_large_enough() -> None:
    assert sum(len(fields_of(form)) for form in FORMS) * len(EVERYTHING) > 100
    assert len(FORMS) > 40


@pytest.mark.parametrize("form", FORMS, ids=lambda form: f"{form.__module__.split('.')[1]}.{form.__name__}")
def test_every_field_of_every_form_refuses_in_words(app: Flask, form: type[Form], database: object) -> None:
    """V2.2.1: each value in each field, by the form alone: no exception, and words where it can't be taken."""
    names = fields_of(form)
    with app.test_request_context("/?lang=en", method="POST", data={"x": "1"}):
        for label, value in EVERYTHING.items():
            data = MultiDict(dict.fromkeys(names, value))
            filled = form(*_arguments(form), formdata=data, meta={"csrf": False})
            for field in filled:
                if isinstance(field, ONE_OF_A_LIST) and not isinstance(field.choices, list | dict):
                    field.choices = [("a", "A")]
            filled.validate()
            for name in set(names) & set(filled._fields):
                field = filled._fields[name]
                words = [str(error) for error in field.errors]
                if must_refuse(field, label):
                    assert words, f"{name} took {label}"
                assert all(words), f"{name} refused {label} without words"


def _arguments(form: type[Form]) -> list[Any]:
    """What some forms are told when made: which facts a size standard asks for, whose statuses a list has."""
    known = {
        "asked": ["sector", "employees", "capital", "sales", "turnover", "balance_sheet"],
        "lifecycle": PERSON,
        "calls": [("a", "A")],
    }
    return [known[name] for name in inspect.signature(form.__init__).parameters if name in known]


# What a page gets, all of its fields at once; each kind of field is wrong in its own way.
CHOSEN = ("NUL", "bidi override", "NaN", "huge", "Arabic digits", "year 9999, with time", "too long")
BATTERY = {name: EVERYTHING[name] for name in (*CHOSEN, "markup")}


def changing_routes() -> list[str]:
    return sorted({endpoint for endpoint, method in ROWS if method == "POST"})


def who_may(endpoint: str) -> str:
    """An actor to whom the page answers, the own company's or the agency's before others."""
    row = ROWS[endpoint, "POST"]
    return next((column for column, cell in row.items() if cell == "yes" and column != "signed_out"), "signed_out")


@pytest.fixture
def client(app: Flask, cookies: dict[str, str], endpoint: str) -> FlaskClient:
    browser = app.test_client()
    browser.set_cookie("session", cookies[who_may(endpoint)])
    return browser


class Seen(list[Form]):
    """The forms of the pages rendered meanwhile."""

    def __init__(self, app: Flask) -> None:
        super().__init__()
        self.app = app

    def __enter__(self) -> "Seen":
        template_rendered.connect(self._keep, self.app)
        return self

    def __exit__(self, *error: object) -> None:
        template_rendered.disconnect(self._keep, self.app)

    def _keep(self, sender: Flask, template: Any, context: dict[str, Any], **_more: Any) -> None:
        self.extend(value for value in context.values() if isinstance(value, Form))


@pytest.fixture
def undone(connection: Connection) -> Iterator[Connection]:
    """Whatever the test stores is forgotten."""
    savepoint = connection.begin_nested()
    yield connection
    db.session.remove()
    savepoint.rollback()


def stored(connection: Connection) -> int:
    """A figure that changes with any row of any table."""
    tables = connection.execute(text("SELECT relname FROM pg_stat_user_tables ORDER BY relname")).scalars().all()
    sums = [f"(SELECT coalesce(sum(hashtextextended(t::text, 0)), 0) FROM {table} t)" for table in tables]
    return int(connection.execute(text("SELECT " + " + ".join(sums))).scalar_one())


def typed(labels: Mapping[str, str], form: Form | None) -> dict[str, Any]:
    """Each field's value of the battery, a broken file where one uploads."""
    data: dict[str, Any] = {name: BATTERY[label] for name, label in labels.items()}
    files = {field.name for field in form or () if isinstance(field, FileField)}
    return data | {name: (io.BytesIO(b"\x00MZ not a document"), "x.pdf") for name in files}


def in_turn(names: Sequence[str], turn: int) -> dict[str, str]:
    """Which value of the battery each field gets, neighbours different ones."""
    labels = list(BATTERY)
    return {name: labels[(turn + place) % len(labels)] for place, name in enumerate(names)}


def half_in_short(endpoints: Sequence[str]) -> list[Any]:
    """Every second of them in the short run: each field's refusal is tried on all forms anyway, without a page."""
    return [pytest.param(name, marks=pytest.mark.slow if place % 2 else []) for place, name in enumerate(endpoints)]


@pytest.mark.parametrize("endpoint", half_in_short(changing_routes()))
def test_no_page_breaks_or_stores_what_it_refuses(
    app: Flask, undone: Connection, world: World, client: FlaskClient, endpoint: str
) -> None:
    """V2.2.3, V15.3.3: through the whole page, as somebody who may open it; each field with another value.

    In the short run every second page: the fields of the others are tried on their forms alone.
    """
    turn = changing_routes().index(endpoint)
    send_all(
        app, undone, client, address(app, world, endpoint, who_may(endpoint)), lambda names: [in_turn(names, turn)]
    )


@pytest.mark.slow
@pytest.mark.parametrize("endpoint", changing_routes())
def test_no_page_breaks_or_stores_whatever_it_is_sent(
    app: Flask, undone: Connection, world: World, client: FlaskClient, endpoint: str
) -> None:
    """The same with every value of the battery, in all fields at once."""
    path = address(app, world, endpoint, who_may(endpoint))
    send_all(app, undone, client, path, lambda names: [dict.fromkeys(names, label) for label in BATTERY])


def send_all(
    app: Flask,
    undone: Connection,
    client: FlaskClient,
    path: str,
    fillings: Callable[[Sequence[str]], Iterable[dict[str, str]]],
) -> None:
    """Send the page's form filled in each way: no failure, nothing stored that is refused, words at the fields."""
    path = f"{path}{'&' if '?' in path else '?'}lang=en"
    with Seen(app) as shown:
        client.get(path)
    form = shown[0] if shown else None
    names = [field.name for field in form if field.name not in ("key", "csrf_token")] if form else ["anything"]
    before = stored(undone)
    for labels in fillings(names):
        data = typed(labels, form)
        with Seen(app) as answered:
            response = client.post(path, data=data, content_type="multipart/form-data")
        assert response.status_code < 500, f"{labels}: {response.text}"
        if response.status_code >= 400:
            assert stored(undone) == before, (
                f"{labels} was refused with {response.status_code}, yet something was stored"
            )
        else:
            before = stored(undone)
        if response.status_code == 422:
            assert_words(answered, response.text, labels)


def assert_words(answered: list[Form], page: str, labels: Mapping[str, str]) -> None:
    """Every field that can't take its value says so at itself, unless the form was refused as a whole."""
    for form in answered:
        if form.form_errors:
            continue
        for field in form:
            label = labels.get(field.name)
            if label is None or isinstance(field, HiddenField | BooleanField | FileField):
                continue
            if not must_refuse(field, label):
                continue
            assert field.errors, f"{field.name} took {label}"
            if f'name="{field.name}"' not in page:
                continue  # the page doesn't offer it as things stand
            assert f'id="{field.id}-error"' in page, f"{field.name} refused {label} without words on the page"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nnever ends', "multipart/form-data; boundary=x"),
        (b"--x", "multipart/form-data"),
        (b"\xff\xfe\x00", "multipart/form-data; boundary="),
        (b"email=%ff%fe&name=%00", "application/x-www-form-urlencoded"),
        (b'{"email": [}', "application/json"),
        (b"email=" + b"x" * 3_000_000, "application/x-www-form-urlencoded"),
        (b"&".join(b"f%d=1" % number for number in range(5_000)), "application/x-www-form-urlencoded"),
        (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', "application/xml"),
    ],
    ids=lambda part: str(part)[:24],
)
def test_broken_bodies_are_refused(app: Flask, undone: Connection, body: bytes, content_type: str) -> None:
    before = stored(undone)
    response = app.test_client().post("/account/sign-up", data=body, content_type=content_type)
    assert 400 <= response.status_code < 500
    assert stored(undone) == before


STRANGE = (
    "page=-1&after=garbage&sort=nonsense&format=exe",
    "page=9999999999999999999&after=WyJ4IiwgInkiXQ&sort=-",
    "after=%00&search=%00",
    "after=WzFlOTk5LCAiMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwIl0&status=%27%22&role=x&search=%25_%5C",
    "lang=xx&status=a&status=b&search=" + "x" * 5_000,
)


def listing_routes() -> list[str]:
    return sorted({endpoint for endpoint, method in ROWS if method == "GET"} - {"static", "healthz", "readyz"})


def strange_addresses() -> list[Any]:
    """Every page with each strange query; in the short run with one of them, the pages in turn."""
    return [
        pytest.param(
            endpoint, query, id=f"{endpoint}-{number}", marks=[] if place % len(STRANGE) == number else pytest.mark.slow
        )
        for place, endpoint in enumerate(listing_routes())
        for number, query in enumerate(STRANGE)
    ]


@pytest.mark.parametrize(("endpoint", "query"), strange_addresses())
def test_strange_addresses_break_no_page(
    app: Flask, undone: Connection, world: World, cookies: dict[str, str], endpoint: str, query: str
) -> None:
    row = ROWS[endpoint, "GET"]
    column = next((name for name, cell in row.items() if cell == "yes" and name != "signed_out"), "signed_out")
    client = app.test_client()
    client.set_cookie("session", cookies[column])
    path = address(app, world, endpoint, column).partition("?")[0]
    with client.get(f"{path}?{query}") as response:
        assert response.status_code < 500, response.text


@pytest.mark.parametrize(
    "path", ["/people/not-an-id", "/people/%00", "/claims/١٢", "/verify/%ff", "/verify/" + "x" * 9_000]
)
def test_strange_ids_are_not_found(app: Flask, undone: Connection, cookies: dict[str, str], path: str) -> None:
    client = app.test_client()
    client.set_cookie("session", cookies["signatory"])
    assert client.get(path).status_code in (200, 400, 403, 404)
