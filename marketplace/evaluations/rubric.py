"""The evaluation rubric: its criteria, weights and anchored levels as dated data from config/rubrics."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import config
from marketplace.evaluations.grading import GradeRules

FOLDER = Path(config.__path__[0]) / "rubrics"
Text = Mapping[str, str]


@dataclass(frozen=True)
class Criterion:
    """One thing judged: its weight in percent and what each level looks like, lowest first."""

    code: str
    weight: int
    text: Text
    help: Text
    levels: tuple[Text, ...]


@dataclass(frozen=True)
class Rubric:
    """One dated rubric with the rules of the grade it leads to."""

    code: str
    valid_from: date
    title: Text
    criteria: tuple[Criterion, ...]
    grade: GradeRules
    top_level: int
    appeal_days: int


def get(code: str) -> Rubric:
    """Return the rubric of this code; KeyError when there is none."""
    return load_all()[code]


def current(on: date) -> Rubric:
    """Return the newest rubric that is valid on the day, or the oldest there is."""
    ordered = sorted(load_all().values(), key=lambda each: each.valid_from)
    valid = [each for each in ordered if each.valid_from <= on]
    return valid[-1] if valid else ordered[0]


@cache
def load_all() -> Mapping[str, Rubric]:
    """Return every rubric of config/rubrics by its code."""
    found = (_rubric(tomllib.loads(path.read_text("utf-8"))) for path in sorted(FOLDER.glob("*.toml")))
    return {each.code: each for each in found}


def _rubric(data: Mapping[str, Any]) -> Rubric:
    criteria = tuple(
        Criterion(each["code"], each["weight"], each["text"], each["help"], tuple(each["levels"]))
        for each in data["criteria"]
    )
    if sum(each.weight for each in criteria) != 100:
        raise ValueError(f"the weights of {data['code']} do not sum to 100")
    grade = {name: value for name, value in data["grade"].items() if name != "source"}
    return Rubric(
        code=data["code"],
        valid_from=data["valid_from"],
        title=data["title"],
        criteria=criteria,
        grade=GradeRules(**grade),
        top_level=data["top_level"],
        appeal_days=data["appeal_days"],
    )
