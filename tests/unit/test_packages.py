"""What is installed is compared with the lock, file by file."""

from importlib.metadata import Distribution, distributions
from pathlib import Path

import pytest

from config.packages import faults, locked

HASH = "--hash=sha256:" + "0" * 64


def installed(folder: Path) -> list[Distribution]:
    return list(distributions(path=[str(folder)]))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One package of one module."""
    (tmp_path / "one.py").write_text("x = 1\n")
    info = tmp_path / "one-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: One\nVersion: 1.0\n")
    (info / "RECORD").write_text(
        "one.py,sha256=nia_NpkRxFwkPGhBR7I_yeHc_PJX0pmhxjIBam_NM_Q,6\none-1.0.dist-info/RECORD,,\n"
    )
    return tmp_path


def test_what_the_lock_names_is_well(folder: Path) -> None:
    versions = locked(f"one==1.0 \\\n    {HASH} \\\n    {HASH}\n# a note\n")
    assert versions == {"one": "1.0"}
    assert list(faults(versions, installed(folder))) == []


def test_each_thing_that_differs_is_named(folder: Path) -> None:
    assert list(faults({}, installed(folder))) == ["one is installed, and the lock doesn't name it"]
    assert list(faults({"one": "1.1"}, installed(folder))) == ["one is installed as 1.0, and the lock names 1.1"]
    assert list(faults({"one": "1.0", "two": "2"}, installed(folder))) == ["two is in the lock, and isn't installed"]
    (folder / "one.py").write_text("x = 2\n")
    assert list(faults({"one": "1.0"}, installed(folder))) == ["one: one.py isn't what came with the package"]
    (folder / "one.py").unlink()
    assert list(faults({"one": "1.0"}, installed(folder))) == ["one: one.py isn't what came with the package"]


def test_what_other_systems_need_is_left_out() -> None:
    assert locked(f"one==1 ; sys_platform == 'win32' \\\n    {HASH}\n") == {}


@pytest.mark.parametrize("lock", ["one==1\n", "one==1 \\\n    --hash=md5:00\n"])
def test_a_lock_without_hashes_is_refused(lock: str) -> None:
    with pytest.raises(ValueError, match="one has no hashes"):
        locked(lock)
