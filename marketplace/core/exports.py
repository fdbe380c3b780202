"""Lists as CSV and XLSX, guarded against cells that a spreadsheet would run."""

import csv
import io
import re
import tempfile
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import IO, Any
from unicodedata import east_asian_width
from uuid import UUID

import xlsxwriter
from flask import Flask, Response, current_app, redirect, request, url_for
from sqlalchemy import Select, func, select
from werkzeug.test import create_environ
from werkzeug.wsgi import wrap_file

from marketplace.core import auth, clock, db
from marketplace.core.actors import Actor
from marketplace.core.drafts import Draft
from marketplace.core.errors import Words
from marketplace.core.money import Money, exponent
from marketplace.core.text import UNSEEN

Column = tuple[Words, Callable[[Any], Any]]
MOST_ROWS = 500_000
"""What a worker can write in its time; a longer file says so on its page."""
ROWS_AT_ONCE = 500
LONGEST_SHEET_NAME = 31
NARROWEST, WIDEST = 9, 60  # characters
WEIGHED = 1_000  # rows whose cells decide how wide their columns are
IN_MEMORY = 1 << 20  # bytes; a longer file lies on disk
RUN_BY_SPREADSHEETS = re.compile(
    rf"^(?=(?:{UNSEEN.pattern}|[ \u00a0\u2000-\u200a\u202f\u205f\u3000])*[=+\-@\t\r＝＋－＠﹦﹢﹣﹫\u2212])",
    re.MULTILINE,
)
"""Where a line of a cell begins that a spreadsheet would take for a formula, whatever unseen stands before it."""
DAY, TIME, WHOLE = "yyyy-mm-dd", "yyyy-mm-dd hh:mm", "#,##0"
ROOM_FOR_FILTER = 3  # the button of a heading's filter
NOT_IN_SHEET_NAMES = re.compile(r"[\[\]:*?/\\]")
CSV = "text/csv; charset=utf-8"
DRAFT = "marketplace.draft"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def requested_format() -> str | None:
    """The export format that the address asks for, if any: 'csv' or 'xlsx'."""
    asked = request.args.get("format")
    return asked if asked in ("csv", "xlsx") else None


def export(
    source: Select[*tuple[Any, ...]] | Collection[Any],
    columns: Sequence[Column],
    name: str,
    title: Words,
    *,
    kind: str | None = None,
    most: int | None = MOST_ROWS,
    at_once: bool = False,
) -> Response:
    """A select's rows (entities when it has one column), at most `most`, or given ones as a file to download.

    `name` is the file's, `title` what the list is called; a cell may be Money, a number of major units in the file.
    In `kind` or the format that the address asks for. Whoever acts in a role is led on from a long select to have its
    file made in the background, unless it is to come `at_once`. Rows are written as they are read, so that a long list
    needs no more memory than a short one; the file is whole before anything is sent, so that no failure leaves half of
    it and who reads slowly holds no connection to the database.
    """
    kind = kind or requested_format() or "csv"
    draft: Draft | None = request.environ.get(DRAFT)
    if draft is None and not at_once and _is_long(source):
        return redirect(url_for("accounts.ask_for_download", address=request.full_path, name=name))  # type: ignore[return-value]
    rows = _read(source.limit(most)) if isinstance(source, Select) else source
    filename = f"{name}-{clock.today().isoformat()}.{kind}"
    if draft is not None:
        draft.filename = filename
        _write(draft.file, kind, title, columns, draft.count(rows, _count(source)))
        return Response(status=204)
    file = tempfile.SpooledTemporaryFile(IN_MEMORY)
    try:
        _write(file, kind, title, columns, rows)
    except BaseException:
        file.close()
        raise
    response = _answer(file, mimetype=media_type(filename))
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response


def media_type(filename: str) -> str:
    """The media type of an exported file."""
    return CSV if filename.endswith(".csv") else XLSX


def write_into(app: Flask, address: str, actor: Actor, locale: str, draft: Draft) -> int:
    """Open the page of a list as this actor, whole with its checks, and let it write into the draft; its status."""
    environ = create_environ(address, headers={"Cookie": f"lang={locale}"}) | {DRAFT: draft}
    # A context of its own first, so that nothing of this reader stays behind.
    with app.app_context(), app.request_context(environ):
        auth.act_as(actor)
        return app.full_dispatch_request().status_code


def _is_long(source: Select[*tuple[Any, ...]] | Collection[Any]) -> bool:
    """Whether it is too long to be waited for; counted no further than that."""
    most: int = current_app.config["SETTINGS"].rows_at_once
    in_a_role = auth.current_actor().membership_id is not None
    return isinstance(source, Select) and in_a_role and _count(source.limit(most + 1)) > most


def _count(source: Select[*tuple[Any, ...]] | Collection[Any]) -> int:
    if not isinstance(source, Select):
        return len(source)
    return db.session.scalar(select(func.count()).select_from(source.order_by(None).subquery())) or 0


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


def _write(file: IO[bytes], kind: str, title: Words, columns: Sequence[Column], rows: Iterable[Any]) -> None:
    head = [str(title) for title, _cell in columns]
    body = ([cell(row) for _title, cell in columns] for row in rows)
    if kind == "csv":
        _write_csv(file, head, body)
    else:
        _write_xlsx(file, str(title), head, body)


def safe(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula; numbers stay numbers, times are the agency's."""
    if value is None:
        return ""
    if isinstance(value, int | float):
        return value
    if isinstance(value, Money):
        return value.major
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
    writer.writerows(map(safe, row) for row in body)
    text.detach()


def _write_xlsx(file: IO[bytes], title: str, head: Sequence[str], body: Iterable[Sequence[Any]]) -> None:
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet(_sheet_name(title))
        formats = {
            form: book.add_format({"num_format": form})
            for form in (DAY, TIME, WHOLE, *(_money_form(digits) for digits in range(5)))
        }
        widths = [max(NARROWEST, _width(words) + ROOM_FOR_FILTER) for words in head]
        sheet.write_row(0, 0, [safe(words) for words in head], book.add_format({"bold": True, "bottom": 1}))
        last = 0
        for last, row in enumerate(body, 1):
            for place, value in enumerate(row):
                cell, form = _cell(value)
                sheet.write(last, place, cell, formats.get(form))
                if last <= WEIGHED:
                    widths[place] = max(widths[place], len(form) if form in (DAY, TIME) else _width(cell))
        for place, width in enumerate(widths):
            sheet.set_column(place, place, min(width, WIDEST) + 1)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, last, len(head) - 1)


def _cell(value: Any) -> tuple[Any, str]:
    """As `safe`, but days, times and amounts stay what they are, for a spreadsheet to count with; and their form."""
    if isinstance(value, datetime):
        return value.astimezone(clock.zone()).replace(tzinfo=None), TIME
    if isinstance(value, date):
        return value, DAY
    if isinstance(value, Money):
        return value.major, _money_form(exponent(value.currency))
    if isinstance(value, int):
        return value, WHOLE
    return safe(value), ""


def _money_form(digits: int) -> str:
    return f"#,##0.{'0' * digits}" if digits else "#,##0"


def _width(cell: Any) -> int:
    """How many characters wide a cell is; Korean and Chinese ones count double."""
    if not isinstance(cell, str):
        return len(f"{cell:,}") + 1
    line = max(cell.split("\n"), key=len)
    return len(line) if line.isascii() else sum(2 if east_asian_width(sign) in "WF" else 1 for sign in line)


def _sheet_name(title: str) -> str:
    return NOT_IN_SHEET_NAMES.sub(" ", title)[:LONGEST_SHEET_NAME].strip(" '") or "List"
