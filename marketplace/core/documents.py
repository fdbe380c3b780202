"""Pages for paper: PDF documents made of a title, facts and a note, in the reader's language."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import segno
import typst

from marketplace.core import clock, files
from marketplace.core.errors import Words
from marketplace.core.files import StoredFile
from marketplace.core.i18n import _, locale
from marketplace.core.text import UNSEEN, tidy

ROOT = Path(__file__).resolve().parents[2]
FONTS = ROOT / "static" / "vendor" / "pretendard-gov" / "ttf"
BOX = "□"
MOST_NAMED = 12
"""So many of the characters that the font lacks are named."""
PAGE = ROOT / "templates" / "documents" / "page.typ"

Fact = tuple[Words, Words]
"""What is said, and what it is."""


@dataclass(frozen=True)
class Check:
    """An address at which anybody can check the document, printed as a QR code too."""

    address: str
    words: Words
    description: Words
    """What the QR code is, for whoever can't see it."""


@dataclass(frozen=True)
class Issuer:
    """Who issues a document: its name, and its logo where it has one."""

    name: str
    logo: StoredFile | None = None


def render(title: Words, facts: Sequence[Fact], *, issuer: Issuer, note: Words, check: Check | None = None) -> bytes:
    """One page as PDF in the language in force. A sign that the font lacks is printed as a box, and a note names it."""
    printed = _Printed()
    data = {
        "language": locale(),
        "title": printed(title),
        "issuer": printed(issuer.name),
        "logo": _picture(issuer.logo),
        "facts": [(printed(label), printed(value)) for label, value in facts],
        "note": printed(note),
        "check": check and _check(check),
    }
    data["lacking"] = printed.words()
    # The template reads all texts as data: nothing that anybody typed is taken for markup.
    return _compile(PAGE.read_bytes(), data)


def can_print(picture: StoredFile) -> bool:
    """Whether a PNG or JPEG can be drawn on a document."""
    source = "#let logo = json(bytes(sys.inputs.data)).logo\n#image(logo.path, format: logo.format, width: 10mm)"
    try:
        _compile(source.encode(), {"logo": _picture(picture)})
    except typst.TypstError:
        return False
    return True


def _compile(source: bytes, data: Mapping[str, object]) -> bytes:
    made: bytes = typst.compile(  # type: ignore[call-overload]
        source,
        root=str(files.root()),  # a path even beside a source in bytes, whatever its types say
        format="pdf",
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data)},
        timestamp=int(clock.now().timestamp()),
    )
    return made


def _picture(picture: StoredFile | None) -> dict[str, str] | None:
    """Where the template finds it, seen from the folder of all uploads; None without one, or if it was lost."""
    if picture is None or not files.path(picture).exists():
        return None
    place = files.path(picture).relative_to(files.root()).as_posix()
    return {"path": f"/{place}", "format": "png" if picture.media_type == "image/png" else "jpg"}


class _Printed:
    """Texts as the font can print them; keeps the signs that it lacks."""

    def __init__(self) -> None:
        self._lacking: dict[str, None] = {}

    def __call__(self, text: Words) -> str:
        return "".join(map(self._sign, UNSEEN.sub("", tidy(str(text)))))

    def _sign(self, sign: str) -> str:
        if ord(sign) in _signs() or sign == "\n":
            return sign
        if sign.isspace():
            return " "
        self._lacking[sign] = None
        return BOX

    def words(self) -> str | None:
        """Which signs are boxes, by their code points; None without any."""
        if not self._lacking:
            return None
        signs = ", ".join(f"U+{ord(sign):04X}" for sign in list(self._lacking)[:MOST_NAMED])
        more = ", …" if len(self._lacking) > MOST_NAMED else ""
        return str(
            _(
                "The font of this document lacks some characters. %(box)s stands for them: %(signs)s."
                " The pages of the service show the whole text.",
                box=BOX,
                signs=signs + more,
            )
        )


@cache
def _signs() -> frozenset[int]:
    """The code points that the font has: its table of 32-bit groups (OpenType: cmap, format 12)."""
    font = next(FONTS.glob("*-Regular.ttf")).read_bytes()
    tables = {font[at : at + 4]: _number(font, at + 8) for at in range(12, 12 + 16 * int.from_bytes(font[4:6]), 16)}
    cmap = tables[b"cmap"]
    places = [cmap + _number(font, cmap + 8 + 8 * n) for n in range(int.from_bytes(font[cmap + 2 : cmap + 4]))]
    groups = next(place for place in places if int.from_bytes(font[place : place + 2]) == 12)
    starts = range(groups + 16, groups + 16 + 12 * _number(font, groups + 12), 12)
    return frozenset(sign for at in starts for sign in range(_number(font, at), _number(font, at + 4) + 1))


def _number(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 4])


@cache
def _fonts() -> typst.Fonts:
    """The fonts of all documents, looked through once per process."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[FONTS])


def _check(check: Check) -> dict[str, str]:
    picture = io.BytesIO()
    segno.make(check.address, error="m").save(picture, kind="svg", border=2)
    return {
        "address": check.address,
        "words": str(check.words),
        "description": str(check.description),
        "picture": picture.getvalue().decode(),
    }
