"""Lists as CSV and XLSX, guarded against cells that a spreadsheet would run."""

import csv
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from itertools import chain
from typing import IO, Any
from uuid import UUID

import xlsxwriter
from flask import Response, request
from sqlalchemy import Select
from werkzeug.wsgi import wrap_file

from marketplace.core import clock, db
from marketplace.core.errors import Words

Column = tuple[Words, Callable[[Any], Any]]
MOST_ROWS = 100_000
ROWS_AT_ONCE = 500
IN_MEMORY = 1 << 20  # bytes; a longer file lies on disk
RUN_BY_SPREADSHEETS = re.compile(r"^(?=[ \u00a0]*[=+\-@\t\r])", re.MULTILINE)
"""Where a line of a cell begins that a spreadsheet would take for a formula."""
CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def requested_format() -> str | None:
    """The export format that the address asks for, if any: 'csv' or 'xlsx'."""
    asked = request.args.get("format")
    return asked if asked in ("csv", "xlsx") else None


def export(
    source: Select[*tuple[Any, ...]] | Iterable[Any],
    columns: Sequence[Column],
    name: str,
    *,
    kind: str | None = None,
    most: int | None = MOST_ROWS,
) -> Response:
    """A select's rows (entities when it has one column), at most `most`, or given ones as a file to download.

    In `kind` or the format that the address asks for. Rows are written as they are read, so that a long list needs no
    more memory than a short one; the file is whole before anything is sent, so that no failure leaves half of it and
    who reads slowly holds no connection to the database.
    """
    kind = kind or requested_format() or "csv"
    rows = _read(source.limit(most)) if isinstance(source, Select) else source
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)
    write = _write_csv if kind == "csv" else _write_xlsx
    write(file, [str(title) for title, _cell in columns], _cells(rows, [cell for _title, cell in columns]))
    response = _answer(file, mimetype=CSV if kind == "csv" else XLSX)
    filename = f"{name}-{clock.today().isoformat()}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def _answer(file: IO[bytes], *, mimetype: str) -> Response:
    """The file's content; a long one stays on disk, and the server closes it when it is sent."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    if size <= IN_MEMORY:
        with file:
            return Response(file.read(), mimetype=mimetype)
    response = Response(wrap_file(request.environ, file), mimetype=mimetype, direct_passthrough=True)
    response.content_length = size
    return response


def _read(statement: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    """The rows by a cursor of the database, a few at a time."""
    cursor = db.session.execute(statement.execution_options(yield_per=ROWS_AT_ONCE))
    yield from cursor.scalars() if len(statement.column_descriptions) == 1 else cursor


def _cells(rows: Iterable[Any], columns: Sequence[Callable[[Any], Any]]) -> Iterator[list[Any]]:
    return ([safe(cell(row)) for cell in columns] for row in rows)


def safe(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers, times are the agency's."""
    if value is None:
        return ""
    if isinstance(value, bool | int | float):
        return value
    if isinstance(value, datetime):
        return value.astimezone(clock.zone()).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    return RUN_BY_SPREADSHEETS.sub("'", str(value))


def _write_csv(file: IO[bytes], head: Sequence[str], body: Iterable[Sequence[Any]]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows(body)
    text.detach()


def _write_xlsx(file: IO[bytes], head: Sequence[str], body: Iterable[Sequence[Any]]) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet()
        for index, row in enumerate(chain([head], body)):
            sheet.write_row(index, 0, row)
