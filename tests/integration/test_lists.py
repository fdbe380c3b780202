"""Every list: its counts, its headings, its pages in both directions, its filters, and the file that it makes."""

import io
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zipfile import ZipFile

import pytest
from flask import Flask, url_for
from flask.testing import FlaskClient
from lxml import html
from openpyxl import load_workbook

from marketplace.accounts.models import Person
from marketplace.core import db
from marketplace.core.actors import Role
from marketplace.core.listings import MOST_COUNTED, address, paginate, sorts
from marketplace.reports.queries import waiting_for
from tests.factories.accounts import make_officer, make_person, sign_in_as
from tests.factories.world import World, make_world
from tests.integration.test_access_matrix import FIXED, INSTEAD
from tests.milestones import Milestones

# Where a count leads to a page about one thing, which is no list.
OF_ONE_THING = {"providers.profile"}
# Headings of what a page lets one do.
ACTS = {"Action", "Decide", "Person"}
TEXT_THAT_IS_A_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
LISTS_WITH_A_FILE = 28


@pytest.fixture(scope="session")
def begins() -> Any:
    return make_world


@pytest.fixture
def world(database: object, milestones: Milestones) -> World:
    return milestones.read(make_world)


def document(client: FlaskClient, path: str) -> html.HtmlElement:
    answer = client.get(path, headers={"Accept-Language": "en"})
    assert answer.status_code == 200, (path, answer.status_code)
    return html.document_fromstring(answer.text)


def test_a_count_leads_to_as_many_rows(app: Flask, world: World) -> None:
    met = set()
    for actor in world.actors.values():
        client = sign_in_as(app.test_client(), actor) if actor.person_id else app.test_client()
        for work in waiting_for(actor):
            if work.endpoint in OF_ONE_THING:
                continue
            with app.test_request_context():
                path = url_for(work.endpoint, **work.filter)
            rows = rows_shown(document(client, path), work.anchor)
            assert rows == work.count, f"{actor.role}: {work.text} counts {work.count}, {path} has {rows}"
            met.add((work.endpoint, *work.filter.values(), work.anchor))
    assert len(met) >= 20, met


def rows_shown(page: html.HtmlElement, anchor: str | None) -> int:
    """The rows of the list with a total, or of the part of the page that bears the anchor."""
    if anchor:
        return len(page.xpath(f"//*[@id='{anchor}']/li | //*[@id='{anchor}']//tbody/tr"))
    total = page.xpath("string(//*[contains(@class, 'list-total')])").strip()
    shown = page.xpath("//table[.//*[@class='list-total']]/tbody/tr | //ul[@class='task-list']/li")
    assert not total or total == f"1–{len(shown)} of {len(shown)}"
    return len(shown) if total else 0


def lists_with_a_file(app: Flask, world: World) -> Iterator[tuple[FlaskClient, str, html.HtmlElement]]:
    """Every page under which a list can be downloaded, as the first who may see it."""
    clients = {
        name: sign_in_as(app.test_client(), actor) if actor.person_id else app.test_client()
        for name, actor in world.actors.items()
        if not name.startswith("other_")
    }
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.startswith(("static", "demo.")):
            continue
        names = INSTEAD.get(rule.endpoint, {})
        values = {name: FIXED.get(name) or world.things.get(names.get(name, name)) for name in rule.arguments}
        with app.test_request_context():
            path = url_for(rule.endpoint, **values)
        for client in clients.values():
            answer = client.get(f"{path}?lang=en")
            if answer.mimetype == "text/html" and "export-links" in answer.text:
                yield client, path, html.document_fromstring(answer.text)
                break


@pytest.mark.costly("opens every list and its file")
def test_a_file_has_what_its_list_shows_as_days_times_and_numbers(app: Flask, world: World) -> None:
    met = []
    for client, path, page in lists_with_a_file(app, world):
        with client.get(f"{path}?lang=en&format=xlsx") as answer:
            content = answer.data
        book = load_workbook(io.BytesIO(content))
        sheet = book.worksheets[0]
        head, *rows = sheet.iter_rows()
        titles = [cell.value for cell in head]
        shown = {" ".join(cell.text_content().split()) for cell in page.xpath(
            "(//table[.//*[@class='list-total']] | //table[not(//*[@class='list-total'])])[last()]/thead//th"
        )}  # fmt: skip
        assert shown - ACTS <= set(titles), f"{path} shows {shown - ACTS - set(titles)}"
        assert len(set(titles)) == len(titles), path
        assert sheet.freeze_panes == "A2", path
        assert sheet.auto_filter.ref, path
        assert "-" not in sheet.title, f"{path}: {sheet.title}"
        assert len({sheet.column_dimensions[cell.column_letter].width for cell in head}) > 1, path
        for cell in (cell for row in rows for cell in row if isinstance(cell.value, str)):
            title = titles[cell.column - 1]
            assert not TEXT_THAT_IS_A_DAY.match(cell.value), f"{path}: {title} holds a day as text"
            assert not re.fullmatch(r"-?[\d,]+(\.\d+)? ?(won|KRW)?", cell.value), f"{path}: {title} {cell.value}"
        met.append(path)
    assert len(met) >= LISTS_WITH_A_FILE, met


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
    third = document(administrator, link(second, "next") or "")
    assert names_on(third) == [f"Paged {number:03d}" for number in range(100, 120)]
    assert link(third, "next") is None
    assert "101–120 of 121" in third.text_content()
    back = document(administrator, link(third, "prev") or "")
    assert names_on(back) == [f"Paged {number:03d}" for number in range(50, 100)]
    top = document(administrator, link(back, "prev") or "")
    assert names_on(top) == ["Paged 000 again", *(f"Paged {number:03d}" for number in range(1, 50))]
    assert names_on(document(administrator, link(top, "prev") or ""))[:2] == ["Paged 000", "Paged 000 again"]


def test_a_heading_sorts_both_ways_and_keeps_the_filter(administrator: FlaskClient) -> None:
    page = document(administrator, "/people?search=paged")
    (heading,) = page.xpath("//th[@aria-sort]")
    assert heading.get("aria-sort") == "descending"
    assert heading.text_content().strip() == "Account since"
    (by_name,) = page.xpath("//th/a[text()='Name']/@href")
    ascending = document(administrator, by_name)
    assert names_on(ascending)[:2] == ["Paged 000", "Paged 001"]
    assert ascending.xpath("//th[@aria-sort='ascending']")[0].text_content().strip() == "Name"
    (by_name,) = ascending.xpath("//th/a[text()='Name']/@href")
    assert names_on(document(administrator, by_name))[:2] == ["Paged 119", "Paged 118"]
    assert not page.xpath("//th/a[text()='Roles']"), "no index finds people by their roles"


def test_filters_fold_away_and_are_taken_off_one_by_one(administrator: FlaskClient) -> None:
    plain = document(administrator, "/people")
    assert not plain.xpath("//details[contains(@class, 'filter-more')]/@open")
    assert not plain.xpath("//ul[@class='filters-set']")
    narrowed = document(administrator, "/people?search=paged&status=confirmed")
    assert narrowed.xpath("//details[contains(@class, 'filter-more')]/@open")
    chips = {chip.text_content().split(":")[0].strip(): chip.get("href") for chip in narrowed.xpath("//ul/li/a[span]")}
    assert urlsplit(chips["Name, e-mail address or organisation paged"]).query == "status=confirmed"
    missed = document(administrator, "/people?search=nobody-of-this-name&status=confirmed")
    assert "Nothing matches this filter." in missed.text_content()
    assert not missed.xpath("//details[contains(@class, 'filter-more')]/@open")
    assert missed.xpath("//a[text()='Clear the filter']/@href")[0] == "/people"


def test_a_list_in_which_nothing_is_yet_has_no_filter(client: FlaskClient) -> None:
    page = document(sign_in_as(client, make_officer(Role.ETHICS_OFFICER)), "/holds")
    assert "No payments are held." in page.text_content()
    assert not page.xpath("//form[@role='search']")


def test_a_long_list_says_that_there_are_more(app: Flask, database: object, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MOST_COUNTED == 10_000
    monkeypatch.setattr("marketplace.core.listings.MOST_COUNTED", 5)
    for number in range(9):
        make_person(f"Counted {number}")
    with app.test_request_context("/people?after=x"):
        listing = paginate(db.select(Person.id), sorts("name", Person.name), key=Person.id, size=2)
        assert listing.total == 6
        assert address(sort="name") == "/people?after=x&sort=name"


@pytest.mark.parametrize("cursor", ["WyJQYWdlZCJd", "WzEsMl0", "bnVsbA", "W10", "WyJ4IiwgIngiLCAieCJd", "eA=="])
def test_a_cursor_that_is_not_ours_leads_to_the_first_page(client: FlaskClient, cursor: str) -> None:
    make_person("Somebody")
    sign_in_as(client, make_officer(Role.ADMINISTRATOR))
    for direction in ("after", "before"):
        assert "Somebody" in client.get(f"/people?{direction}={cursor}").text


def test_a_workbook_says_where_its_heading_ends(app: Flask, world: World) -> None:
    client = sign_in_as(app.test_client(), world.actors["auditor"])
    with client.get("/claims?format=xlsx&lang=en") as answer:
        content = answer.data
    sheet = ZipFile(io.BytesIO(content)).read("xl/worksheets/sheet1.xml").decode()
    assert 'state="frozen"' in sheet
    assert "<autoFilter" in sheet
    cells = dict(zip(*[[cell.value for cell in row] for row in load_workbook(io.BytesIO(content)).worksheets[0]][:2], strict=True))  # fmt: skip  # noqa: E501
    assert isinstance(cells["Handed in"], datetime)
    assert isinstance(cells["Net amount"], int)
    assert re.fullmatch(r"\d{3}-\d{2}-\d{5}", cells["Business number of the company"])
    assert cells["Company"]
    assert cells["Provider"]
