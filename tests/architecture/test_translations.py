"""Every text is there in both languages."""

from pathlib import Path

from config.settings import ROOT
from marketplace.core.translations import read
from tests.catalogue import extract, problems


def test_the_korean_catalogue_is_complete_and_current(tmp_path: Path) -> None:
    """`make translations` brings in what is missing; what it marks as fuzzy is then looked at."""
    assert not list(problems(read(), extract(ROOT, tmp_path / "messages.pot")))


def test_only_the_error_page_and_the_error_summary_say_that_nothing_was_saved() -> None:
    """Every refusal is shown by one of the two, so no message says it again."""
    texts = {message.id for message in read() if "othing was saved" in message.id}
    assert texts == {"There is a problem. Nothing was saved.", "Nothing was saved or changed."}
