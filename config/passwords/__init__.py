"""What a new password must be, as dated data, and the passwords that were found in breaches."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from config.dated import Editions


@dataclass(frozen=True)
class Rule:
    """One dated edition; `keys` are those of a Korean keyboard, by the part of a syllable."""

    valid_from: date
    shortest: int
    longest: int
    fewest_guesses: int
    keys: Mapping[str, str]


EDITIONS = Editions("passwords", lambda data: Rule(**data))
rule = EDITIONS.on


@cache
def common() -> frozenset[str]:
    """The passwords that many people use or that were breached, in lower case."""
    return frozenset(_lines("common.txt"))


@cache
def words() -> tuple[str, ...]:
    """The words that a guesser tries first here."""
    return tuple(_lines("words.txt"))


def _lines(name: str) -> list[str]:
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("# ")]
