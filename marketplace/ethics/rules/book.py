"""The dated book of rules (config/ethics_rules): what is told of each, its thresholds, what a hit leads to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from config.dated import Editions
from marketplace.core import clock
from marketplace.ethics.rules.facts import Facts, Hit
from marketplace.ethics.rules.register import RULES, Limits
from marketplace.ethics.states import Action, Family, Strength

Text = Mapping[str, str]


@dataclass(frozen=True)
class Entry:
    """What the book says of one rule; strong and weak name what a hit leads to: H, R or N."""

    id: str
    class_: str
    family: Family
    action: Action | None
    strong: Action
    weak: Action
    title: Text
    data: Text
    formula: Text
    false_positives: Text
    reference: Text
    thresholds: Limits


@dataclass(frozen=True)
class Book:
    """One dated edition of the rules, with the times that cases are given."""

    version: str
    reviews_for_demotion: int
    precision_floor: float
    hold_working_days: int
    reply_days: int
    appeal_days: int
    sanction_after_findings: int
    rules: Mapping[str, Entry]

    @property
    def valid_from(self) -> date:
        """The first day of the edition, which is its version."""
        return date.fromisoformat(self.version)


@dataclass(frozen=True)
class Found:
    """One hit with the rule that raised it."""

    entry: Entry
    rule_version: int
    hit: Hit


def run(facts: Facts, book: Book) -> list[Found]:
    """Return every hit of every rule of the book, in the order of the rules' ids."""
    return [
        Found(entry, RULES[entry.id].version, hit)
        for entry in sorted(book.rules.values(), key=lambda rule: rule.id)
        for hit in RULES[entry.id].check(facts, entry.thresholds)
    ]


def action_of(entry: Entry, hit: Hit) -> Action:
    """Return what this hit leads to when it is found in stored rows: H, R or N."""
    return entry.strong if hit.strength == Strength.STRONG else entry.weak


def holds(findings: Iterable[Found]) -> list[Found]:
    """Return the hits that hold money: H of a deterministic rule, or H of any rule beside another family's hit."""
    every = list(findings)
    return [
        finding
        for finding in every
        if action_of(finding.entry, finding.hit) == Action.HOLD
        and (finding.entry.class_ == "D" or any(other.entry.family != finding.entry.family for other in every))
    ]


def newest() -> Book:
    """Return the edition in force today."""
    return current(clock.today())


def get(version: str) -> Book:
    """Return the edition of this version; KeyError when there is none."""
    return load_all()[version]


@cache
def load_all() -> Mapping[str, Book]:
    """Return every edition by its version."""
    return {book.version: book for book in EDITIONS.all}


def _book(data: Mapping[str, Any]) -> Book:
    rules = {rule_id: _entry(rule_id, values) for rule_id, values in data["rules"].items()}
    if unknown := set(rules) - set(RULES):
        raise ValueError(f"no code for the rules {sorted(unknown)}")
    return Book(**{name: value for name, value in data.items() if name != "rules"}, rules=rules)


def _entry(rule_id: str, data: Mapping[str, Any]) -> Entry:
    values = {name: value for name, value in data.items() if name not in ("class", "thresholds")}
    values |= {"family": Family(data["family"]), "action": Action.of(data["action"])}
    values["strong"], values["weak"] = Action(data["strong"]), Action(data["weak"])
    return Entry(id=rule_id, class_=data["class"], thresholds=data.get("thresholds", {}), **values)


EDITIONS = Editions("ethics_rules", _book)
current = EDITIONS.on
