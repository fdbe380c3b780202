"""How long what the service keeps beside its records stays: retention.toml."""

import tomllib
from datetime import timedelta
from functools import cache
from pathlib import Path


@cache
def periods() -> dict[str, timedelta]:
    """Each period by its name."""
    told = tomllib.loads(Path(__file__).with_suffix(".toml").read_text())
    return {name: timedelta(days=entry["days"]) for name, entry in told.items()}
