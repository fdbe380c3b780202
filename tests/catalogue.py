"""What is wrong with a catalogue of Korean texts, beside the texts that the sources have now."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message
from babel.messages.pofile import read_po

from config.settings import ROOT

PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
BARE_PERCENT = re.compile(r"(?<!%)(?:%%)*%(?![%(])")


def extract(project: Path, template: Path) -> Catalog:
    """The texts of the project's sources, with the places they stand at."""
    command = [ROOT / ".venv/bin/pybabel", "-q", "extract", "-F", ROOT / "pyproject.toml", "-o", template, "."]
    subprocess.run(command, cwd=project, check=True)
    with template.open("rb") as file:
        return read_po(file)


def problems(catalogue: Catalog, template: Catalog) -> Iterator[str]:
    """What would show a reader a missing, doubtful or broken text, one sentence each."""
    for message in template:
        korean = catalogue.get(message.id) if message.id else None
        if message.id and (korean is None or korean.fuzzy or not all(texts(korean.string))):
            yield f"no Korean that was looked at for {message.id!r}"
        elif korean is not None and placeholders(message.id) != placeholders(korean.string):
            yield f"placeholders differ: {message.id!r} and {korean.string!r}"
        if is_in_template(message) and any(BARE_PERCENT.search(text) for text in texts(message.id)):
            yield f"in templates a percent sign is written %%: {message.id!r}"
    for message in catalogue:
        if message.id and template.get(message.id) is None:
            yield f"no source has {message.id!r} any more"


def is_in_template(message: Message) -> bool:
    """Whether the text stands in a page or a mail, where its percent signs are formatted."""
    return any(file.startswith("templates/") for file, _line in message.locations)


def texts(value: str | tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """One text, or a singular with its plural."""
    return (value,) if isinstance(value, str) else tuple(value)


def placeholders(value: str | tuple[str, ...] | list[str]) -> set[str]:
    """The names that are filled in."""
    return {first or second for text in texts(value) for first, second in PLACEHOLDER.findall(text)}
