"""How applications are scored: criteria, weights and certificates as dated data from config/scoring."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

FILES = Path(__file__).resolve().parents[2] / "config" / "scoring"


def on(day: date) -> dict[str, Any]:
    """The newest file that is valid on the day, as a call keeps it; weights sum to 100."""
    valid = [each for each in _load_all() if each["valid_from"] <= day] or _load_all()[:1]
    return {name: value for name, value in valid[-1].items() if name != "valid_from"}


@cache
def _load_all() -> Sequence[dict[str, Any]]:
    found = [tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(FILES.glob("*.toml"))]
    for each in found:
        if sum(criterion["weight"] for criterion in each["criteria"]) != 100:
            raise ValueError(f"the weights of {each['code']} do not sum to 100")
    return sorted(found, key=lambda each: each["valid_from"])
