"""What the layouts and components promise: escaping, errors tied to their fields, the language kept, nothing inline."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, render_template_string
from flask.testing import FlaskClient
from lxml import html
from werkzeug.datastructures import MultiDict

from marketplace.core.errors import DomainError
from marketplace.core.forms import (
    AgreeField,
    ChoiceField,
    ChoicesField,
    DateField,
    DateTimeField,
    Form,
    MoneyField,
    SelectOneField,
    TextField,
    WholeNumberField,
)
from marketplace.core.i18n import _
from tests.factories import agency as make_agency
from tests.factories.accounts import make_sme, sign_in_as

NASTY = "<script>alert(1)</script>\"'&"


class Everything(Form):
    """One field of each kind that the macros tell apart."""

    name = TextField("Name", description="As registered.")
    amount = MoneyField("Amount", required=False)
    begins_on = DateField("Begins")
    meets_at = DateTimeField("Meets", required=False)
    price = MoneyField("Price", currency="EUR", required=False)
    staff = WholeNumberField("Staff", required=False)
    region = SelectOneField("Region", required=False, choices=[("", "All")])
    side = ChoiceField("Side", choices=[("a", "One"), ("b", NASTY)])
    lines = ChoicesField("Lines", choices=[("x", "X"), ("y", "Y")])
    agreed = AgreeField("I agree")


PAGE = """{% from "components/forms.html" import error_summary, field %}{{ error_summary(form) }}
{% for item in form if item.control is defined %}
{{ field(item) }}
{% endfor %}"""


@pytest.fixture
def request_context(app: Flask) -> Iterator[None]:
    with app.test_request_context("/?lang=en", method="POST", data={"name": "", "amount": "1_000"}):
        yield


@pytest.fixture
def refused(request_context: None) -> str:
    form = Everything()
    assert not form.validate_on_submit()
    return render_template_string(PAGE, form=form)


def test_every_line_of_the_error_summary_leads_to_a_control(refused: str) -> None:
    summary = refused.split("</div>")[0]
    targets = re.findall(r'href="#([^"]+)"', summary)
    assert {"name", "amount", "begins_on", "side-0", "lines-0", "agreed"} == set(targets)
    for target in targets:
        assert re.search(rf'<(input|select|textarea)[^>]* id="{target}"', refused), target


def test_a_refused_field_is_tied_to_its_hint_and_error(refused: str) -> None:
    control = re.search(r'<input[^>]* id="name"[^>]*>', refused)
    assert control
    assert 'aria-describedby="name-hint name-error"' in control[0]
    assert 'aria-invalid="true"' in control[0]
    assert 'id="name-hint"' in refused
    assert 'id="name-error"' in refused


def test_what_was_typed_stays_in_the_field(refused: str) -> None:
    assert 'value="1_000"' in refused


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("name", {"class": "krds-input", "type": "text"}),
        ("amount", {"class": "krds-input", "inputmode": "numeric", "autocomplete": "off"}),
        ("price", {"class": "krds-input", "inputmode": "decimal", "autocomplete": "off"}),
        ("staff", {"class": "krds-input", "inputmode": "numeric"}),
        ("begins_on", {"class": "krds-input", "type": "date"}),
        ("meets_at", {"class": "krds-input", "type": "datetime-local"}),
        ("region", {"class": "krds-form-select"}),
    ],
)
def test_a_field_is_drawn_for_what_it_takes(refused: str, name: str, attributes: dict[str, str]) -> None:
    (control,) = html.document_fromstring(refused).xpath(f"//*[@name='{name}']")
    assert {key: control.get(key) for key in attributes} == attributes


def test_a_group_is_a_fieldset_with_a_legend(refused: str) -> None:
    assert re.search(r'<fieldset id="side" aria-describedby="side-error">\s*<legend>Side', refused)


def test_optional_fields_say_so_and_required_ones_do_not(refused: str) -> None:
    labels = re.findall(r'<label class="form-label" for="(\w+)">([^\n]*)</label>', refused)
    assert {name for name, text in labels if "optional" in text} == {"amount", "meets_at", "price", "staff", "region"}


def test_a_refusal_without_a_field_stands_in_the_summary(request_context: None) -> None:
    form = Everything()
    form.refuse(DomainError(NASTY))
    shown = render_template_string(PAGE, form=form)
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>" not in shown


@pytest.mark.parametrize(
    ("file", "call"),
    [
        ("lists", 'summary_list([(nasty, nasty, "/x"), (nasty, [nasty])])'),
        ("lists", 'task_list([{"text": nasty, "hint": nasty, "status": nasty}])'),
        ("lists", 'timeline([{"text": nasty, "when": nasty, "state": "now"}])'),
        ("messages", "receipt(nasty, nasty, nasty)"),
        ("messages", "status_tag(nasty)"),
        ("forms", "field(form.side, hint=nasty)"),
        ("navigation", 'breadcrumb([(nasty, "/x")])'),
        ("buttons", 'link_button(nasty, "/x")'),
    ],
)
def test_components_escape_what_people_typed(request_context: None, file: str, call: str) -> None:
    source = f'{{% import "components/{file}.html" as parts %}}{{{{ parts.{call} }}}}'
    shown = render_template_string(source, nasty=NASTY, form=Everything())
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_a_translated_answer_is_one_answer(request_context: None) -> None:
    source = '{% from "components/lists.html" import summary_list %}{{ summary_list([("Status", words)]) }}'
    shown = render_template_string(source, words=_("Signatory"))
    assert re.search(r"<dd>\s*Signatory</dd>", shown)


@pytest.mark.parametrize("path", ["/how-it-works", "/how-it-works?after=x&sort=a%26b"])
def test_the_language_switch_stays_on_the_page(client: FlaskClient, path: str) -> None:
    korean = client.get(path, headers={"Accept-Language": "ko"}).text
    assert '<html lang="ko">' in korean
    link = re.search(r'hreflang="en" href="([^"]+)"', korean)
    assert link
    address = link[1].replace("&amp;", "&")
    assert address.startswith(path)
    english = client.get(address)
    assert '<html lang="en">' in english.text
    assert '<html lang="en">' in client.get("/privacy").text, "the choice is remembered"


def test_no_page_needs_an_inline_script_or_style(client: FlaskClient) -> None:
    for path in ("/how-it-works", "/privacy", "/accessibility", "/help", "/account/sign-in", "/no-such-page"):
        answer = client.get(path)
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "default-src 'none'" in policy
        assert not re.search(r"<style|<script(?![^>]* src=)|\sstyle=|\son\w+=|javascript:", answer.text), path
        assert not re.search(r'(?:src|href)="(?:https?:)?//(?!localhost)', answer.text), path


@pytest.mark.parametrize(
    ("locale", "words"), [("ko", "저장되거나 바뀐 것은 없습니다."), ("en", "Nothing was saved or changed.")]
)
def test_error_pages_say_that_nothing_was_saved(app: Flask, locale: str, words: str) -> None:
    with app.test_request_context(f"/?lang={locale}"):
        for code in (400, 403, 405, 409, 413, 422, 429, 500, 503):
            shown = app.jinja_env.get_template(f"errors/{code}.html").render(_context(app, request_id="abc123"))
            assert words in shown, code
            assert "abc123" in shown, code


@pytest.mark.parametrize(("locale", "words"), [("ko", "저장된 것은 없습니다."), ("en", "Nothing was saved.")])
def test_a_form_that_saves_says_that_nothing_was_saved(app: Flask, locale: str, words: str) -> None:
    source = '{% from "components/forms.html" import error_summary with context %}{{ error_summary(form) }}'
    with app.test_request_context(f"/?lang={locale}"):
        for error in (DomainError("Too late."), DomainError("Too long.", field="name")):
            form = Everything()
            assert words not in render_template_string(source, form=form)
            form.refuse(error)
            shown = render_template_string(source, form=form)
            assert words in shown
            assert str(error) in shown


def _context(app: Flask, **values: Any) -> dict[str, Any]:
    context: dict[str, Any] = {"message": None, **values}
    app.update_template_context(context)
    return context


def test_an_optional_choice_left_out_is_no_mistake(app: Flask) -> None:
    class Filter(Form):
        status = ChoiceField("Status", required=False, choices=[("a", "A")])

    with app.test_request_context("/?lang=en"):
        assert Filter(formdata=MultiDict({"lang": "en"})).validate()
        assert not Filter(formdata=MultiDict({"status": "z"})).validate()


@pytest.mark.parametrize("said", [True, False])
def test_the_help_page_names_the_address_that_is_set_up_and_no_other(client: FlaskClient, said: bool) -> None:
    if said:
        make_agency.profile(logo=False)
    page = client.get("/help?lang=en").text
    assert ('href="mailto:help@voucher.example"' in page, "mailto:" in page) == (said, said)
    assert ("No address for help is set up here yet." in page) != said


def test_a_message_says_which_answer_is_missing(refused: str) -> None:
    summary = refused.split("</div>")[0]
    lines = dict(re.findall(r'<li><a href="#([^"]+)">([^<]+)</a>', summary))
    assert lines["name"] == "Enter “Name”."
    assert lines["side-0"] == "Choose an answer for “Side”."
    assert lines["lines-0"] == "Tick what applies under “Lines”."
    assert lines["amount"].startswith("Amount: "), "other messages are told with their field"


def test_errors_stand_in_the_order_of_the_page(client: FlaskClient) -> None:
    sign_in_as(client, make_sme())
    page = client.post("/companies/new/sme?lang=en", data={}).text
    above = re.findall(r'<li><a href="#(\w+?)(?:-0)?">', page)
    assert above == re.findall(r'id="(\w+)-error"', page)
    assert above[0] == "business_number", "its form lists the facts that every company has first"
    page = client.post("/certificates/new?lang=en", data={}).text
    assert "Choose a file for “The certificate as a file”." in page


@pytest.mark.parametrize(
    ("path", "typed", "words"),
    [
        ("/account/sign-in", {"email": "a@example.com", "password": "wrong"}, "You are not signed in."),
        ("/account/forgotten-password", {"email": "nobody"}, "No e-mail was sent."),
        ("/account/sign-up", {"email": "nobody"}, "No account was opened."),
    ],
)
def test_a_refused_form_says_what_was_not_done(
    client: FlaskClient, path: str, typed: dict[str, str], words: str
) -> None:
    shown = client.post(f"{path}?lang=en", data=typed).text
    assert f'<h2 id="error-summary-title">{words}</h2>' in shown
