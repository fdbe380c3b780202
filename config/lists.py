"""The lists of codes with labels that areas may offer: sectors, industries, regions, services, cost categories."""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

Label = Mapping[str, str]
CALENDARS = Path(__file__).parent / "calendar"


@cache
def sectors() -> Mapping[str, Label]:
    """Every sector a company may name; some are named by no size standard."""
    return _labels("sectors/kr.toml")


@cache
def industries() -> Mapping[str, Label]:
    """The industries by which size standards set their limits."""
    return _labels("industries/kr.toml")


@cache
def sole_industries() -> Mapping[str, str]:
    """The industry of each sector that lies in one alone."""
    listed = {entry["code"]: entry.get("industries", ()) for entry in _entries("sectors/kr.toml")}
    return {sector: industries[0] for sector, industries in listed.items() if len(industries) == 1}


@cache
def regions() -> Mapping[str, Label]:
    """The regions of the country."""
    return _labels("regions/kr.toml")


@cache
def service_lines() -> Mapping[str, Label]:
    """The service lines a programme may offer and a provider may serve."""
    return _labels("services/consulting.toml")


@cache
def stages() -> Mapping[str, Label]:
    """The stages of consulting work, in their order."""
    return _labels("services/stages.toml")


@cache
def cost_categories() -> Mapping[str, Label]:
    """The categories of cost, in their order; a programme uses one or several."""
    return _labels("cost_categories.toml")


@cache
def made_up_accounts() -> tuple[str, ...]:
    """Account numbers that stand in examples and belong to nobody."""
    listed = tomllib.loads((Path(__file__).parent / "made_up_accounts.toml").read_text(encoding="utf-8"))
    return tuple(listed["numbers"])


@cache
def special_days(country: str) -> Mapping[date, bool]:
    """Days that a country's calendar of public holidays doesn't know: whether they are working days."""
    file = CALENDARS / f"{country.lower()}.toml"
    if not file.exists():
        return {}
    days = tomllib.loads(file.read_text(encoding="utf-8")).get("days", [])
    return {day["on"]: day["working"] for day in days}


def _labels(name: str) -> Mapping[str, Label]:
    return {entry["code"]: entry["label"] for entry in _entries(name)}


def _entries(name: str) -> Sequence[Mapping[str, Any]]:
    entries: list[Mapping[str, Any]] = tomllib.loads((Path(__file__).parent / name).read_text(encoding="utf-8"))[
        "entries"
    ]
    return entries
