"""Documents name what is there: records by one number each, files, and commands."""

import io
import re
from pathlib import Path

import click
import pytest
from babel.messages.pofile import read_po

from app import cli

ROOT = Path(__file__).resolve().parents[2]
RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]


def test_each_record_has_a_number_of_its_own_and_bears_it() -> None:
    numbers = [int(path.name[:4]) for path in RECORDS]
    assert numbers == list(range(1, len(numbers) + 1))
    assert [int(path.read_text().split(".")[0].removeprefix("# ")) for path in RECORDS] == numbers


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_and_named_files_are_there(document: Path) -> None:
    text = document.read_text()
    linked = [document.parent / target for target in re.findall(r"\]\((?!http)([^)#]+)", text)]
    named = [ROOT / name for name in re.findall(r"`((?:config|docs|marketplace|templates|tests)/[\w/.-]+)`", text)]
    assert not [str(path.relative_to(ROOT)) for path in linked + named if not path.exists()]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_named_commands_are_there(document: Path) -> None:
    unknown = []
    for line in re.findall(r"`(?:[\w./]*/)?marketplace ([a-z][a-z -]*)", document.read_text()):
        command: click.Command | None = cli
        for word in line.split():
            if not isinstance(command, click.Group):
                break
            command = command.get_command(click.Context(command), word)
            if command is None:
                unknown.append(line)
    assert not unknown


def test_who_replaces_a_record_is_said_in_both() -> None:
    texts = {path.name: path.read_text() for path in RECORDS}
    for name, text in texts.items():
        for newer in re.findall(r"Replaced by \[\d+\]\(([\w.-]+)\)", text):
            assert f"({name})" in texts[newer], name
        for older in re.findall(r"Replaces \[\d+\]\(([\w.-]+)\)", text):
            assert f"({name})" in texts[older], name


def test_the_first_day_names_what_stands_on_pages() -> None:
    catalogue = read_po(io.BytesIO((ROOT / "translations" / "ko" / "LC_MESSAGES" / "messages.po").read_bytes()))
    named = re.findall(r"\*\*(.+?)\*\*", (ROOT / "docs" / "first-day.md").read_text(), re.DOTALL)
    assert len(named) > 30
    assert not [label for label in named if " ".join(label.split()) not in catalogue]
