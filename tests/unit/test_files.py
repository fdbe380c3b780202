"""Uploads: taken only when name and content agree (ASVS V5.2.2, V5.2.3)."""

import io
import zipfile
from unicodedata import normalize

import pytest
from pypdf import PdfWriter

from marketplace.core import files
from marketplace.core.containers import MOST_ENTRIES, Broken, Package
from marketplace.core.errors import Invalid
from tests.factories import containers as make


def pdf(password: str, owner: str = "owner") -> bytes:
    writer, target = PdfWriter(), io.BytesIO()
    writer.add_blank_page(width=10, height=10)
    writer.encrypt(password, owner_password=owner, algorithm="AES-256")
    writer.write(target)
    return target.getvalue()


SHUT = make.ole({"EncryptionInfo": b"x", "EncryptedPackage": b"x"})


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.pdf", b"%PDF-1.7 ..."),
        ("REPORT.PDF", b"%PDF-1.7 ..."),
        ("report.pdf", b"\r\n%PDF-1.7 ..."),
        ("report.pdf", b"\xef\xbb\xbf%PDF-1.7 ..."),
        ("report.pdf", b"x" * 1_019 + b"%PDF-1.7 ..."),
        ("only reading is allowed.pdf", pdf("")),
        ("report.docx", make.docx("가")),
        ("report.docx", make.docx("가", main="word/document2.xml")),
        ("report.docx", make.docx("가", main="word/document.xml", written="word\\document.xml")),
        ("report.docx", make.docx("가", main="word/document.xml", written="/Word/Document.XML")),
        ("report.docx", make.docx("가", default=True)),
        ("table.xlsx", make.office({"xl/book.xml": "<a/>"}, main="xl/book.xml", media_type=make.CELLS)),
        ("보고서.hwpx", make.hwpx("가")),
        ("보고서.hwp", make.hwp("가")),
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
        ("report.pdf", b"x" * 1_020 + b"%PDF-1.7 ..."),
        ("report.exe", b"MZ\x90\x00"),
        ("report", b"%PDF-1.7"),
        ("page.html", b"<script>"),
        ("report.docx", b"PK\x03\x04 not a zip"),
        ("report.docx", make.zipped({"evil.txt": "0"})),
        ("report.docx", make.zipped({"word/document.xml": "0"})),
        ("report.docx", make.office({"word/other.xml": "0"})),
        ("report.docx", make.office({"xl/book.xml": "0"}, main="xl/book.xml", media_type=make.CELLS)),
        ("report.docx", make.docx().replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\xff")),
        ("report.docx", make.docx(main="word/é.xml").replace("é".encode(), b"\xff\xff")),
        ("report.docx", make.zipped({"[Content_Types].xml": '<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>'})),
        ("report.docx", make.zipped({"[Content_Types].xml": "<broken"})),
        ("report.docx", make.ole({"WordDocument": b"an older format"})),
        ("보고서.hwpx", make.zipped({"mimetype": "application/epub+zip"})),
        ("보고서.hwp", make.ole({"WordDocument": b"another program's"})),
        ("보고서.hwp", make.ole({"FileHeader": b"another program's"})),
        ("보고서.hwp", make.hwp("가")[:700]),
        ("large.pdf", b"%PDF-" + b"0" * files.LARGEST_FILE),
    ],
)
def test_anything_else_is_refused(name, content):
    with pytest.raises(Invalid) as refused:
        files.check(name, content, kinds=files.DOCUMENTS)
    assert str(refused.value.message) != str(files.PROTECTED)


@pytest.mark.costly("packs and unpacks what is larger than a document may be")
def test_too_many_parts_and_too_much_to_unpack_are_refused():
    many = make.office({f"{number}.xml": "" for number in range(MOST_ENTRIES + 1)}, default=True)
    large = make.office({"word/document.xml": "0" * (files.LARGEST_UNPACKED + 1)})
    for content in (many, large):
        with pytest.raises(Invalid):
            files.check("report.docx", content, kinds=files.DOCUMENTS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("report.docx", SHUT),
        ("table.xlsx", SHUT),
        ("report.pdf", pdf("secret")),
        ("보고서.hwp", make.hwp("가", flags=2)),
        ("보고서.hwpx", make.hwpx("가", **{"META-INF/manifest.xml": "<odf:encryption-data/>"})),
        ("report.docx", make.docx("가").replace(b"PK\x01\x02\x14\x03\x14\x00\x00", b"PK\x01\x02\x14\x03\x14\x00\x01")),
    ],
)
def test_a_password_is_named_as_the_cause(name, content):
    with pytest.raises(Invalid) as refused:
        files.check(name, content, kinds=files.DOCUMENTS)
    assert str(refused.value.message) == str(files.PROTECTED)


def test_a_name_keeps_no_path_and_no_control_characters():
    assert files.clean_name("C:\\a\\..\\re\x00port\u202e.pdf") == "report.pdf"
    assert files.clean_name(normalize("NFD", "보고서.pdf")) == "보고서.pdf"


def test_a_part_whose_compressed_data_is_damaged_cannot_be_read() -> None:
    for method in (zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2, zipfile.ZIP_DEFLATED):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", method) as archive:
            archive.writestr("a.xml", "<a>" + "many words " * 50 + "</a>")
        damaged = bytearray(packed.getvalue())
        damaged[40:70] = bytes(one ^ 0x5A for one in damaged[40:70])
        with pytest.raises(Broken):
            Package(bytes(damaged), most_bytes=10_000).read("a.xml", 10_000)
