"""Lists as CSV and XLSX, guarded against cells that a spreadsheet would run."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import xlsxwriter
from flask import Response, request

from marketplace.core import clock
from marketplace.core.errors import Words

Column = tuple[Words, Callable[[Any], Any]]
MOST_ROWS = 100_000
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def requested_format() -> str | None:
    """The export format that the address asks for, if any: 'csv' or 'xlsx'."""
    asked = request.args.get("format")
    return asked if asked in ("csv", "xlsx") else None


def export(rows: Iterable[Any], columns: Sequence[Column], name: str, *, kind: str | None = None) -> Response:
    """The rows as a file to download, in `kind` or the format that the address asks for."""
    head = [str(title) for title, _read in columns]
    body = [[safe(read(row)) for _title, read in columns] for row in rows]
    kind = kind or requested_format() or "csv"
    content = _csv(head, body) if kind == "csv" else _xlsx(head, body)
    response = Response(content, mimetype="text/csv; charset=utf-8" if kind == "csv" else XLSX)
    filename = f"{name}-{clock.today().isoformat()}.{kind}"
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


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
    return "\n".join(_guard(line) for line in str(value).split("\n"))


def _guard(line: str) -> str:
    return f"'{line}" if line.lstrip(" \u00a0").startswith(DANGEROUS) or line.startswith(DANGEROUS) else line


def _csv(head: Sequence[str], body: Sequence[Sequence[Any]]) -> bytes:
    output = io.StringIO()
    writer = csv.writer(output)
    writer.writerow(head)
    writer.writerows(body)
    return b"\xef\xbb\xbf" + output.getvalue().encode()


def _xlsx(head: Sequence[str], body: Sequence[Sequence[Any]]) -> bytes:
    output = io.BytesIO()
    with xlsxwriter.Workbook(
        output, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    ) as book:
        sheet = book.add_worksheet()
        for index, row in enumerate([head, *body]):
            sheet.write_row(index, 0, row)
    return output.getvalue()
