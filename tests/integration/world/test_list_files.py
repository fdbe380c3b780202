"""Every list of the product and the file that it makes: its columns, its rows in their order, days and numbers."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import datetime
from inspect import getsource

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import html
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from marketplace.core import db
from marketplace.core.actors import SYSTEM
from marketplace.reports.service import reconcile
from tests.factories.world import World
from tests.integration.test_access_matrix import ROWS, address

Element = html.HtmlElement
LIST = "//table[.//*[@class='list-total']]"
# Lists that nobody needs as a file, and why.
WITHOUT_A_FILE = {
    "accounts.downloads": "are files themselves, for some days",
    "accounts.people": "asks for a reason first",
    "accounts.person": "is for a glance at who looked; a list of people asks for a reason",
    "claims.bank_entries": "is work to be done; the bank files have a file of all movements",
    "demo.outbox": "is of the demo alone",
    "ethics.my_cases": "are the few of one firm",
    "evaluations.grade_list": "are the few of one firm",
    "jobs.public_jobs": "is for a glance; a firm has a file of the jobs that it may bid for",
    "receivables.published": "names that are to disappear",
    "receivables.successes": "is work to be done",
    "vouchers.applications": "are the few of one company",
    "vouchers.scoring_list": "is work to be done",
}
# Pages whose file holds something else than their list: all movements of the bank files, every place that is drawn.
OF_OTHER = {"claims.bank_imports", "vouchers.waiting_room", "ethics.rule_list"}
# Lists that stand empty in the world, and the test that looks at their file.
ELSEWHERE = {"claims.ageing": "test_overdue_is_seen_in_lists_and_export"}
LISTS = re.compile(r"\b(paginate|export|_list)\(")
"""What the view of a list calls."""
ACTS = {"Action", "Decide", "Person"}
"""Headings of what a page lets one do."""
DAY_OR_AMOUNT = re.compile(r"\d{4}-\d{2}-\d{2}.*|-?[\d,]+(\.\d+)? ?(won|KRW)?")


def lists(app: Flask, world: World, clients: dict[str, FlaskClient]) -> Iterator[tuple[str, FlaskClient, Element]]:
    """Every page with a list, or with a file of one, as an auditor or whoever else may read it."""
    for (endpoint, method), row in ROWS.items():
        readers = sorted((name for name, answer in row.items() if answer == "yes"), key=lambda name: name != "auditor")
        if method != "GET" or not readers or not LISTS.search(getsource(app.view_functions[endpoint])):
            continue
        with clients[readers[0]].get(address(app, world, endpoint, readers[0])) as answer:
            if answer.mimetype == "text/html" and ("list-total" in answer.text or "export-links" in answer.text):
                yield endpoint, clients[readers[0]], html.document_fromstring(answer.text)


@pytest.mark.costly("opens every list and its file")
def test_a_file_is_its_list_with_days_times_and_numbers(
    app: Flask, world: World, clients: dict[str, FlaskClient]
) -> None:
    reconcile(actor=SYSTEM)
    db.commit()
    faults, met = [], set(ELSEWHERE)
    for endpoint, client, page in lists(app, world, clients):
        met.add(endpoint)
        if endpoint not in WITHOUT_A_FILE:
            faults += [f"{endpoint}: {fault}" for fault in faults_of(client, page, itself=endpoint not in OF_OTHER)]
    assert not faults, "\n".join(faults)
    paged = {name for name, view in app.view_functions.items() if "paginate(" in getsource(view)}
    assert paged <= met | set(WITHOUT_A_FILE), "what stands empty in the world was not looked at"


def faults_of(client: FlaskClient, page: Element, *, itself: bool = True) -> Iterator[str]:
    """What is wrong with the files of this page's list; `itself`: they hold its very rows."""
    links = page.xpath("//*[@class='export-links']/a/@href")
    if not links:
        yield "there is no file"
        return
    with client.get(links[1]) as answer:
        sheet = load_workbook(io.BytesIO(answer.data)).worksheets[0]
    lines = _lines(client, links[0])
    if [cell.value for cell in sheet[1]] != lines[0] or sheet.max_row != len(lines):
        yield "CSV and XLSX differ"
    yield from _of_the_sheet(sheet)
    if itself:
        yield from _of_the_rows(page, sheet)
        yield from _of_the_order(client, page)


def _lines(client: FlaskClient, link: str) -> list[list[str]]:
    with client.get(link) as answer:
        return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def _of_the_sheet(sheet: Worksheet) -> Iterator[str]:
    """A heading that stays, filters and is wide enough; days and amounts that a spreadsheet can count with."""
    titles = [str(cell.value) for cell in sheet[1]]
    if len(set(titles)) != len(titles):
        yield f"two columns have one heading: {titles}"
    if sheet.freeze_panes != "A2" or not sheet.auto_filter.ref or sheet.title[:1].islower() or "-" in sheet.title:
        yield f"{sheet.title}, {sheet.freeze_panes}, {sheet.auto_filter.ref}"
    for column in sheet.columns:
        if sheet.column_dimensions[column[0].column_letter].width < min(len(str(column[0].value)), 9):
            yield f"{column[0].value} is too narrow"
        for cell in column[1:]:
            if (
                isinstance(cell.value, str)
                and "umber" not in titles[column[0].column - 1]
                and DAY_OR_AMOUNT.fullmatch(cell.value)
            ):
                yield f"{column[0].value} holds {cell.value} as text"


def _of_the_rows(page: Element, sheet: Worksheet) -> Iterator[str]:
    """The page's columns, and as many rows as it counts."""
    shown = {" ".join(cell.text_content().split()) for cell in page.xpath(f"{LIST}/thead//th")}
    if missing := shown - ACTS - {str(cell.value) for cell in sheet[1]}:
        yield f"the file lacks {missing}"
    total = page.xpath("string(//*[@class='list-total'])").strip()
    if "of how many?" not in total and not total.endswith(f"of {sheet.max_row - 1}"):
        yield f"{total}, but {sheet.max_row - 1} rows in the file"


def _of_the_order(client: FlaskClient, page: Element) -> Iterator[str]:
    """Sorted by another heading, the file has its rows in that order."""
    for link in page.xpath(f"{LIST}/thead//a[@class='sort']/@href")[-1:]:
        again = html.document_fromstring(client.get(link).text)
        shown = [_as_in_a_file(cell.text_content()) for cell in again.xpath(f"{LIST}/tbody/tr/th")]
        head, *lines = _lines(client, again.xpath("//*[@class='export-links']/a/@href")[0])
        place = int(again.xpath(f"count({LIST}/tbody/tr[1]/th/preceding-sibling::td)")) + 1
        title = again.xpath(f"normalize-space({LIST}/thead//th[{place}])")
        found = [line[head.index(title)] for line in lines]
        if not all(map(str.startswith, shown, found)):
            yield f"by {link} {shown} on the page, {found} in the file"


def _as_in_a_file(cell: str) -> str:
    text = " ".join(cell.split())
    try:
        return f"{datetime.strptime(text, '%d %B %Y, %H:%M'):%Y-%m-%d %H:%M}"
    except ValueError:
        return text
