"""The cells of a CSV or XLSX file that somebody sends, as text."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from itertools import islice
from typing import Any

from openpyxl import load_workbook

from marketplace.core.errors import Invalid
from marketplace.core.i18n import _
from marketplace.core.text import legible, storable

MOST_ROWS = 50_000
MOST_COLUMNS = 100
LONGEST_CELL = 500  # characters; nothing that is compared is longer
DELIMITERS = (",", ";", "\t")

Row = tuple[int, list[str]]


def read(content: bytes, extension: str) -> list[Row]:
    """The rows of the first sheet that hold anything, each with its number in the file; Invalid(field='file') if it
    can't be read or has something below MOST_ROWS."""
    rows = []
    try:
        for number, cells in enumerate(_csv(content) if extension == "csv" else _xlsx(content), start=1):
            if any(cells):
                rows.append((number, cells))
            if rows and rows[-1][0] > MOST_ROWS:
                break
    except (csv.Error, UnicodeError) as error:
        raise Invalid(
            _("This file can't be read as a table. Save it as XLSX or as CSV in UTF-8."), field="file"
        ) from error
    if rows and rows[-1][0] > MOST_ROWS:
        raise Invalid(_("The file has more than %(most)s rows. Send it in parts.", most=f"{MOST_ROWS:,}"), field="file")
    return rows


def _csv(content: bytes) -> Iterator[list[str]]:
    """UTF-8, or what Korean Excel writes."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp949")
    if not storable(text.replace("\f", "")):
        raise UnicodeError("control characters")
    head = text[:10_000]
    delimiter = max(DELIMITERS, key=head.count)
    for cells in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        yield _texts(cells)


def _xlsx(content: bytes) -> Iterator[list[str]]:
    """The values as they were last computed: a formula that never was is empty."""
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
        for cells in book.worksheets[0].iter_rows(values_only=True, max_col=MOST_COLUMNS):
            yield _texts(cells)
    except Exception as error:  # of a broken file openpyxl raises whatever it stumbles over
        raise csv.Error(str(error)) from error


def _texts(cells: Iterable[Any]) -> list[str]:
    return [_text(cell) for cell in islice(cells, MOST_COLUMNS)]


def _text(cell: Any) -> str:
    """A cell as one would type it: days as year-month-day, whole numbers without a point."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = str(cell)
    return legible(text)[:LONGEST_CELL] if storable(text) else ""
