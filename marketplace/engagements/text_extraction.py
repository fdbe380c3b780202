"""Reads the words out of a deliverable (pdf, docx, xlsx, hwp, hwpx, txt) without trusting the file."""

import io
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from pypdf import PdfReader

from marketplace.core.containers import OFFICE, Broken, HangulDocument, Package

MAX_UNPACKED_BYTES = 50_000_000
MAX_PART_BYTES = 10_000_000
MAX_PAGES = 500
MAX_CHARACTERS = 2_000_000

# The media types of the parts of each Office document that hold what a reader sees.
WORDS = f"{OFFICE}.wordprocessingml"
CELLS = f"{OFFICE}.spreadsheetml"
PARTS = {
    "docx": {f"{WORDS}.{part}+xml" for part in ("document.main", "footnotes", "endnotes")},
    "xlsx": {f"{CELLS}.{part}+xml" for part in ("sharedStrings", "worksheet")},
}
PARAGRAPH_TEXT = 67  # HWPTAG_PARA_TEXT
# Control characters of Hangul that stand alone; all others below 32 take eight places.
ALONE = {0, 10, 13, *range(24, 32)}
BREAKS = {"p", "si", "is", "row", "br", "tab", "cr"}


class Unreadable(ValueError):
    """The words can't be had: an unknown kind, a broken file, or one over the limits."""


def extract_text(content: bytes, kind: str) -> str:
    """The words of the file, at most MAX_CHARACTERS; `kind` is its extension without a dot. Raises Unreadable."""
    if kind == "txt":
        return content.decode("utf-8", errors="replace")[:MAX_CHARACTERS]
    if kind == "pdf":
        return _bounded(_pdf_pages(content))
    try:
        if kind == "hwp":
            return _bounded(_hangul_records(content))
        if kind in PARTS or kind == "hwpx":
            return _bounded(_zipped_parts(content, kind))
    except Broken as error:
        raise Unreadable("The file can't be read.") from error
    raise Unreadable("No words are read from this kind of file.")


def _bounded(pieces: Iterator[str]) -> str:
    taken: list[str] = []
    room = MAX_CHARACTERS
    for piece in pieces:
        taken.append(piece[:room])
        room -= len(taken[-1])
        if room <= 0:
            break
    # A PDF may map its glyphs to half a character, which can't be encoded.
    return "\n".join(taken)[:MAX_CHARACTERS].encode(errors="replace").decode()


def _pdf_pages(content: bytes) -> Iterator[str]:
    # pypdf raises many kinds of errors on broken files, RecursionError and KeyError among them.
    try:
        reader = PdfReader(io.BytesIO(content))
        for number in range(min(len(reader.pages), MAX_PAGES)):
            yield reader.pages[number].extract_text()
    except Exception as error:
        raise Unreadable("The PDF can't be read.") from error


def _zipped_parts(content: bytes, kind: str) -> Iterator[str]:
    package = Package(content, most_bytes=MAX_UNPACKED_BYTES)
    if kind == "hwpx":
        names = package.hangul_parts
    else:
        names = [name for name, media_type in package.media_types.items() if media_type in PARTS[kind]]
    for name in names:
        yield "".join(_words(package.xml(name, MAX_PART_BYTES)))


def _hangul_records(content: bytes) -> Iterator[str]:
    """The paragraphs of a Hangul document: each record begins with its tag and its size."""
    for section in HangulDocument(content).sections(MAX_UNPACKED_BYTES):
        at = 0
        while at + 4 <= len(section):
            head = int.from_bytes(section[at : at + 4], "little")
            tag, size, at = head & 0x3FF, head >> 20, at + 4
            if size == 0xFFF:
                size, at = int.from_bytes(section[at : at + 4], "little"), at + 4
            if tag == PARAGRAPH_TEXT:
                yield _hangul_text(section[at : at + size])
            at += size


def _hangul_text(record: bytes) -> str:
    units = [int.from_bytes(record[at : at + 2], "little") for at in range(0, len(record) - 1, 2)]
    text, at = bytearray(), 0
    while at < len(units):
        unit = units[at]
        text += (unit if unit >= 32 else 10).to_bytes(2, "little")
        at += 1 if unit >= 32 or unit in ALONE else 8
    return text.decode("utf-16-le", errors="replace")


def _words(root: Element) -> Iterator[str]:
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name in BREAKS:
            yield "\n"
        elif name == "t":
            yield "".join(element.itertext())
