"""The business register that is asked about companies: what one is, and one that is a file."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from marketplace.core.text import plain_firm_name, plain_number, plain_text
from marketplace.verification.states import RegisterAnswer

# How the columns may be headed; letter case and blanks don't matter.
HEADINGS = {
    "number": ("business_number", "business number", "사업자등록번호"),
    "name": ("name", "상호", "법인명", "상호(법인명)"),
    "representative": ("representative", "대표자", "대표자명", "성명(대표자)"),
    "state": ("state", "상태", "사업자상태"),
}
ACTIVE = ("active", "계속사업자")
"""What the column of the state holds for a business that is neither suspended nor closed."""


@dataclass(frozen=True)
class Entry:
    """What a register says of one business."""

    number: str
    name: str
    representative: str
    is_active: bool


class BusinessRegister(Protocol):
    """Where one can ask about a business by its number."""

    def find(self, number: str) -> Entry | None:
        """The entry under these ten digits; None where the register has none."""


@dataclass(frozen=True)
class FileRegister:
    """A register that is a CSV file in UTF-8, read anew each time, so that it can be replaced while all runs.

    ValueError where the file has not the columns that it needs, OSError where there is none.
    """

    path: Path

    def find(self, number: str) -> Entry | None:
        """The last entry under these ten digits."""
        entries = [entry for entry in self._entries() if entry.number == number]
        return entries[-1] if entries else None

    def _entries(self) -> Iterator[Entry]:
        with self.path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file)
            columns = _columns(next(rows, []))
            for cells in rows:
                values = {name: cells[at].strip() for name, at in columns.items() if at < len(cells)}
                if len(values) == len(columns):
                    yield Entry(
                        plain_number(values["number"]),
                        values["name"],
                        values["representative"],
                        values["state"].casefold() in ACTIVE,
                    )


def _columns(headings: list[str]) -> dict[str, int]:
    """Where each column stands."""
    plain = ["".join(heading.casefold().split()) for heading in headings]
    columns = {}
    for name, known in HEADINGS.items():
        at = [plain.index(one.replace(" ", "")) for one in known if one.replace(" ", "") in plain]
        if not at:
            raise ValueError(f"the business register has no column {known[0]}")
        columns[name] = at[0]
    return columns


def answer(entry: Entry | None, *, name: str, representative_name: str) -> RegisterAnswer:
    """What the register says of a company of this name and representative."""
    if entry is None:
        return RegisterAnswer.UNKNOWN
    if not entry.is_active:
        return RegisterAnswer.CLOSED
    if plain_firm_name(entry.name) != plain_firm_name(name):
        return RegisterAnswer.NAME
    if plain_text(entry.representative) != plain_text(representative_name):
        return RegisterAnswer.REPRESENTATIVE
    return RegisterAnswer.AGREES


_register: BusinessRegister | None = None


def configure(register: BusinessRegister | Path | None) -> None:
    """Set the register that is asked, or the file that is one; None where the agency has none."""
    global _register
    _register = FileRegister(register) if isinstance(register, Path) else register


def register() -> BusinessRegister | None:
    """The register that is asked, if there is one."""
    return _register
