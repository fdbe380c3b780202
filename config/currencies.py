"""The currencies of ISO 4217 and the digits of their minor units, from currencies.toml."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

_data = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

MINOR_UNITS: Mapping[str, int] = {code: int(digits) for digits, codes in _data["minor_units"].items() for code in codes}
"""The digits after the point by code, of every currency that has a minor unit: 0 for KRW, 2 for EUR."""
PAYABLE: Sequence[str] = sorted(MINOR_UNITS.keys() - set(_data["funds"]))
"""The currencies in which somebody can be paid, by code."""
