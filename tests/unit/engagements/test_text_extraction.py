"""Words are read from each kind of document, and hostile ones are refused."""

import io
import zipfile

import pytest
from openpyxl import Workbook
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from marketplace.engagements.text_extraction import MAX_ENTRIES, Unreadable, extract_text
from tests.factories.engagements import document

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
HWP = "http://www.hancom.co.kr/hwpml/2011/paragraph"
DOCX = (
    f'<w:document xmlns:w="{WORD}"><w:p><w:r><w:t>공정 </w:t></w:r><w:r><w:t>진단</w:t></w:r></w:p>'
    "<w:p><w:r><w:t>plan</w:t></w:r></w:p></w:document>"
)
HWPX = f'<hp:sec xmlns:hp="{HWP}"><hp:p><hp:run><hp:t>실행 계획</hp:t></hp:run></hp:p></hp:sec>'


def zipped(parts: dict[str, str]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return target.getvalue()


def test_docx_joins_the_runs_of_a_paragraph() -> None:
    assert extract_text(zipped({"word/document.xml": DOCX}), "docx").split() == ["공정", "진단", "plan"]


def test_hwpx() -> None:
    assert extract_text(zipped({"Contents/section0.xml": HWPX}), "hwpx").split() == ["실행", "계획"]


def test_xlsx() -> None:
    book = Workbook()
    book.active["A1"] = "원가 분석"
    target = io.BytesIO()
    book.save(target)
    assert "원가 분석" in extract_text(target.getvalue(), "xlsx")


def test_pdf() -> None:
    assert "Process diagnosis" in extract_text(document("Process diagnosis").getvalue(), "pdf")


def test_txt() -> None:
    assert extract_text("현장 진단".encode(), "txt") == "현장 진단"


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"%PDF-1.7 broken", "pdf"),
        (b"not a zip", "docx"),
        (b"\x89PNG", "png"),
        (zipped({"word/document.xml": "<broken"}), "docx"),
        (zipped({"word/document.xml": '<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>'}), "docx"),
        (zipped({"word/document.xml": '<?xml version="1.0" encoding="EUC-KR"?><d/>'}), "docx"),
        (zipped({"word/document.xml": '<?xml version="1.0" encoding="none"?><d/>'}), "docx"),
        (zipped({"word/document.xml": DOCX, "é": ""}).replace("é".encode(), b"\xff\xff"), "docx"),
        (zipped({f"word/part{n}": "" for n in range(MAX_ENTRIES + 1)}), "docx"),
        (zipped({"word/document.xml": "0" * 11_000_000}), "docx"),
        (zipped({"word/media/bomb": "0" * 51_000_000}), "docx"),
    ],
    ids=[
        "broken pdf",
        "no zip",
        "no words",
        "broken xml",
        "entities",
        "multi-byte encoding",
        "unknown encoding",
        "name that is no text",
        "entries",
        "large part",
        "bomb",
    ],
)
def test_what_cannot_be_trusted_is_unreadable(content: bytes, kind: str) -> None:
    with pytest.raises(Unreadable):
        extract_text(content, kind)


def test_half_a_character_of_a_pdf_does_not_stop_the_comparison() -> None:
    """A font may say that a glyph means a lone surrogate, which can't be encoded and so not be hashed."""
    meaning = b"1 begincodespacerange\n<41> <41>\nendcodespacerange\n1 beginbfchar\n<41> <D800>\nendbfchar\n"
    text = extract_text(pdf_whose_a_means(meaning), "pdf")
    assert text.strip()
    text.encode()


def pdf_whose_a_means(meaning: bytes) -> bytes:
    writer = PdfWriter()
    page = writer.add_blank_page(width=200, height=200)
    font = DictionaryObject(
        {
            NameObject("/Type"): NameObject("/Font"),
            NameObject("/Subtype"): NameObject("/Type1"),
            NameObject("/BaseFont"): NameObject("/Helvetica"),
            NameObject("/ToUnicode"): writer._add_object(stream_of(meaning)),
        }
    )
    fonts = DictionaryObject({NameObject("/F1"): font})
    page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
    page[NameObject("/Contents")] = writer._add_object(stream_of(b"BT /F1 12 Tf 20 100 Td (A) Tj ET"))
    target = io.BytesIO()
    writer.write(target)
    return target.getvalue()


def stream_of(content: bytes) -> StreamObject:
    made = StreamObject()
    made.set_data(content)
    return made
