"""The courses that consultants take and how long a pass is valid, as data."""

import tomllib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from dateutil.relativedelta import relativedelta

FILE = Path(__file__).resolve().parents[2] / "config" / "training" / "courses.toml"

Text = dict[str, str]


@dataclass(frozen=True)
class Module:
    """One part of a course, with its length in hours."""

    code: str
    hours: int
    title: Text


@dataclass(frozen=True)
class Course:
    """One course; only with every required one valid may a consultant be named in a bid."""

    code: str
    required: bool
    validity_months: int
    title: Text
    modules: tuple[Module, ...]


@cache
def courses() -> dict[str, Course]:
    """Every course by its code, in the order of the file."""
    entries = tomllib.loads(FILE.read_text("utf-8"))["courses"]
    return {
        entry["code"]: Course(**{**entry, "modules": tuple(Module(**module) for module in entry["modules"])})
        for entry in entries
    }


def required() -> list[str]:
    """Codes of the courses that gate bidding."""
    return [course.code for course in courses().values() if course.required]


def expires_on(course: str, passed_on: date) -> date:
    """The last day on which a pass of that day is valid: so many months later, at most the month's last day."""
    return passed_on + relativedelta(months=courses()[course].validity_months)
