"""The evaluation rubric: its criteria, weights and anchored levels as dated data from config/rubrics."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from config.dated import Editions
from marketplace.evaluations.grading import GradeRules

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


@cache
def load_all() -> Mapping[str, Rubric]:
    """Return every rubric of config/rubrics by its code."""
    return {rubric.code: rubric for rubric in EDITIONS.all}


def _rubric(data: Mapping[str, Any]) -> Rubric:
    criteria = tuple(
        Criterion(row["code"], row["weight"], row["text"], row["help"], tuple(row["levels"]))
        for row in data["criteria"]
    )
    if sum(criterion.weight for criterion in criteria) != 100:
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


EDITIONS = Editions("rubrics", _rubric)
current = EDITIONS.on
