"""A list is downloaded whole, however long, without being held in memory whole."""

import csv
import gc
import io
import tracemalloc
from contextlib import closing
from datetime import UTC, date, datetime

import pytest
from flask import Flask, Response
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session, scoped_session

from config.settings import Settings
from marketplace.core import db
from marketplace.core.exports import Column, export, requested_format

ROWS = 5_000
PADDING = " padded" * 90
PEAK = 3_000_000  # bytes; all rows at once take more
NUMBERS = select(func.generate_series(1, ROWS).label("number"))
COLUMNS: list[Column] = [("Number", lambda number: number), ("Words", lambda number: f"번호 {number}{PADDING}")]


def content_of(response: Response) -> bytes:
    with closing(response):
        return b"".join(response.response)


def rows_of(content: bytes, kind: str) -> list[list[str]]:
    if kind == "csv":
        return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
    sheet = load_workbook(io.BytesIO(content), read_only=True).worksheets[0]
    return [[str(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_long_list_is_whole_and_takes_little_memory(app: Flask, database: scoped_session[Session], kind: str) -> None:
    with app.test_request_context(f"/?format={kind}"):
        content_of(export(NUMBERS, COLUMNS, "warm", "Warm", most=10))
        tracemalloc.start()
        response = export(NUMBERS, COLUMNS, "numbers", "Numbers")
        _now, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        content = content_of(response)
    assert peak < PEAK
    assert response.content_length == len(content)
    rows = rows_of(content, kind)
    assert rows[0] == ["Number", "Words"]
    assert rows[1:] == [[str(number), f"번호 {number}{PADDING}"] for number in range(1, ROWS + 1)]


def test_rows_come_by_a_cursor_of_the_database_and_end_at_the_limit(
    app: Flask, database: scoped_session[Session]
) -> None:
    cursors: Column = ("Cursors", lambda number: db.session.scalar(text("SELECT count(*) FROM pg_cursors")))
    with app.test_request_context("/"):
        content = content_of(export(NUMBERS, [cursors], "numbers", "Numbers", most=3))
    assert rows_of(content, "csv") == [["Cursors"], ["1"], ["1"], ["1"]]


def test_days_and_times_are_real_cells_of_a_spreadsheet(app: Flask, database: scoped_session[Session]) -> None:
    day, moment = date(2026, 2, 28), datetime(2026, 2, 28, 15, 30, tzinfo=UTC)
    columns: list[Column] = [("Day", lambda _row: day), ("Time", lambda _row: moment)]
    with app.test_request_context("/?format=csv"):
        content = content_of(export([None], columns, "days", "Days"))
    assert rows_of(content, "csv")[1] == ["2026-02-28", "2026-03-01 00:30"]
    with app.test_request_context("/?format=xlsx"):
        content = content_of(export([None], columns, "days", "Days: /two"))
    head, cells = load_workbook(io.BytesIO(content)).worksheets[0].iter_rows()
    assert [cell.value for cell in head] == ["Day", "Time"]
    assert [cell.value for cell in cells] == [datetime(2026, 2, 28), datetime(2026, 3, 1, 0, 30)]
    assert [cell.number_format for cell in cells] == ["yyyy-mm-dd", "yyyy-mm-dd hh:mm"]


def workbook(app: Flask, rows: list[str], columns: list[Column], title: str) -> Worksheet:
    with app.test_request_context("/?format=xlsx"):
        content = content_of(export(rows, columns, "list", title))
    return load_workbook(io.BytesIO(content)).worksheets[0]


def test_text_stays_text_in_a_workbook_and_no_column_is_wider_than_a_page(
    app: Flask, database: scoped_session[Session]
) -> None:
    columns: list[Column] = [("=Head", lambda word: word), ("Long", lambda _word: "x" * 90)]
    many = ["{=1+1}", "https://voucher.example", *["short"] * 998, "beyond the rows that are weighed" * 9]
    sheet = workbook(app, many, columns, "List")
    assert [cell.value for cell in sheet["A"]][:3] == ["'=Head", "{=1+1}", "https://voucher.example"]
    assert (sheet["A2"].data_type, sheet["A3"].hyperlink) == ("s", None)
    assert sheet.column_dimensions["A"].width < 30
    assert sheet.column_dimensions["B"].width < 65


@pytest.mark.parametrize(
    ("title", "name"), [("'Quoted'", "Quoted"), ("x" * 40, "x" * 31), ("[/]", "List"), ("a/b", "a b")]
)
def test_a_sheet_has_a_name_that_spreadsheets_take(
    app: Flask, database: scoped_session[Session], title: str, name: str
) -> None:
    assert workbook(app, ["row"], [("Word", str)], title).title == name


def test_a_visitor_is_not_led_to_files_that_need_a_role(
    app: Flask, database: scoped_session[Session], settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "SETTINGS", settings.model_copy(update={"rows_at_once": 5}))
    with app.test_request_context("/?format=exe"):
        assert requested_format() is None
        response = export(NUMBERS, COLUMNS[:1], "numbers", "Numbers")
        assert len(rows_of(content_of(response), "csv")) == ROWS + 1


def test_a_file_that_could_not_be_written_is_closed(app: Flask, database: scoped_session[Session]) -> None:
    """Else Python warns of it, and a warning is an error here."""
    failing: Column = ("Share", lambda number: 1 / (ROWS - number))
    with app.test_request_context("/"), pytest.raises(ZeroDivisionError):
        export(list(range(1, ROWS + 1)), [*COLUMNS, failing], "numbers", "Numbers")
    gc.collect()
