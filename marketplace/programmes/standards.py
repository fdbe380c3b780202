"""The size standards that lie under config/size_standards as dated data files."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from marketplace.programmes.eligibility import EMPLOYEES, Band, Comparison, Groups, Row, Standard

FILES = Path(__file__).resolve().parents[2] / "config" / "size_standards"


@cache
def standards() -> Mapping[str, Standard]:
    """Every size standard on file, by its code."""
    files = sorted(FILES.glob("*.toml"))
    editions = [_standard(_read(file)) for file in files]
    return {standard.code: standard for standard in editions}


def _read(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _standard(data: dict[str, Any]) -> Standard:
    currency = data["currency"]
    return Standard(
        code=data["code"],
        label=data["label"],
        currency=currency,
        date=data["date"],
        source=data["source"],
        by_sector=data["by_sector"],
        rows=tuple(
            Row(tuple(row.get("sectors", ())), _groups(row["groups"], currency), row["source"]) for row in data["rows"]
        ),
        bands=tuple(Band(band["code"], band["label"], _groups(band["groups"], currency)) for band in data["bands"]),
    )


def _groups(data: list[list[dict[str, Any]]], currency: str) -> Groups:
    return tuple(tuple(_test(entry, currency) for entry in group) for group in data)


def _test(entry: dict[str, Any], currency: str) -> Comparison:
    inclusive = "at_most" in entry
    threshold = entry["at_most"] if inclusive else entry["less_than"]
    unit = "people" if entry["fact"] == EMPLOYEES else currency
    return Comparison(entry["fact"], threshold, inclusive, unit)
