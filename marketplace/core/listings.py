"""Long lists: pages by key in both directions, headings that sort, totals, and what narrows a list now."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from flask import request
from sqlalchemy import ColumnElement, ScalarSelect, Select, func, literal, select, tuple_

from marketplace.core import db
from marketplace.core.errors import Words
from marketplace.core.forms import FilterForm
from marketplace.core.text import storable

PAGE_SIZE = 50
MOST_COUNTED = 10_000
"""Rows are counted no further; a longer list says "more than" this."""
MOST_PLACES = 10**9
# What an address of a list may hold beside its filter.
BESIDE_FILTER = ("lang", "sort", "after", "before", "format", "count")

Rows = Select[*tuple[Any, ...]]


@dataclass(frozen=True, eq=False)
class Sorts:
    """The columns by which a list can be sorted, by their names in its address, where a '-' before means falling."""

    first: str
    """The order of a list that nobody sorted."""
    columns: Mapping[str, Any]
    within: tuple[Any, ...]


DECLARED: list[Sorts] = []
"""Every list's sorts; a test asks the database for an index of each column."""


def sorts(first: str, *columns: Any, within: Any = None) -> Sorts:
    """Declare that a list can be sorted by these columns, none of which is ever NULL in it.

    Each needs an index that begins with it, or with `within`: the column in which all rows of the list are equal.
    """
    made = Sorts(first, {column.key: column for column in columns}, () if within is None else (within,))
    DECLARED.append(made)
    return made


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows, the place of the first of them, and the addresses of the pages beside it."""

    items: list[Any]
    start: int
    previous: str | None
    next: str | None
    sort: str
    sorts: Sorts
    counted: int | None

    @property
    def last(self) -> int:
        """The place of the last row."""
        return self.start + len(self.items) - 1

    @property
    def total(self) -> int | None:
        """How many rows the list has; above MOST_COUNTED only that there are more. None where nobody asked for it."""
        return self.counted if self.next or self.previous else len(self.items)

    def direction(self, name: str) -> str:
        """How the list is sorted by this column: 'ascending', 'descending' or not at all."""
        if self.sort.removeprefix("-") != name:
            return ""
        return "descending" if self.sort.startswith("-") else "ascending"

    def sorted_by(self, name: str) -> str:
        """The address of the list sorted by this column: names from the first, days and amounts from the last on,
        and the other way round where it is sorted so already."""
        falls = self.direction(name) != "descending" if self.direction(name) else not self._is_text(name)
        return address(sort=f"-{name}" if falls else name, after=None, before=None)

    def _is_text(self, name: str) -> bool:
        return bool(self.sorts.columns[name].type.python_type is str)


def paginate(statement: Rows, sorts: Sorts, *, key: Any, size: int = PAGE_SIZE, counted: bool = True) -> Page:
    """One page of a select: `?sort=` names a sort, `?after=` continues behind a row, `?before=` ends before one.

    A page hangs on its row, so that rows that are added or go meanwhile move none of the others past the reader. Rows
    are entities when the select has one column; a list selects the columns that it shows, since an entity costs
    several times as much to load. A list that isn't `counted` by itself has a link to its total (`?count=`).
    """
    sort = _asked(sorts)
    counted = counted or bool(request.args.get("count")) or narrowed()
    cut = _Cut(statement, sorts.columns[sort.removeprefix("-")], key, size, counted)
    falling = sort.startswith("-")
    rows, start, more_before, more_after = _cut_out(cut, falling)
    before = cut.cursor(rows[0], start) if more_before else None
    after = cut.cursor(rows[-1], start + len(rows) - 1) if more_after else None
    return Page(
        [row[0] for row in rows] if cut.entities else rows,
        start,
        address(before=before, after=None) if before else None,
        address(after=after, before=None) if after else None,
        sort,
        sorts,
        rows[0].list_total if counted and rows else None,
    )


def in_order(statement: Rows, sorts: Sorts, *, key: Any) -> Rows:
    """All rows of a list in the order that its address asks for, as a file of it holds them."""
    sort = _asked(sorts)
    return _ordered(statement, sorts.columns[sort.removeprefix("-")], key, sort.startswith("-"))


def _asked(sorts: Sorts) -> str:
    sort = request.args.get("sort", "")
    return sort if sort.removeprefix("-") in sorts.columns else sorts.first


def _cut_out(cut: "_Cut", falling: bool) -> tuple[list[Any], int, bool, bool]:
    """The rows of the page asked for, the place of the first, and whether there are more before and after."""
    behind = _cursor(request.args.get("after"), cut.column)
    if behind is not None and (rows := cut.rows(falling, behind)):
        return rows[: cut.size], behind.place + 1, True, len(rows) > cut.size
    ahead = _cursor(request.args.get("before"), cut.column)
    if ahead is not None:
        rows = cut.rows(not falling, ahead)
        if len(rows) > cut.size:
            shown = rows[cut.size - 1 :: -1]
            return shown, max(2, ahead.place - cut.size), True, True
    rows = cut.rows(falling)
    return rows[: cut.size], 1, False, len(rows) > cut.size


@dataclass(frozen=True)
class _Place:
    """The row on which a page hangs: its value in the sorted column, its key, and how many rows come up to it."""

    value: Any
    key: UUID
    place: int


class _Cut:
    """A select, cut into pages along a column."""

    def __init__(self, statement: Rows, column: Any, key: Any, size: int, counted: bool) -> None:
        self.statement, self.column, self.key, self.size, self.counted = statement, column, key, size, counted
        self.entities = len(statement.column_descriptions) == 1

    def rows(self, falling: bool, beyond: _Place | None = None) -> list[Any]:
        """One row more than fits on a page, in this order, from beyond this row on."""
        ordered = _in_order(self.statement, self.column, self.key, falling, self.size, self.counted)
        if beyond is not None:
            place, limit = tuple_(self.column, self.key), tuple_(beyond.value, beyond.key)
            ordered = ordered.where(place < limit if falling else place > limit)
        return list(db.session.execute(ordered))

    @staticmethod
    def cursor(row: Any, place: int) -> str:
        """The row as it stands in an address."""
        value = row.sort_value
        raw = json.dumps([value.isoformat() if isinstance(value, date) else str(value), str(row.sort_key), place])
        return base64.urlsafe_b64encode(raw.encode()).decode().rstrip("=")


@lru_cache(maxsize=200)
def _in_order(statement: Rows, column: Any, key: Any, falling: bool, size: int, counted: bool) -> Rows:
    """The statement for one page, each row of which says the list's total if asked; kept for statements that are kept.

    A statement of its own for the total cost a page as much again as reading one row.
    """
    keyed = statement.add_columns(column.label("sort_value"), key.label("sort_key"))
    if counted:
        keyed = keyed.add_columns(_counting(statement).label("list_total"))
    return _ordered(keyed, column, key, falling).limit(size + 1)


def _ordered(statement: Rows, column: Any, key: Any, falling: bool) -> Rows:
    order = (column.desc(), key.desc()) if falling else (column.asc(), key.asc())
    return statement.order_by(None).order_by(*order)


def _counting(statement: Rows) -> ScalarSelect[int]:
    """SQL: how many rows the list has, counted up to one beyond MOST_COUNTED."""
    bare = statement.with_only_columns(literal(1).label("one"), maintain_column_froms=True).order_by(None)
    return select(func.count()).select_from(bare.limit(MOST_COUNTED + 1).subquery()).scalar_subquery()


def _cursor(cursor: str | None, column: ColumnElement[Any]) -> _Place | None:
    """The row on which the page hangs; None (the first page) for a cursor that is not ours."""
    if not cursor:
        return None
    try:
        value, key, place = json.loads(base64.urlsafe_b64decode(cursor.encode() + b"=" * (-len(cursor) % 4)))
        kind = column.type.python_type
        parsed = kind.fromisoformat(value) if issubclass(kind, date) else kind(value)
        fits = storable(str(parsed)) and not (isinstance(parsed, int) and abs(parsed) >= 2**63)
        return _Place(parsed, UUID(str(key)), min(max(1, int(place)), MOST_PLACES)) if fits else None
    except (ValueError, TypeError, OverflowError, RecursionError):
        return None


@dataclass(frozen=True)
class Narrowing:
    """One filter that is set: what it is about, what it is set to, and the address of the list without it."""

    label: Words
    value: Words
    without: str


def narrowings(form: FilterForm) -> Iterator[Narrowing]:
    """The filters of a list that are set now."""
    for field in form:
        if field.data and not field.errors:
            words = {str(value): label for value, label, *_rest in getattr(field, "choices", None) or ()}
            value = words.get(str(field.data)) if words else request.args[field.name].strip()
            if value:
                yield Narrowing(field.label.text, value, address(**{field.name: None}, after=None, before=None))


def narrowed() -> bool:
    """Whether this list is asked for with a filter, so that it may be empty though there is something."""
    return any(value for name, value in request.args.items() if name not in BESIDE_FILTER)


def address(**changes: Any) -> str:
    """The address of this page with these parameters changed; None takes one away."""
    query = {name: value for name, value in {**request.args.to_dict(), **changes}.items() if value is not None}
    return f"{request.path}?{urlencode(query)}" if query else request.path
