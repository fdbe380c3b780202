"""The survey instruments: their questions as dated data from config/surveys."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from config.dated import Editions, in_force

Text = Mapping[str, str]


@dataclass(frozen=True)
class Item:
    """One statement rated on the scale; a reversed one is turned round before it counts."""

    code: str
    text: Text
    about: str
    reversed: bool


@dataclass(frozen=True)
class Fact:
    """One question of fact: a number between two limits, or one of the choices."""

    code: str
    kind: str
    text: Text
    choices: tuple[tuple[str, Text], ...]
    minimum: int
    maximum: int


@dataclass(frozen=True)
class Instrument:
    """One dated survey: who answers it, its questions, and the limits of its signs."""

    code: str
    kind: str
    side: str
    valid_from: date
    minutes: int
    title: Text
    low: Text
    high: Text
    scale_minimum: int
    scale_maximum: int
    fast_seconds: int
    items: tuple[Item, ...]
    facts: tuple[Fact, ...]
    texts: tuple[tuple[str, Text], ...]


def get(code: str) -> Instrument:
    """Return the instrument of this code; KeyError when there is none."""
    return load_all()[code]


def current(kind: str, on: date) -> Instrument:
    """Return the newest instrument of this kind that is valid on the day, or the oldest there is."""
    instruments = [instrument for instrument in EDITIONS.all if instrument.kind == kind]
    return in_force(instruments, on) or instruments[0]


@cache
def load_all() -> Mapping[str, Instrument]:
    """Return every instrument of config/surveys by its code."""
    return {instrument.code: instrument for instrument in EDITIONS.all}


def _instrument(data: Mapping[str, Any]) -> Instrument:
    scale = data["scale"]
    return Instrument(
        code=data["code"],
        kind=data["kind"],
        side=data["side"],
        valid_from=data["valid_from"],
        minutes=data["minutes"],
        title=data["title"],
        low=scale["low"],
        high=scale["high"],
        scale_minimum=scale["min"],
        scale_maximum=scale["max"],
        fast_seconds=data["signs"]["fast_seconds"],
        items=tuple(Item(row["code"], row["text"], row["about"], row.get("reversed", False)) for row in data["items"]),
        facts=tuple(_fact(row) for row in data["facts"]),
        texts=tuple((row["code"], row["text"]) for row in data["texts"]),
    )


def _fact(data: Mapping[str, Any]) -> Fact:
    choices = tuple((row["code"], row["text"]) for row in data.get("choices", ()))
    return Fact(data["code"], data["kind"], data["text"], choices, data.get("min", 0), data.get("max", 0))


EDITIONS = Editions("surveys", _instrument)
