"""What a form showed: its page carries a mark of it, and a POST about rows that have changed since is told so."""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, is_dataclass
from functools import cache
from typing import Any
from uuid import UUID

from flask import Blueprint, Flask, current_app, g, has_request_context, request
from itsdangerous import BadData
from markupsafe import Markup
from sqlalchemy import Row as ResultRow
from sqlalchemy import inspect, select
from sqlalchemy.orm import InstrumentedAttribute
from werkzeug.routing import Rule
from wtforms import Field, HiddenField

from marketplace.core import db, kept, keys
from marketplace.core.db import Model
from marketplace.core.errors import Words
from marketplace.core.i18n import _

CHANGED = _("This was changed after you opened the page.")


@dataclass(frozen=True)
class Row:
    """The row that a form is about. A POST locks what it lies within, from the top down, and then the row itself."""

    model: type[Model]
    within: tuple[tuple[InstrumentedAttribute[Any], type[Model]], ...] = ()  # upwards, as verbs lock downwards
    own: Callable[[], UUID | None] | None = None  # its key, where the address doesn't name it
    fields_alone: bool = False  # the form saves its own fields and shows nothing else of the row


@dataclass(frozen=True)
class Difference:
    """One thing that changed: what the sender saw or typed, and what stands there now."""

    label: Words
    typed: bool
    before: str
    now: str


# A longer table is compared all the same, but not told row by row.
MOST_ROWS = 200
_ROW, _CELL = re.compile(r"<tr\b.*?</tr>", re.S), re.compile(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", re.S)

_rows: dict[str, Row] = {}
_nothing: dict[str, str] = {}
_by_itself: set[str] = set()


def declare(
    blueprint: Blueprint,
    *,
    rows: Mapping[str, type[Model] | Row],
    nothing: Mapping[str, str],
    by_itself: Iterable[InstrumentedAttribute[Any]] = (),
) -> None:
    """Say what an area's forms are about: `rows` by argument of the address, or by view where that isn't enough.

    `nothing` are views whose form neither changes nor binds a row that could have changed, each with the reason.
    `by_itself` are columns that clocks and background tasks change while somebody reads, of no matter to any form: what
    somebody decides shows in other columns too, and of a status its verb takes every one that these can reach.
    """
    _by_itself.update(str(column) for column in by_itself)
    for name, row in rows.items():
        _rows[f"{blueprint.name}.{name}"] = row if isinstance(row, Row) else Row(row)
    for view, reason in nothing.items():
        _nothing[f"{blueprint.name}.{view}"] = reason


def check_routes(app: Flask) -> None:
    """Find what each form is about; refuse to start with one that doesn't say it."""
    about, silent = {}, []
    for rule in app.url_map.iter_rules():
        if "POST" in (rule.methods or ()) and rule.endpoint not in _nothing:
            row = _row_of(rule)
            if row is None:
                silent.append(rule.endpoint)
            else:
                about[rule.endpoint] = row
    if silent:
        raise RuntimeError(f"forms that don't say what they are about: {', '.join(sorted(silent))}")
    app.extensions["seen"] = about


def without_rows() -> Mapping[str, str]:
    """The views whose form is about no row that could have changed, with the reason."""
    return _nothing


def _row_of(rule: Rule) -> tuple[Row, str] | None:
    """The row that the view names, otherwise the last one that its address names, with the argument that holds it."""
    area = rule.endpoint.partition(".")[0]
    arguments = [name for name in re.findall(r"<(?:[^<>]*:)?(\w+)>", rule.rule) if f"{area}.{name}" in _rows]
    argument = arguments[-1] if arguments else ""
    row = _rows.get(rule.endpoint) or _rows.get(f"{area}.{argument}")
    return None if row is None else (row, argument)


def _asked() -> tuple[Row, UUID] | None:
    """The row that this request is about."""
    known = current_app.extensions["seen"].get(request.endpoint) if has_request_context() else None
    if known is None:
        return None
    row, argument = known
    key = row.own() if row.own else (request.view_args or {})[argument]
    return None if key is None else (row, key)


def hold() -> None:
    """Lock what this POST is about before anything of it is read, until the end of the unit of work."""
    asked = _asked()
    if asked is None:
        return
    row, key = asked
    chain: list[tuple[type[Model], Any]] = [(row.model, key)]
    for foreign_key, parent in row.within:
        model, value = chain[-1]
        chain.append((parent, select(foreign_key).where(_key(model) == value).scalar_subquery()))
    for model, value in reversed(chain):
        db.session.execute(select(_key(model)).where(_key(model) == value).with_for_update(key_share=True))


def _key(model: type[Model]) -> Any:
    (key,) = inspect(model).primary_key
    return key


def check_compared() -> None:
    """A view that took a form without comparing what it showed is a fault of the program."""
    if _asked() is not None and not g.get("compared"):
        raise RuntimeError(f"{request.endpoint} didn't compare what its form showed")


def said(label: object, value: object) -> str:
    """Note what a page's list of answers says (components/lists.html), for the form that follows on the page."""
    lines = value if isinstance(value, (list, tuple)) else [value]
    noted, name, number = g.setdefault("said", {}), str(label), 1
    while name in noted:
        number += 1
        name = f"{label} ({number})"
    noted[name] = "\n".join(str(line) for line in lines if line is not None)
    return ""


def said_rows(caption: object, rows: str) -> str:
    """Note what a table says (components/tables.html), each row under its first cell, for the form that follows."""
    if _asked() is not None:
        for row in _ROW.findall(rows)[:MOST_ROWS]:
            first, *rest = [Markup(cell).striptags() for cell in _CELL.findall(row)] or [""]  # noqa: S704 (text that is never markup)
            said(f"{caption}: {first}", " · ".join(text for text in rest if text))
    return ""


class SeenForm:
    """The part of a form that carries what its page showed, and compares it when it is sent."""

    seen = HiddenField()
    conflict: Sequence[Difference] | None = None

    _fields: dict[str, Field]
    form_errors: list[Words]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._shown: list[Any] = []
        self._words_then: list[tuple[str, str]] = []
        if self.seen is not None and _asked() is None:
            del self.seen
        if kept.typed() is not None:
            self._untick()

    def shows(self, *things: Any) -> None:
        """Name what the page shows beside the row itself; its lists of answers and tables say it in words."""
        self._shown.append(things)

    def hidden_tag(self, *names: str) -> Any:
        """The hidden fields; among them what the page shows now, or what was sent while that still holds."""
        if "seen" in self._fields and (self.conflict is not None or not self._fields["seen"].data):
            key = keys.known()[0]
            marks = self._field_marks(key)
            self._fields["seen"].data = keys.signer("seen").dumps([self._mark(marks, key), marks, self._words_now()])
        return super().hidden_tag(*names)  # type: ignore[misc]

    def validate_on_submit(self, extra_validators: Any = None) -> bool:
        """Whether the form was sent, what it showed still stands, and what was typed can be taken."""
        if "seen" in self._fields and self.is_submitted():  # type: ignore[attr-defined]
            g.compared = True
            self._compare()
            if self.conflict is not None:
                self.form_errors = [*self.form_errors, CHANGED]
                return False
        return super().validate_on_submit(extra_validators)  # type: ignore[misc, no-any-return]

    def _compare(self) -> None:
        sent = self._fields["seen"].data
        if not sent and not current_app.config.get("SEEN_REQUIRED", True):
            return
        key, (mark, marks, said) = _sent(sent or "")
        if mark != self._mark(self._field_marks(key), key):
            self.conflict = list(self._merged(marks, key))
            self._untick()
            self._words_then = said

    def add_changed_words(self) -> None:
        """Once the page was drawn anew: what it said and no longer says, or says now and didn't."""
        then, now = dict(self._words_then), dict(self._words_now())
        self.conflict = [
            *(self.conflict or ()),
            *(
                Difference(label, False, then.get(label, ""), now.get(label, ""))
                for label in dict.fromkeys([*then, *now])
                if then.get(label) != now.get(label)
            ),
        ]
        g.said = {}

    def _words_now(self) -> list[tuple[str, str]]:
        return list(g.get("said", {}).items())

    def _merged(self, marks: Mapping[str, str], key: str) -> Iterable[Difference]:
        """Fields that somebody else changed. Those that the sender left alone take what stands there now."""
        for field in self._comparable():
            stands, typed, before = _plain(field.object_data), _plain(field.data), marks.get(field.name, _mark("", key))
            if typed != stands and _mark(stands, key) != before:
                mine = _mark(typed, key) != before
                yield Difference(field.label.text, mine, _typed(field), _words(field, field.object_data))
                if not mine:
                    field.data, field.raw_data = field.object_data, None

    def _untick(self) -> None:
        """What binds is ticked anew by whoever sees the page anew."""
        for field in self._fields.values():
            if getattr(field, "binds", False):
                field.data = False

    def _comparable(self) -> Iterable[Field]:
        return [
            field
            for field in self._fields.values()
            if getattr(field, "control", "file") != "file" and not getattr(field, "binds", False)
        ]

    def _field_marks(self, key: str) -> dict[str, str]:
        return {field.name: _mark(value, key) for field in self._comparable() if (value := _plain(field.object_data))}

    def _mark(self, field_marks: Mapping[str, str], key: str) -> str:
        asked = _asked()
        assert asked is not None
        row, row_id = asked
        thing = None if row.fields_alone else db.session.get(row.model, row_id)
        return _mark([thing, field_marks, self._shown], key)


def _typed(field: Field) -> str:
    """What was typed, also where it can't be read."""
    return getattr(field, "typed", "") or _words(field, field.data)


def _words(field: Field, value: Any) -> str:
    """A field's value as a person reads it."""
    if hasattr(field, "iter_choices"):
        chosen = {_plain(one) for one in (value if isinstance(value, list) else [value])}
        return ", ".join(str(choice.label) for choice in field.iter_choices() if _plain(choice.value) in chosen)
    if isinstance(value, bool):
        return str(_("yes") if value else _("no"))
    show = getattr(field, "show", str)
    return "" if value is None else show(value)


@cache
def _columns_compared(model: type[Model]) -> list[str]:
    return [column.key for column in inspect(model).column_attrs if str(column) not in _by_itself]


def _plain(thing: Any) -> Any:
    """A value, a row or several of them as JSON that is equal exactly when they are."""
    if isinstance(thing, Model):
        return {name: _plain(getattr(thing, name)) for name in _columns_compared(type(thing))}
    if is_dataclass(thing) and not isinstance(thing, type):
        return {field.name: _plain(getattr(thing, field.name)) for field in fields(thing)}
    if isinstance(thing, Mapping):
        return {str(key): _plain(value) for key, value in thing.items()}
    if isinstance(thing, (list, tuple, set, frozenset, ResultRow)):
        return [_plain(value) for value in thing]
    return "" if thing is None or thing == [] else str(thing)


def _mark(thing: Any, key: str) -> str:
    """A keyed digest: whoever reads the page learns nothing from it of columns that the page doesn't show."""
    return keys.keyed_hash(json.dumps(_plain(thing), sort_keys=True), key)[:20]


def _sent(text: str) -> tuple[str, list[Any]]:
    """What came back of a form's marks, and the key with which they were made."""
    for key in keys.known():
        with suppress(BadData):
            return key, keys.signer("seen", key).loads(text)
    return keys.known()[0], ["", {}, []]
