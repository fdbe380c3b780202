"""Every text is there in both languages."""

from pathlib import Path

from config.settings import ROOT
from marketplace.core.translations import read
from tests.catalogue import extract, problems


def test_the_korean_catalogue_is_complete_and_current(tmp_path: Path) -> None:
    """`make translations` brings in what is missing; what it marks as fuzzy is then looked at."""
    assert not list(problems(read(), extract(ROOT, tmp_path / "messages.pot")))
