"""Dated data: which edition is in force on a day."""

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from config.dated import Editions, in_force


@dataclass(frozen=True)
class Rate:
    valid_from: date
    percent: int


def rates(folder: Path) -> Editions[Rate]:
    """Three editions whose files' names are in another order than their days."""
    for name, day, percent in (("b", "2024-01-01", 1), ("c", "2025-01-01", 2), ("a", "2026-01-01", 3)):
        (folder / f"{name}.toml").write_text(f"valid_from = {day}\npercent = {percent}\n")
    return Editions(str(folder), lambda data: Rate(**data))


@pytest.mark.parametrize(
    ("day", "percent"),
    [("2001-01-01", 1), ("2024-12-31", 1), ("2025-01-01", 2), ("2025-12-31", 2), ("2026-01-01", 3), ("2099-01-01", 3)],
)
def test_the_newest_edition_that_has_begun_counts(tmp_path: Path, day: str, percent: int) -> None:
    assert rates(tmp_path).on(date.fromisoformat(day)).percent == percent


def test_before_the_first_edition_none_is_in_force(tmp_path: Path) -> None:
    editions = rates(tmp_path).all
    assert in_force(editions, editions[0].valid_from) is editions[0]
    assert in_force(editions, editions[0].valid_from - timedelta(days=1)) is None


def test_files_are_read_once(tmp_path: Path) -> None:
    editions = rates(tmp_path)
    first = editions.all
    for file in tmp_path.iterdir():
        file.unlink()
    assert editions.all is first


def test_a_figure_that_no_edition_has_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text("valid_from = 2024-01-01\npercentage = 1\n")
    with pytest.raises(TypeError, match="percentage"):
        _ = Editions(str(tmp_path), lambda data: Rate(**data)).all
