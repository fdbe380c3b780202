"""Opens what the bank hands over: one XML file or a ZIP of them, in banks' encodings, and nothing unsafe."""

import io
import lzma
import re
import zipfile
import zlib
from typing import NamedTuple
from xml.etree.ElementTree import Element

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from marketplace.core.errors import Words
from marketplace.core.i18n import _

MAX_BYTES = 20_000_000
NAMESPACE = "namespace"
MOST_FILES = 200
UTF_8_MARK = b"\xef\xbb\xbf"
BEGINNING, BLANK = re.compile(rb"<\?xml\s"), UTF_8_MARK + b" \t\r\n"
TOO_LARGE = _("The file is too large. Ask the bank for a report of fewer days.")
# The parser of Python knows UTF-8 and UTF-16 alone; these are decoded before. Korean banks write all of the first line.
ENCODINGS = {
    **dict.fromkeys(
        ("euc-kr", "euckr", "ks_c_5601-1987", "ksc5601", "cp949", "ms949", "uhc", "windows-949", "x-windows-949"),
        "cp949",
    ),
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1"), "latin-1"),
    "iso-8859-15": "iso-8859-15",
    "windows-1252": "cp1252",
    "us-ascii": "ascii",
    # Whose first line can be read byte by byte is not in UTF-16, whatever that line says.
    **dict.fromkeys(("utf-16", "utf-16le", "utf-16be", "ucs-2"), "utf-8"),
}
DECLARATION = re.compile(rb"""^\s*<\?xml[^>]{0,200}?\sencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["'][^>]{0,100}?\?>""")


class BadReport(ValueError):
    """The file isn't a report of the bank that can be trusted; nothing of it was taken. It bears the words for why."""

    def __init__(self, words: Words) -> None:
        super().__init__(words)
        self.words = words


class Packed(NamedTuple):
    """One file of an upload: its name and what it holds."""

    name: str
    content: bytes


def unpack(content: bytes, name: str) -> list[Packed]:
    """The files of an upload: itself, or what a ZIP holds. BadReport for what is too large or can't be opened."""
    if len(content) > MAX_BYTES:
        raise BadReport(TOO_LARGE)
    if content.startswith(b"PK"):
        return _unzip(content)
    if content.startswith(b"\x1f\x8b"):
        raise BadReport(_("The file is packed as GZIP. Unpack it, or ask the bank for XML or ZIP."))
    if content.startswith(b"%PDF"):
        raise BadReport(_("The file is a PDF. Ask the bank for the same report as XML (camt.053 or camt.054)."))
    return _split(Packed(name, content))


def _split(packed: Packed) -> list[Packed]:
    """Some banks write several documents one after the other into one file; each is a file of its own."""
    begins = [beginning.start() for beginning in BEGINNING.finditer(packed.content)]
    if len(begins) < 2 or packed.content[: begins[0]].strip(BLANK):
        return [packed]
    if len(begins) > MOST_FILES:
        raise BadReport(_("The file holds more than %(most)s reports. Ask the bank for fewer days.", most=MOST_FILES))
    return [
        Packed(f"{number}-{packed.name}", packed.content[begin:end])
        for number, (begin, end) in enumerate(zip(begins, [*begins[1:], None], strict=True), start=1)
    ]


def _unzip(content: bytes) -> list[Packed]:
    """Every file in it; what is written in its headers isn't believed: no more is unpacked than may be."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [one for one in archive.infolist() if not one.is_dir() and not _is_hidden(one.filename)]
            if any(one.flag_bits & 1 for one in members):
                raise BadReport(_("The ZIP file has a password. Ask the bank for one without."))
            if not 0 < len(members) <= MOST_FILES:
                raise BadReport(_("The ZIP file holds no file, or more than %(most)s.", most=MOST_FILES))
            left, files = MAX_BYTES, []
            for one in members:
                with archive.open(one) as packed:
                    unpacked = packed.read(left + 1)
                left -= len(unpacked)
                if left < 0:
                    raise BadReport(_("What the ZIP file holds is too large. Ask the bank for fewer days."))
                files += _split(Packed(one.filename.replace("\\", "/").rpartition("/")[2], unpacked))
            if len(files) > MOST_FILES:
                raise BadReport(_("The ZIP file holds no file, or more than %(most)s.", most=MOST_FILES))
            return files
    except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, RuntimeError, ValueError) as error:
        if isinstance(error, BadReport):
            raise
        raise BadReport(_("The ZIP file can't be opened. Ask the bank for it again.")) from error


def _is_hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or name.replace("\\", "/").rpartition("/")[2].startswith(".")


def parse(content: bytes) -> Element:
    """The file's root element; nothing outside the file is read and nothing is expanded. Raises BadReport.

    Names come without their namespaces, which differ from bank to bank; a Document keeps its own as an attribute.
    """
    if len(content) > MAX_BYTES:
        raise BadReport(TOO_LARGE)
    if not content.strip():
        raise BadReport(_("The file is empty."))
    try:
        return _plain(fromstring(_decoded(content), forbid_dtd=True))
    except DefusedXmlException as error:
        raise BadReport(_("The file has a DTD or entities, which may do harm. Ask the bank for plain XML.")) from error
    except (ParseError, LookupError, ValueError) as error:
        if isinstance(error, BadReport):
            raise
        raise BadReport(_("The file is not plain XML. Ask the bank for camt.053 or camt.054 in UTF-8.")) from error


def _plain(root: Element) -> Element:
    for element in root.iter():
        namespace, brace, name = str(element.tag).rpartition("}")
        if brace:
            element.tag = name
            if name == "Document":
                element.set(NAMESPACE, namespace)
    return root


def _decoded(content: bytes) -> bytes:
    """The content in UTF-8, where it says that it is in another encoding that banks use, or is another than it says."""
    body = content.lstrip(BLANK)
    declared = DECLARATION.match(body[:400])
    named = declared.group(1).decode().lower() if declared else ""
    if declared is None or named not in ENCODINGS:
        return body
    # A mark at its beginning says more surely that it is UTF-8 than its first line says something else.
    is_utf_8 = UTF_8_MARK in content[: len(content) - len(body)]
    try:
        text = body[declared.end() :].decode("utf-8" if is_utf_8 else ENCODINGS[named])
    except UnicodeDecodeError as error:
        words = _("The file says that it is in %(encoding)s, and it is not. Ask the bank for UTF-8.", encoding=named)
        raise BadReport(words) from error
    return text.encode()
