"""Dated data: the editions in one folder below config, one TOML file each, and which of them is in force on a day."""

import tomllib
from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar


class Edition(Protocol):
    """Anything that counts from a day on, until a newer one does."""

    @property
    def valid_from(self) -> date:
        """The first day on which it counts."""


E = TypeVar("E", bound=Edition)


class Editions(Generic[E]):
    """The editions in config/<folder>; each file is read once and handed to `build` as a dictionary."""

    def __init__(self, folder: str, build: Callable[[dict[str, Any]], E]) -> None:
        self._folder = Path(__file__).parent / folder
        self._build = build

    @cached_property
    def all(self) -> tuple[E, ...]:
        """Every edition, the oldest first."""
        files = self._folder.glob("*.toml")
        editions = [self._build(tomllib.loads(file.read_text(encoding="utf-8"))) for file in files]
        return tuple(sorted(editions, key=lambda edition: edition.valid_from))

    def on(self, day: date) -> E:
        """The newest edition in force on the day; the oldest there is before that."""
        return in_force(self.all, day) or self.all[0]


def in_force(editions: Sequence[E], day: date) -> E | None:
    """The newest of the editions, given oldest first, that counts on the day; None before the first does."""
    return next((edition for edition in reversed(editions) if edition.valid_from <= day), None)
