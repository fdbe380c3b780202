"""Reads the words out of a deliverable (pdf, docx, xlsx, hwpx, txt) without trusting the file."""

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from pypdf import PdfReader

MAX_ENTRIES = 2_000
MAX_UNPACKED_BYTES = 50_000_000
MAX_PART_BYTES = 10_000_000
MAX_PAGES = 500
MAX_CHARACTERS = 2_000_000

# The parts of each zipped format that hold what a reader sees.
PARTS = {
    "docx": re.compile(r"word/(document|footnotes|endnotes)\.xml"),
    "xlsx": re.compile(r"xl/(sharedStrings|worksheets/sheet\d+)\.xml"),
    "hwpx": re.compile(r"Contents/section\d+\.xml"),
}
BREAKS = {"p", "si", "is", "row", "br", "tab", "cr"}


class Unreadable(ValueError):
    """The words can't be had: an unknown kind, a broken file, or one over the limits."""


def extract_text(content: bytes, kind: str) -> str:
    """The words of the file, at most MAX_CHARACTERS; `kind` is its extension without a dot. Raises Unreadable."""
    if kind == "txt":
        return content.decode("utf-8", errors="replace")[:MAX_CHARACTERS]
    if kind == "pdf":
        return _bounded(_pdf_pages(content))
    if kind in PARTS:
        return _bounded(_zipped_parts(content, PARTS[kind]))
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


def _zipped_parts(content: bytes, pattern: re.Pattern[str]) -> Iterator[str]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES or sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
                raise Unreadable("The file unpacks to more than is allowed.")
            for entry in entries:
                if pattern.fullmatch(entry.filename):
                    if entry.file_size > MAX_PART_BYTES:
                        raise Unreadable("The file holds more text than is allowed.")
                    yield "".join(_words(fromstring(archive.read(entry), forbid_dtd=True)))
    except Unreadable:
        raise
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise Unreadable("The file can't be unpacked.") from error
    except (ParseError, DefusedXmlException, LookupError, ValueError) as error:
        # LookupError and ValueError: an encoding that the parser doesn't know, a name that is no text.
        raise Unreadable("The file's text can't be read.") from error


def _words(root: Element) -> Iterator[str]:
    for element in root.iter():
        name = element.tag.rpartition("}")[2]
        if name in BREAKS:
            yield "\n"
        elif name == "t":
            yield "".join(element.itertext())
