"""Every list: its counts, its headings, its pages in both directions, its filters, and the file that it makes."""

import base64
import io
import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4
from zipfile import ZipFile

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from openpyxl import load_workbook

from marketplace.accounts.models import Person
from marketplace.core import db
from marketplace.core.actors import Role
from marketplace.core.audit import record
from marketplace.core.listings import MOST_COUNTED, address, paginate, sorts
from marketplace.reports.queries import waiting_for
from tests.factories.accounts import make_officer, make_person, make_sme, sign_in_as
from tests.factories.world import World

# Where a count leads to a page about one thing, which is no list.
OF_ONE_THING = {"providers.profile"}


def document(client: FlaskClient, path: str) -> html.HtmlElement:
    client.set_cookie("lang", "en")
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return html.document_fromstring(answer.text)


def test_a_count_leads_to_as_many_rows(app: Flask, world: World, clients: dict[str, FlaskClient]) -> None:
    met = set()
    for name, actor in world.actors.items():
        for work in waiting_for(actor):
            if work.endpoint in OF_ONE_THING:
                continue
            path = address_of(app, work.endpoint, work.filter)
            rows = rows_shown(document(clients[name], path), work.anchor)
            assert rows == work.count, f"{actor.role}: {work.text} counts {work.count}, {path} has {rows}"
            met.add((work.endpoint, *work.filter.values(), work.anchor))
    assert len(met) >= 12, met


def address_of(app: Flask, endpoint: str, values: Mapping[str, Any]) -> str:
    return app.url_map.bind("localhost").build(endpoint, dict(values))


def rows_shown(page: html.HtmlElement, anchor: str | None) -> int:
    """The rows of the list with a total, or of the part of the page that bears the anchor."""
    if anchor:
        return len(page.xpath(f"//*[@id='{anchor}']/li | //*[@id='{anchor}']//tbody/tr"))
    total = page.xpath("string(//*[contains(@class, 'list-total')])").strip()
    shown = page.xpath("//table[.//*[@class='list-total']]/tbody/tr | //ul[@class='task-list']/li")
    assert not total or total == f"1–{len(shown)} of {len(shown)}"
    return len(shown) if total else 0


@pytest.fixture
def administrator(client: FlaskClient) -> FlaskClient:
    for number in range(120):
        make_person(f"Paged {number:03d}")
    client.set_cookie("lang", "en")
    return sign_in_as(client, make_officer(Role.ADMINISTRATOR))


def names_on(page: html.HtmlElement) -> list[str]:
    return [str(name) for name in page.xpath("//tbody/tr/th/a/text()") if str(name).startswith("Paged")]


def link(page: html.HtmlElement, rel: str) -> str | None:
    found = page.xpath(f"//nav[@class='pages']//a[@rel='{rel}']/@href")
    return str(found[0]) if found else None


def test_pages_go_both_ways_and_rows_that_come_or_go_move_none(administrator: FlaskClient) -> None:
    first = document(administrator, "/people?search=paged&sort=name")
    assert names_on(first) == [f"Paged {number:03d}" for number in range(50)]
    assert link(first, "prev") is None
    assert "1–50 of 120" in first.text_content()
    second = document(administrator, link(first, "next") or "")
    make_person("Paged 000 again")
    for elsewhere in second.xpath("//a[@class='sort']/@href") + second.xpath("//ul[@class='filters-set']//a/@href"):
        assert "after=" not in elsewhere, "another order or filter begins at its first page"
    third = document(administrator, link(second, "next") or "")
    assert names_on(third) == [f"Paged {number:03d}" for number in range(100, 120)]
    assert link(third, "next") is None
    assert "101–120 of 121" in third.text_content()
    back = document(administrator, link(third, "prev") or "")
    assert names_on(back) == [f"Paged {number:03d}" for number in range(50, 100)]
    top = document(administrator, link(back, "prev") or "")
    assert names_on(top) == ["Paged 000 again", *(f"Paged {number:03d}" for number in range(1, 50))]
    assert names_on(document(administrator, link(top, "prev") or ""))[:2] == ["Paged 000", "Paged 000 again"]


def cursor(*parts: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(parts, default=str).encode()).decode()


def test_a_page_before_never_begins_at_the_first_place_while_rows_lie_before_it(administrator: FlaskClient) -> None:
    before = cursor("Paged 110", str(uuid4()), 3)  # so many rows were added since
    page = document(administrator, f"/people?search=paged&sort=name&before={before}")
    assert "2–51 of 120" in page.text_content()


def test_no_place_lies_before_the_first_and_behind_the_last_row_stands_the_first_page(
    administrator: FlaskClient,
) -> None:
    list_by_name = "/people?search=paged&sort=name&after="
    assert "2–51 of 120" in document(administrator, list_by_name + cursor("Paged 000", UUID(int=0), -9)).text_content()
    behind = document(administrator, list_by_name + cursor("Paged 999", uuid4(), 120))
    assert names_on(behind)[0] == "Paged 000"
    assert link(behind, "prev") is None


def test_rows_of_one_value_are_paged_through_once_each(administrator: FlaskClient) -> None:
    same = {make_person("Paged the same").id for _number in range(70)}
    for sort in ("name", "-name"):
        met, address = [], f"/people?search=paged+the+same&sort={sort}"
        while address and len(met) <= len(same):
            page = document(administrator, address)
            rows = page.xpath("//table[.//*[@class='list-total']]/tbody/tr/th/a/@href")
            met += [str(href).rsplit("/", 1)[1] for href in rows]
            address = link(page, "next") or ""
        assert sorted(met) == sorted(map(str, same))


def test_a_heading_sorts_both_ways_and_keeps_the_filter(administrator: FlaskClient) -> None:
    page = document(administrator, "/people?search=paged")
    (heading,) = page.xpath("//th[@aria-sort]")
    assert heading.get("aria-sort") == "descending"
    assert heading.text_content().strip() == "Account since"
    (turned,) = page.xpath("//th/a[text()='Account since']/@href")
    assert "sort=created_at" in turned
    (by_name,) = page.xpath("//th/a[text()='Name']/@href")
    ascending = document(administrator, by_name)
    assert names_on(ascending)[:2] == ["Paged 000", "Paged 001"]
    assert ascending.xpath("//th[@aria-sort='ascending']")[0].text_content().strip() == "Name"
    (by_day,) = ascending.xpath("//th/a[text()='Account since']/@href")
    assert "sort=-created_at" in by_day, "days fall, names rise"
    (by_name,) = ascending.xpath("//th/a[text()='Name']/@href")
    assert names_on(document(administrator, by_name))[:2] == ["Paged 119", "Paged 118"]
    assert not page.xpath("//th/a[text()='Roles']"), "no index finds people by their roles"
    unknown = document(administrator, "/people?search=paged&sort=password_hash")
    assert unknown.xpath("//th[@aria-sort='descending']")[0].text_content().strip() == "Account since"


def test_filters_fold_away_and_are_taken_off_one_by_one(administrator: FlaskClient) -> None:
    plain = document(administrator, "/people")
    assert not plain.xpath("//details[contains(@class, 'filter-more')]/@open")
    assert not plain.xpath("//ul[@class='filters-set']")
    narrowed = document(administrator, "/people?search=paged&status=confirmed")
    assert narrowed.xpath("//details[contains(@class, 'filter-more')]/@open")
    chips = {chip.text_content().split(":")[0].strip(): chip.get("href") for chip in narrowed.xpath("//ul/li/a[span]")}
    assert urlsplit(chips["Name, e-mail address or organisation paged"]).query == "status=confirmed"
    for refused in ("/people?status=nonsense", f"/background-tasks?search={'x' * 101}"):
        assert not document(administrator, refused).xpath("//ul[@class='filters-set']"), refused
    missed = document(administrator, "/people?search=nobody-of-this-name&status=confirmed")
    assert "Nothing matches this filter." in missed.text_content()
    assert not missed.xpath("//details[contains(@class, 'filter-more')]/@open")
    assert missed.xpath("//a[text()='Clear the filter']/@href")[0] == "/people"


def test_a_list_in_which_nothing_is_yet_has_no_filter(client: FlaskClient) -> None:
    page = document(sign_in_as(client, make_sme()), "/refunds?lang=en&sort=number&status=")
    assert "There is no refund here." in page.text_content()
    assert not page.xpath("//form[@role='search']")


def test_a_long_list_says_that_there_are_more(app: Flask, database: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_COUNTED == 10_000
    monkeypatch.setattr("marketplace.core.listings.MOST_COUNTED", 5)
    for number in range(9):
        make_person(f"Counted {number}")
    with app.test_request_context("/people?after=x"):
        listing = paginate(db.select(Person.id), sorts("name", Person.name), key=Person.id, size=2)
        assert listing.total == 6
        one = db.select(Person.id).where(Person.name == "Counted 1")
        assert paginate(one, sorts("name", Person.name), key=Person.id, counted=False).total == 1, "it is one page"
        assert address(sort="name") == "/people?after=x&sort=name"


def test_the_audit_trail_is_counted_when_somebody_asks(client: FlaskClient) -> None:
    auditor = make_officer(Role.AUDITOR)
    sign_in_as(client, auditor)
    for number in range(60):
        record(auditor, "noted", ("people", uuid4()), after={"number": number})
    page = document(client, "/audit")
    (asked,) = page.xpath("//caption//a[text()='of how many?']/@href")
    counted = document(client, asked).xpath("string(//caption/span)")
    assert re.fullmatch(r"1–50 of \d+", counted.strip())
    narrowed = document(client, "/audit?action=noted").xpath("string(//caption/span)")
    assert narrowed.strip() == "1–50 of 60"


@pytest.mark.parametrize(
    "cursor", ["WyJQYWdlZCJd", "WzEsMl0", "bnVsbA", "W10", "WyJ4IiwgIngiLCAieCJd", "eA==", "W1tb" * 500]
)
def test_a_cursor_that_is_not_ours_leads_to_the_first_page(client: FlaskClient, cursor: str) -> None:
    make_person("Somebody")
    sign_in_as(client, make_officer(Role.ADMINISTRATOR))
    for direction in ("after", "before"):
        assert "Somebody" in client.get(f"/people?{direction}={cursor}").text


@pytest.mark.parametrize(
    ("path", "value", "place"),
    [
        ("/audit?sort=id", 2**63, 1),
        ("/audit?sort=id", 1, 1e400),
        ("/people?sort=name", "a\x00b", 1),
        ("/people?sort=created_at", "9" * 5000, 1),
        ("/people?sort=name", "Paged", 10**400),
    ],
)
def test_what_no_address_of_a_list_holds_is_read_with_care(
    client: FlaskClient, path: str, value: object, place: object
) -> None:
    sign_in_as(client, make_officer(Role.ADMINISTRATOR))
    assert client.get(f"{path}&after={cursor(value, str(uuid4()), place)}").status_code == 200


def test_a_workbook_says_where_its_heading_ends(clients: dict[str, FlaskClient]) -> None:
    with clients["auditor"].get("/claims?format=xlsx&lang=en") as answer:
        content = answer.data
    sheet = ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert 'state="frozen"' in sheet
    assert "<autoFilter" in sheet
    cells = dict(zip(*[[cell.value for cell in row] for row in load_workbook(io.BytesIO(content)).worksheets[0]][:2], strict=True))  # fmt: skip  # noqa: E501
    assert isinstance(cells["Handed in"], datetime)
    assert isinstance(cells["Net amount"], int)
    assert re.fullmatch(r"\d{3}-\d{2}-\d{5}", cells["Business number of the company"])
    assert cells["Company"]
    assert cells["Firm"]
