"""The register of rules: each a small versioned function on plain facts, found by its id."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from marketplace.ethics.rules.facts import Facts, Hit

Limits = Mapping[str, Any]
Check = Callable[[Facts, Limits], Iterator[Hit]]


@dataclass(frozen=True)
class Rule:
    """One rule's code: raise the version whenever its meaning changes."""

    id: str
    version: int
    check: Check


RULES: dict[str, Rule] = {}


def rule(rule_id: str, *, version: int) -> Callable[[Check], Check]:
    """Register the function below as the rule of this id."""

    def register(check: Check) -> Check:
        if rule_id in RULES:
            raise ValueError(f"rule {rule_id} is registered twice")
        RULES[rule_id] = Rule(rule_id, version, check)
        return check

    return register
