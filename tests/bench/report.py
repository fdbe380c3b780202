"""Tables in docs/benchmarks.md: each between its own two marks."""

import os
import platform
from collections.abc import Sequence

from config.settings import ROOT

REPORT = ROOT / "docs" / "benchmarks.md"


def put(mark: str, lines: Sequence[str]) -> None:
    """Put the lines between `<!-- mark -->` and the next `<!-- end -->`."""
    before, rest = REPORT.read_text().split(f"<!-- {mark} -->")
    after = rest.split("<!-- end -->", 1)[1]
    REPORT.write_text("\n".join([f"{before}<!-- {mark} -->", *lines, f"<!-- end -->{after}"]))


def machine() -> str:
    """What a figure was measured on."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
