"""The size standards that lie under config/size_standards as dated data files, and which of them holds on a day."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from config import lists
from marketplace.programmes.eligibility import AVERAGE_SALES, EMPLOYEES, Band, Comparison, Groups, Row, Standard

FILES = Path(__file__).resolve().parents[2] / "config" / "size_standards"


@cache
def standards() -> Mapping[str, Standard]:
    """Every edition of every size standard on file, by its code."""
    editions = [_standard(data) for data in _files()]
    return {standard.code: standard for standard in editions}


@cache
def choices() -> Mapping[str, Mapping[str, str]]:
    """What a programme may name, with labels: a family, of which the edition in force counts, or one edition."""
    families = {data["family"]: data["family_label"] for data in _files() if "family" in data}
    return families | {code: standard.label for code, standard in standards().items()}


def currency_of(code: str) -> str | None:
    """The currency in which a family or an edition counts; None for a code that is not on file."""
    return next(
        (standard.currency for standard in standards().values() if code in (standard.family, standard.code)), None
    )


def standard_on(code: str, day: date) -> Standard:
    """The edition of this code; of a family the newest that is in force on the day, or its oldest before that."""
    if code in standards():
        return standards()[code]
    family = sorted((known for known in standards().values() if known.family == code), key=lambda known: known.date)
    return next((edition for edition in reversed(family) if edition.date <= day), family[0])


def _files() -> Sequence[dict[str, Any]]:
    return [tomllib.loads(file.read_text(encoding="utf-8")) for file in sorted(FILES.glob("*.toml"))]


def _standard(data: dict[str, Any]) -> Standard:
    rows, bands = _by_industry(data) if data.get("rows_by") == "industry" else _by_sector(data)
    return Standard(
        code=data["code"],
        family=data.get("family", data["code"]),
        label=data["label"],
        currency=data["currency"],
        date=data["date"],
        source=data["source"],
        rows_by=data.get("rows_by", ""),
        rows=rows,
        bands=bands,
        joined=data["joined"],
        averages=data.get("averages", {}),
        left_out=data.get("left_out", ()),
        unconfirmed=data.get("unconfirmed", ()),
    )


def _by_sector(data: dict[str, Any]) -> tuple[Sequence[Row], Sequence[Band]]:
    """Rows that list their tests, and bands that are the same for all of them."""
    currency = data["currency"]
    groups = {band["code"]: _groups(band["groups"], currency) for band in data["bands"]}
    rows = [
        Row(row.get("sectors", ()), _groups(row["groups"], currency), row["source"], groups) for row in data["rows"]
    ]
    return rows, [Band(band["code"], band["label"]) for band in data["bands"]]


def _by_industry(data: dict[str, Any]) -> tuple[Sequence[Row], Sequence[Band]]:
    """A row for each industry, in the order of their list: average sales by one annex, small and micro by others."""
    currency, sme, micro = data["currency"], data["sme"], data["micro"]
    most, small = _limits(sme), _limits(data["small"])
    assets = [Comparison("total-assets", sme["total_assets_below"], False, currency)]
    rows = []
    for code in (code for code in lists.industries() if code in most):
        is_small = [Comparison(AVERAGE_SALES, small[code], True, currency)]
        few = [Comparison(EMPLOYEES, micro["staff"].get(code[0], micro["other_staff"]), False, "people")]
        bands: dict[str, Groups] = {"micro": [few, is_small], "small": [is_small], "medium": []}
        rows.append(
            Row((code,), [[Comparison(AVERAGE_SALES, most[code], True, currency)], assets], sme["source"], bands)
        )
    return rows, [Band(code, data[code]["label"]) for code in ("micro", "small", "medium")]


def _limits(annex: dict[str, Any]) -> dict[str, int]:
    return {code: limit["at_most"] for limit in annex["limits"] for code in limit["industries"]}


def _groups(data: list[list[dict[str, Any]]], currency: str) -> Groups:
    return tuple(tuple(_test(entry, currency) for entry in group) for group in data)


def _test(entry: dict[str, Any], currency: str) -> Comparison:
    inclusive = "at_most" in entry
    threshold = entry["at_most"] if inclusive else entry["less_than"]
    unit = "people" if entry["fact"] == EMPLOYEES else currency
    return Comparison(entry["fact"], threshold, inclusive, unit)
