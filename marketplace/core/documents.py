"""Pages for paper: PDF documents made of a title, facts and a note, in the reader's language."""

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import segno
import typst
from flask import Response

from marketplace.core import clock
from marketplace.core.errors import Words
from marketplace.core.i18n import locale

ROOT = Path(__file__).resolve().parents[2]
FONTS = ROOT / "static" / "vendor" / "pretendard-gov" / "ttf"
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


def render(title: Words, facts: Sequence[Fact], *, issuer: str, note: Words, check: Check | None = None) -> bytes:
    """One page as PDF in the language in force. A sign that the font lacks is printed as an empty box."""
    data = {
        "language": locale(),
        "title": str(title),
        "issuer": issuer,
        "facts": [(str(label), str(value)) for label, value in facts],
        "note": str(note),
        "check": check and _check(check),
    }
    # The template reads all texts as data: nothing that anybody typed is taken for markup.
    return typst.compile(
        PAGE.read_bytes(),
        format="pdf",
        font_paths=_fonts(),
        sys_inputs={"data": json.dumps(data)},
        timestamp=int(clock.now().timestamp()),
    )


def download(content: bytes, name: str) -> Response:
    """The PDF as a file of this name."""
    response = Response(content, mimetype="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.pdf"'
    return response


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
