"""Files that hold files: zips of parts (docx, xlsx, hwpx) and OLE containers (hwp, and what has a password).

What is inside is found by the container's own manifest, never by the place where a part usually lies, and nothing is
unpacked further than its limit.
"""

import io
import lzma
import zipfile
import zlib
from collections.abc import Iterable
from functools import cached_property
from xml.etree.ElementTree import Element

import olefile
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring
from pypdf import PdfReader

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
LARGEST_MANIFEST = 1_000_000
MOST_ENTRIES = 2_000

OFFICE = "application/vnd.openxmlformats-officedocument"
MAIN_PARTS = {
    "docx": f"{OFFICE}.wordprocessingml.document.main+xml",
    "xlsx": f"{OFFICE}.spreadsheetml.sheet.main+xml",
}


class Broken(ValueError):
    """The container can't be read as what it should be."""


class Protected(Broken):
    """A password is needed to read it."""


class Package:
    """A zip of parts whose names are written as the standards say, whatever the program that made it wrote."""

    def __init__(self, content: bytes, *, most_bytes: int) -> None:
        """Read the list of entries; Broken if it is none, or one of too many or too large entries."""
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
        except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
            # Beside BadZipFile: a version of the format that doesn't exist, a name that is no text.
            raise Broken("no zip") from error
        entries = self._archive.infolist()
        if len(entries) > MOST_ENTRIES or sum(entry.file_size for entry in entries) > most_bytes:
            raise Broken("unpacks to more than is allowed")
        self._entries = {entry.filename.replace("\\", "/").lstrip("/"): entry for entry in entries}
        self._by_folded_name = {name.casefold(): name for name in self._entries}

    @property
    def names(self) -> Iterable[str]:
        """The names of all parts, in the order of the zip."""
        return self._entries.keys()

    def read(self, name: str, most_bytes: int) -> bytes:
        """A part by its name in any case; Broken without it or if it is larger, Protected behind a password."""
        known = self._by_folded_name.get(name.casefold())
        if known is None or self._entries[known].file_size > most_bytes:
            raise Broken(f"no {name}, or too large")
        if self._entries[known].flag_bits & 1:
            raise Protected(name)
        try:
            return self._archive.read(self._entries[known])
        except (zipfile.BadZipFile, zlib.error, lzma.LZMAError, RuntimeError, OSError, EOFError, ValueError) as error:
            raise Broken(name) from error

    def xml(self, name: str, most_bytes: int = LARGEST_MANIFEST) -> Element:
        """A part as XML without a document type; Broken otherwise."""
        try:
            return fromstring(self.read(name, most_bytes), forbid_dtd=True)
        except (ParseError, DefusedXmlException, LookupError) as error:
            # LookupError: an encoding that the parser doesn't know.
            raise Broken(name) from error
        except ValueError as error:
            raise error if isinstance(error, Broken) else Broken(name) from error

    @cached_property
    def media_types(self) -> dict[str, str]:
        """The media type of each part, as the manifest of an Office document ([Content_Types].xml) says."""
        by_name, by_extension = {}, {}
        for element in self.xml("[Content_Types].xml"):
            media_type = element.get("ContentType", "")
            if element.tag.endswith("}Override"):
                by_name[element.get("PartName", "").lstrip("/").casefold()] = media_type
            elif element.tag.endswith("}Default"):
                by_extension[element.get("Extension", "").casefold()] = media_type
        usual = {name: by_extension.get(name.rpartition(".")[2].casefold(), "") for name in self.names}
        return {name: by_name.get(name.casefold(), usual[name]) for name in self.names}

    @cached_property
    def hangul_parts(self) -> list[str]:
        """The parts of a Hangul document, as its manifest (content.hpf) lists them."""
        manifest = next((name for name in self.names if name.casefold().endswith(".hpf")), "")
        folder = manifest.rpartition("/")[0]
        listed = [element.get("href", "") for element in self.xml(manifest).iter() if element.tag.endswith("}item")]
        parts = [self._by_folded_name.get(name.casefold()) for href in listed for name in (href, f"{folder}/{href}")]
        return [name for name in dict.fromkeys(parts) if name and name.casefold().endswith(".xml")]


def check_package(extension: str, content: bytes, *, most_bytes: int) -> None:
    """Broken unless the zip is a document of this kind, Protected if it is one that a password shuts."""
    package = Package(content, most_bytes=most_bytes)
    if extension == "hwpx":
        if not package.read("mimetype", 100).strip().startswith(b"application/hwp"):
            raise Broken("another kind")
        if b"encryption-data" in _optional(package, "META-INF/manifest.xml"):
            raise Protected(extension)
    elif MAIN_PARTS[extension] not in package.media_types.values():
        raise Broken("another kind")


def _optional(package: Package, name: str) -> bytes:
    return package.read(name, LARGEST_MANIFEST) if name in package.names else b""


HANGUL = b"HWP Document File"
PASSWORD, FOR_DISTRIBUTION = 2, 4


class HangulDocument:
    """A document of Hangul 5 (hwp): an OLE container with compressed sections."""

    def __init__(self, content: bytes) -> None:
        """Read the container; Broken if it is none, Protected if a password is needed."""
        try:
            self._container = olefile.OleFileIO(io.BytesIO(content))
            header = self._container.openstream("FileHeader").read(256)
        except Exception as error:  # olefile raises what the broken place raises, IndexError among others
            raise Broken("no container") from error
        if not header.startswith(HANGUL) or len(header) < 40:
            raise Broken("another kind")
        self._flags = int.from_bytes(header[36:40], "little")
        if self._flags & PASSWORD:
            raise Protected("hwp")

    def sections(self, most_bytes: int) -> Iterable[bytes]:
        """The records of each section, in their order; Broken over the limit, Protected if for distribution alone."""
        if self._flags & FOR_DISTRIBUTION:
            raise Protected("hwp")
        room = most_bytes
        names = [path for path in self._container.listdir() if path[0] == "BodyText" and len(path) == 2]
        for path in sorted(names, key=lambda path: (len(path[1]), path[1])):
            try:
                packed = self._container.openstream(path).read()
                opened = zlib.decompressobj(-15)
                section = opened.decompress(packed, room + 1) if self._flags & 1 else packed
            except Exception as error:
                raise Broken("a section") from error
            room -= len(section)
            if room < 0:
                raise Broken("unpacks to more than is allowed")
            yield section


def check_pdf(content: bytes) -> None:
    """Protected if a PDF opens with a password alone; one that only forbids copying or printing is open to all."""
    if b"/Encrypt" not in content:
        return
    try:
        reader = PdfReader(io.BytesIO(content))
        shut = reader.is_encrypted and not reader.decrypt("")
    except Exception:  # pypdf raises many kinds of errors on broken files; whoever opens it will see
        return
    if shut:
        raise Protected("pdf")


def has_password(content: bytes) -> bool:
    """Whether an OLE container holds an Office document that a password shuts."""
    return "EncryptedPackage".encode("utf-16-le") in content
