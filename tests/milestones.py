"""Stories told once: each worker tells one into a database of its own, in which every test of that worker begins.

A test file or folder chooses where it begins by its fixture `begins`, a function that tells the story; the fixture
`told` is what that function returned.
"""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, inspect

from marketplace.core import db
from tests import business_time
from tests.embedded_server import TEMPLATE, copy_template

Tale = Callable[[], Any]


class Milestones:
    """The databases in which stories were told, by the function that told it; None is the story that hasn't begun."""

    def __init__(self, sockets: Path, app: Flask, worker: str) -> None:
        self.sockets, self.app, self.worker = sockets, app, worker
        self.told: dict[Tale, Any] = {}
        self.engines: dict[Tale, Engine] = {}

    def engine(self, tale: Tale | None) -> Engine:
        """Connections to the milestone's database, for tests that undo what they do."""
        if tale is None:
            engine: Engine = self.app.extensions["test_engine"]
            return engine
        if tale not in self.told:
            self.engines[tale] = db.connect(copy_template(self.sockets, self._name(tale)))
            with self.app.app_context(), db.unit_of_work():
                self.told[tale] = tale()
            business_time.come_back()
        return self.engines[tale]

    def template(self, tale: Tale | None) -> str:
        """The name of the milestone's database, to which nobody is connected, so that it can be copied."""
        if tale is None:
            return TEMPLATE
        self.engine(tale).dispose()
        return self._name(tale)

    def read(self, tale: Tale) -> Any:
        """What was told, its rows read anew by the session as it is bound now."""
        return read(self.told[tale])

    def _name(self, tale: Tale) -> str:
        return f"{self.worker}_{tale.__module__.rpartition('.')[2]}_{tale.__name__}"[:63]


def read(value: Any) -> Any:
    """The same with every row of a table read anew; what a test changes of it, the next one doesn't see."""
    if isinstance(value, db.Model):
        return db.session.get_one(type(value), inspect(value).identity)
    if isinstance(value, list | tuple):
        parts = [read(part) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    if isinstance(value, dict):
        return {key: read(part) for key, part in value.items()}
    if isinstance(value, set):
        return set(value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: read(getattr(value, field.name)) for field in fields(value)})
    return value
