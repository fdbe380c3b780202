"""How long things stay is data, used by the code and told in docs/privacy.md."""

import re

from config.retention import periods
from config.settings import ROOT
from marketplace.core.tasks import DECLARED


def test_the_privacy_page_tells_the_periods() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\d+) \|", (ROOT / "docs" / "privacy.md").read_text(), re.M)
    assert {name: int(days) for name, days in rows} == {name: period.days for name, period in periods().items()}


def test_the_code_goes_by_the_periods() -> None:
    """Each is named where something is deleted by it, and nowhere else is a number of days for it."""
    code = "".join(path.read_text() for path in (ROOT / "marketplace").rglob("*.py"))
    assert [name for name in periods() if f'periods()["{name}"]' not in code] == []
    assert {task.keep for task in DECLARED.values()} <= set(periods().values())
