"""Stories told once: each worker tells one into a database of its own, and every test of that worker begins there.

A test, file or folder chooses where it begins by its fixture `begins`; the fixture `told` is what was told so far.
"""

from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Engine, inspect

from marketplace.core import db
from tests import business_time
from tests.embedded_server import TEMPLATE, copy_template


class Milestones:
    """The databases in which stories were told, by name of the milestone."""

    def __init__(self, sockets: Path, app: Flask, worker: str) -> None:
        self.sockets, self.app, self.worker = sockets, app, worker
        self.told: dict[str, Any] = {}
        self.engines: dict[str, Engine] = {}

    def database(self, name: str | None) -> str:
        """The name of the database that is as the milestone left it, and to which nobody is connected."""
        if name is None:
            return TEMPLATE
        made = f"milestone_{self.worker}_{name.replace(' ', '_')}"
        if name not in self.told:
            from tests.factories.milestones import MILESTONES  # the whole product, which unit tests don't need

            engine = db.connect(copy_template(self.sockets, made))
            with self.app.app_context(), db.unit_of_work():
                self.told[name] = MILESTONES[name]()
            business_time.come_back()
            engine.dispose()
        return made

    def engine(self, name: str | None) -> Engine:
        """Connections to a copy of the milestone's database, for tests that undo what they do."""
        if name is None:
            return self.app.extensions["test_engine"]
        if name not in self.engines:
            copy = f"begins_{self.worker}_{name.replace(' ', '_')}"
            self.engines[name] = db.connect(copy_template(self.sockets, copy, self.database(name)))
        return self.engines[name]

    def read(self, name: str) -> Any:
        """What was told, its rows read anew by the session as it is bound now."""
        return read(self.told[name])


def read(value: Any) -> Any:
    """The same with every row of a table read anew."""
    if isinstance(value, db.Model):
        return db.session.get_one(type(value), inspect(value).identity)
    if isinstance(value, list | tuple):
        return type(value)(read(part) for part in value)
    if is_dataclass(value) and not isinstance(value, type):
        parts = {field.name: getattr(value, field.name) for field in fields(value)}
        return replace(value, **{name: read(part) for name, part in parts.items()})
    return value
