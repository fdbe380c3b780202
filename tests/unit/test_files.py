"""Uploads: taken only when name and content agree (ASVS V5.2.2, V5.2.3)."""

import io
import zipfile

import pytest

from marketplace.core import files
from marketplace.core.errors import Invalid


def archive(*names: str, size: int = 1) -> bytes:
    output = io.BytesIO()
    with zipfile.ZipFile(output, "w", zipfile.ZIP_DEFLATED) as made:
        for name in names:
            made.writestr(name, b"0" * size)
    return output.getvalue()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.pdf", b"%PDF-1.7 ..."),
        ("REPORT.PDF", b"%PDF-1.7 ..."),
        ("report.docx", archive("word/document.xml", "[Content_Types].xml")),
        ("보고서.hwpx", archive("mimetype")),
        ("photo.jpg", b"\xff\xd8\xff\xe0"),
    ],
)
def test_documents_are_taken(name, content):
    assert files.check(name, content, kinds=files.DOCUMENTS) == name.rpartition(".")[2].lower()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.pdf", b"MZ\x90\x00"),
        ("report.pdf", b""),
        ("report.exe", b"MZ\x90\x00"),
        ("report", b"%PDF-1.7"),
        ("page.html", b"<script>"),
        ("report.docx", b"PK\x03\x04 not a zip"),
        ("report.docx", archive("evil.txt")),
        ("report.docx", archive("word/document.xml").replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\xff")),
        ("report.docx", archive("word/document.xml", "é").replace("é".encode(), b"\xff\xff")),
        ("report.docx", archive("word/document.xml", *[f"{n}.xml" for n in range(files.MOST_ENTRIES)])),
        ("report.docx", archive("word/document.xml", size=files.LARGEST_UNPACKED + 1)),
        ("large.pdf", b"%PDF-" + b"0" * files.LARGEST_FILE),
    ],
)
def test_anything_else_is_refused(name, content):
    with pytest.raises(Invalid):
        files.check(name, content, kinds=files.DOCUMENTS)


def test_a_name_keeps_no_path_and_no_control_characters():
    assert files.clean_name("C:\\a\\..\\re\x00port\u202e.pdf") == "report.pdf"
