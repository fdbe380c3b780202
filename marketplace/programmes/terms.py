"""What a programme lays down, as it is typed by an officer or read from a file under config/programmes."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from marketplace.core.i18n import Text
from marketplace.core.money import exponent
from marketplace.programmes.models import ONE_CATEGORY
from marketplace.programmes.states import AllocationMethod, Stratum

FILES = Path(__file__).resolve().parents[2] / "config" / "programmes"


@dataclass(frozen=True)
class Terms:
    """Every rule of a programme but its cost shares; amounts in minor units of its currency."""

    code: str
    name: Text
    summary: Text
    currency: str
    voucher_amount: int
    size_standard: str
    service_lines: Sequence[str]
    stages: Sequence[str]
    cost_categories: Mapping[str, int]
    one_active_voucher: bool
    sme_cap: int | None
    aid_cap: int | None
    aid_cap_months: int | None
    voucher_validity_days: int
    extension_days: int
    vat_recoverable: bool


@dataclass(frozen=True)
class Method:
    """How a call gives its vouchers; with quotas, what a stratum is."""

    code: AllocationMethod = AllocationMethod.FIRST_COME
    quota_by: Stratum | None = None


@cache
def templates() -> Mapping[str, tuple[Terms, Mapping[str, int]]]:
    """The programmes on file by code: their terms, and their shares in basis points by kind of funder."""
    return {path.stem: _read(tomllib.loads(path.read_text(encoding="utf-8"))) for path in sorted(FILES.glob("*.toml"))}


def _read(data: dict[str, Any]) -> tuple[Terms, Mapping[str, int]]:
    shares = {funder: percent * 100 for funder, percent in data.pop("shares").items()}
    unit = 10 ** exponent(data["currency"])
    for amount in {"voucher_amount", "sme_cap", "aid_cap"} & set(data):
        data[amount] *= unit
    usual: dict[str, Any] = {
        "cost_categories": ONE_CATEGORY,
        "sme_cap": None,
        "aid_cap": None,
        "aid_cap_months": None,
        "extension_days": 0,
    }
    return Terms(**usual | data), shares
