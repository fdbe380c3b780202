"""Small documents written by hand, as programs write them and as they could."""

import io
import struct
import zipfile
import zlib
from collections.abc import Mapping, Sequence

OFFICE = "application/vnd.openxmlformats-officedocument"
WORDS = f"{OFFICE}.wordprocessingml.document.main+xml"
CELLS = f"{OFFICE}.spreadsheetml.sheet.main+xml"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
HWP = "http://www.hancom.co.kr/hwpml/2011/paragraph"


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def word_xml(*paragraphs: str) -> str:
    body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    return f'<w:document xmlns:w="{WORD}"><w:body>{body}</w:body></w:document>'


def office(
    parts: Mapping[str, str], *, main: str = "word/document.xml", media_type: str = WORDS, default: bool = False
) -> bytes:
    """An Office document whose manifest calls one part its main one, by its name or by its extension."""
    said = f'<Default Extension="xml" ContentType="{media_type}"/>'
    if not default:
        said = '<Default Extension="xml" ContentType="application/xml"/>'
        said += f'<Override PartName="/{main}" ContentType="{media_type}"/>'
    return zipped({"[Content_Types].xml": f'<Types xmlns="{TYPES}">{said}</Types>', **parts})


def docx(*paragraphs: str, main: str = "word/document.xml", written: str | None = None, default: bool = False) -> bytes:
    """A .docx; its main part can lie anywhere, and its name be written in the zip in another way."""
    return office({written or main: word_xml(*paragraphs)}, main=main, default=default)


def hwpx(*paragraphs: str, section: str = "Contents/section0.xml", **parts: str) -> bytes:
    """A .hwpx whose manifest names its one section."""
    runs = "".join(f"<hp:p><hp:run><hp:t>{text}</hp:t></hp:run></hp:p>" for text in paragraphs)
    items = f'<o:manifest><o:item href="{section}"/></o:manifest>'
    manifest = f'<o:package xmlns:o="http://www.idpf.org/2007/opf/">{items}</o:package>'
    given = {"mimetype": "application/hwp+zip", "Contents/content.hpf": manifest}
    return zipped({**given, section: f'<hp:sec xmlns:hp="{HWP}">{runs}</hp:sec>', **parts})


def hwp(*paragraphs: str, compressed: bool = True, flags: int = 0) -> bytes:
    """A .hwp of Hangul 5 with one section."""
    header = b"HWP Document File".ljust(32, b"\0") + struct.pack("<II", 0x05010100, flags | compressed)
    section = b"".join(hangul_record(67, f"{text}\r".encode("utf-16-le")) for text in paragraphs)
    if compressed:
        packer = zlib.compressobj(wbits=-15)
        section = packer.compress(section) + packer.flush()
    return ole({"FileHeader": header.ljust(256, b"\0"), "BodyText/Section0": section})


def hangul_record(tag: int, content: bytes) -> bytes:
    if len(content) < 0xFFF:
        return struct.pack("<I", tag | len(content) << 20) + content
    return struct.pack("<II", tag | 0xFFF << 20, len(content)) + content


SECTOR, SMALL, END, FREE, NONE = 512, 4096, 0xFFFFFFFE, 0xFFFFFFFF, 0xFFFFFFFF


def ole(streams: Mapping[str, bytes]) -> bytes:
    """An OLE container (MS-CFB, version 3) of these streams; names may have one folder before them."""
    entries: list[tuple[str, int, int, int, int, bytes]] = []  # name, kind, right sibling, child, start, content
    folders = dict.fromkeys(name.partition("/")[0] for name in streams if "/" in name)
    top = [name for name in streams if "/" not in name] + list(folders)
    names = ["Root Entry", *top, *(name for name in streams if "/" in name)]
    places = {name: place for place, name in enumerate(names)}
    data, chain = b"", []
    for name in names:
        content = streams.get(name, b"")
        start = END
        if content:
            padded = content.ljust(max(len(content), SMALL), b"\0")
            padded += b"\0" * (-len(padded) % SECTOR)
            start, count = len(data) // SECTOR, len(padded) // SECTOR
            chain += [start + number + 1 for number in range(count - 1)] + [END]
            data += padded
        beside = _beside(name, top, list(streams))
        inside = top[0] if name == "Root Entry" else next((one for one in streams if one.startswith(f"{name}/")), "")
        kind = 5 if name == "Root Entry" else 2 if name in streams else 1
        entries.append(
            (name.rpartition("/")[2], kind, places.get(beside, NONE), places.get(inside, NONE), start, content)
        )
    directory = b"".join(_entry(*entry) for entry in entries)
    directory += b"\0" * (-len(directory) % SECTOR)
    at = len(data) // SECTOR
    count = len(directory) // SECTOR
    chain += [at + number + 1 for number in range(count - 1)] + [END]
    table = [*chain, 0xFFFFFFFD]
    table += [FREE] * (SECTOR // 4 - len(table))
    assert len(table) == SECTOR // 4, "more than one sector of FAT"
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, at, 0, SMALL, END, 0, END, 0, len(chain))
    header += b"\xff" * (SECTOR - len(header))
    return header + data + directory + struct.pack(f"<{len(table)}I", *table)


def _beside(name: str, top: Sequence[str], streams: Sequence[str]) -> str:
    """The next entry of the same folder."""
    folder = name.rpartition("/")[0]
    row = [one for one in streams if folder and one.startswith(f"{folder}/")] if folder else list(top)
    return row[row.index(name) + 1] if name in row[:-1] else ""


def _entry(name: str, kind: int, right: int, child: int, start: int, content: bytes) -> bytes:
    letters = name.encode("utf-16-le")
    size = max(len(content), SMALL) if content else 0
    place = struct.pack("<HBBIII", len(letters) + 2, kind, 1, NONE, right, child)
    return letters.ljust(64, b"\0") + place + b"\0" * 36 + struct.pack("<IQ", start, size)
