"""The Korean texts: one catalogue an area, drawn from its sources, checked, merged for the running service."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

import click
from babel.messages import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = ROOT / "translations" / "ko" / "LC_MESSAGES"
COMPILED = CATALOGUES / "messages.mo"
# What no area owns belongs to core.
CORE_SOURCES = ("app.py", "workers", "config/*.py", "templates/layouts", "templates/components", "templates/errors")
KEYWORDS: dict[str, Any] = {"_": None, "gettext": None, "lazy_gettext": None, "ngettext": (1, 2)}
HEADER = (
    'msgid ""\nmsgstr ""\n"Language: ko\\n"\n"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    '"Content-Transfer-Encoding: 8bit\\n"\n"Plural-Forms: nplurals=1; plural=0;\\n"\n\n'
)
PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")
BARE_PERCENT = re.compile(r"(?<!%)(?:%%)*%(?![%(])")

# One source text, or (singular, plural).
SourceText: TypeAlias = str | tuple[str, str]


@click.group("translations")
def translations() -> None:
    """The Korean texts of the pages, one catalogue an area."""


groups = [translations]


def areas() -> list[str]:
    """Every area that has a folder, core first."""
    names = {path.parent.name for path in (ROOT / "marketplace").glob("*/__init__.py")} - {"core"}
    return ["core", *sorted(names)]


def sources(area: str) -> Iterator[Path]:
    """The files whose texts belong to the area."""
    patterns = [f"marketplace/{area}", f"templates/{area}", f"templates/emails/{area}"]
    for pattern in patterns + (list(CORE_SOURCES) if area == "core" else []):
        for path in sorted(ROOT.glob(pattern)):
            files = sorted(path.rglob("*")) if path.is_dir() else [path]
            yield from (file for file in files if file.suffix in {".py", ".html", ".txt"})


def extract(area: str) -> tuple[list[SourceText], list[str]]:
    """The area's source texts in order, and what is wrong with them."""
    found: dict[SourceText, None] = {}
    wrong: list[str] = []
    for path in sources(area):
        method = "python" if path.suffix == ".py" else "jinja2.ext:babel_extract"
        for line, text, _comments, _context in extract_from_file(
            method, path, keywords=KEYWORDS, options={"trimmed": "true", "silent": "false"}
        ):
            source: SourceText = text if isinstance(text, str) else (str(text[0]), str(text[1]))
            found[source] = None
            if method != "python" and any(BARE_PERCENT.search(part) for part in _parts(source)):
                wrong.append(f"{path.relative_to(ROOT)}:{line}: in templates a percent sign is written %%: {source!r}")
    return list(found), wrong


def read(area: str) -> Catalog:
    """The area's catalogue as it stands; an empty one before the first extraction."""
    path = CATALOGUES / f"{area}.po"
    if not path.exists():
        return Catalog(locale="ko")
    with path.open("rb") as file:
        return read_po(file, locale="ko")


def update(area: str) -> Catalog:
    """Rewrite the area's catalogue: texts still in use keep their Korean, others go.

    A new text takes the Korean it has in another area, or stays empty. What core has isn't asked for again.
    """
    old, others, new = read(area), merge()[0], Catalog(locale="ko")
    known = set(extract("core")[0]) if area != "core" else set()
    for source in sorted(set(extract(area)[0]) - known, key=_parts):
        before = old.get(_parts(source)[0]) or others.get(_parts(source)[0])
        new.add(source, before.string if before and _first(before) else None)
    path = CATALOGUES / f"{area}.po"
    if not len(new):
        path.unlink(missing_ok=True)
        return new
    with path.open("wb") as file:
        file.write(HEADER.encode())
        write_po(file, new, width=120, omit_header=True, sort_output=True, ignore_obsolete=True)
    return new


def merge() -> tuple[Catalog, list[str]]:
    """All catalogues as one, and the texts that two areas translate differently."""
    merged, wrong = Catalog(locale="ko"), []
    for area in areas():
        for message in read(area):
            earlier = merged.get(message.id) if message.id else None
            if earlier and message.string and _first(earlier) != _first(message):
                wrong.append(f"{area}.po: {message.id!r} is {_first(message)!r} here, {_first(earlier)!r} elsewhere")
            elif message.id and _first(message):
                merged.add(message.id, message.string)
    return merged, wrong


def compile_all() -> None:
    """Write the merged catalogue that the running service reads; safe while others start at the same moment."""
    temporary = COMPILED.with_suffix(f".{os.getpid()}")
    with temporary.open("wb") as file:
        write_mo(file, merge()[0])
    temporary.replace(COMPILED)


def compile_if_stale() -> None:
    """Compile when a catalogue is newer than what was compiled."""
    newest = max((path.stat().st_mtime_ns for path in CATALOGUES.glob("*.po")), default=0)
    if not COMPILED.exists() or COMPILED.stat().st_mtime_ns < newest:
        compile_all()


def problems() -> list[str]:
    """Everything that would show a reader a missing, broken or contradictory text."""
    merged, found = merge()
    for area in areas():
        texts, wrong = extract(area)
        found += wrong
        for source in texts:
            message = merged.get(_parts(source)[0])
            if message is None:
                found.append(f"{area}: no Korean text for {source!r}")
            elif _placeholders(*_parts(source)) != _placeholders(_first(message)):
                found.append(f"{area}: placeholders differ: {source!r} and {_first(message)!r}")
    return found


def _parts(source: SourceText) -> tuple[str, ...]:
    return (source,) if isinstance(source, str) else source


def _first(message: Message) -> str:
    text = message.string
    return text if isinstance(text, str) else (text[0] if text else "")


def _placeholders(*texts: str) -> set[str]:
    return {first or second for text in texts for first, second in PLACEHOLDER.findall(text)}


@translations.command("extract")
@click.argument("names", metavar="[AREA]...", nargs=-1)
def extract_command(names: tuple[str, ...]) -> None:
    """Bring the catalogues of these areas (or of all) to the texts their sources have now."""
    for area in names or areas():
        catalogue = update(area)
        missing = sum(1 for message in catalogue if message.id and not _first(message))
        click.echo(f"{area}: {len(catalogue)} texts, {missing} without Korean")


@translations.command("compile")
def compile_command() -> None:
    """Merge all catalogues into the one that the running service reads."""
    compile_all()


@translations.command("check")
def check_command() -> None:
    """Fail when a text has no Korean, or its placeholders differ."""
    found = problems()
    for line in found:
        click.echo(line, err=True)
    if found:
        raise click.ClickException(f"{len(found)} texts need work; see translations/ko/LC_MESSAGES/*.po")
    click.echo("Every text is there in both languages.")
