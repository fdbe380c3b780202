"""The Korean texts as the running service reads them: compiled from the catalogue that `make translations` keeps."""

import os
from pathlib import Path

from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

CATALOGUE = Path(__file__).resolve().parents[2] / "translations" / "ko" / "LC_MESSAGES" / "messages.po"


def read(path: Path = CATALOGUE) -> Catalog:
    """A catalogue of Korean texts."""
    with path.open("rb") as file:
        return read_po(file, locale="ko")


def compile_if_stale(path: Path = CATALOGUE) -> None:
    """Compile the catalogue when it is newer than what was compiled; safe while others start at the same moment."""
    compiled = path.with_suffix(".mo")
    if compiled.exists() and compiled.stat().st_mtime_ns >= path.stat().st_mtime_ns:
        return
    temporary = path.with_suffix(f".{os.getpid()}")
    with temporary.open("wb") as file:
        write_mo(file, read(path))
    temporary.replace(compiled)
