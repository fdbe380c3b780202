"""Words are read from each kind of document, and hostile ones are refused."""

import io
from collections.abc import Callable

import pytest
from openpyxl import Workbook
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from marketplace.core.containers import MOST_ENTRIES
from marketplace.engagements.text_extraction import Unreadable, extract_text
from tests.factories import containers as make
from tests.factories.containers import word_xml
from tests.factories.engagements import document

DOCX = word_xml("공정 진단", "plan")


def typed(parts: dict[str, str]) -> bytes:
    """A docx with these parts, whose main one is where it usually is."""
    return make.office(parts)


@pytest.mark.parametrize("main", ["word/document.xml", "word/document2.xml", "elsewhere/anything.xml"])
def test_docx_is_read_where_its_manifest_says(main: str) -> None:
    runs = word_xml("공정 </w:t></w:r><w:r><w:t>진단")
    assert extract_text(make.office({main: runs}, main=main), "docx").split("\n") == ["", "공정 진단"]
    assert extract_text(make.docx("공정", "진단", main=main, written=main.replace("/", "\\")), "docx").split() == [
        "공정",
        "진단",
    ]


@pytest.mark.parametrize("section", ["Contents/section0.xml", "Contents/part-a.xml"])
def test_hwpx_is_read_where_its_manifest_says(section: str) -> None:
    assert extract_text(make.hwpx("실행 계획", "끝", section=section), "hwpx").split() == ["실행", "계획", "끝"]


@pytest.mark.parametrize("compressed", [True, False])
def test_hwp(compressed: bool) -> None:
    text = extract_text(make.hwp("공정 진단", "실행 계획 " * 900, "😀 끝", compressed=compressed), "hwp")
    assert text.split() == ["공정", "진단", *["실행", "계획"] * 900, "😀", "끝"]


def test_hwp_controls_between_words_are_no_words() -> None:
    """A table or a picture takes eight places of the text, the control's own at both ends."""
    table = "\x0b" + "\u6c74\u7463\x00\x00\x00\x00" + "\x0b"
    tab = "\t" + "\x01\x02\x03\x04\x05\x06" + "\t"
    assert extract_text(make.hwp(f"앞{table}뒤{tab}끝"), "hwp").split() == ["앞", "뒤", "끝"]


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
        (typed({"word/document.xml": "<broken"}), "docx"),
        (typed({"word/document.xml": '<!DOCTYPE d [<!ENTITY a "b">]><d>&a;</d>'}), "docx"),
        (typed({"word/document.xml": '<?xml version="1.0" encoding="EUC-KR"?><d/>'}), "docx"),
        (typed({"word/document.xml": '<?xml version="1.0" encoding="none"?><d/>'}), "docx"),
        (typed({"word/document.xml": DOCX, "é": ""}).replace("é".encode(), b"\xff\xff"), "docx"),
        (make.hwp("가", flags=4), "hwp"),
        (make.hwp("가")[:1500], "hwp"),
        (make.zipped({"mimetype": "application/hwp+zip"}), "hwpx"),
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
        "hwp for distribution",
        "cut hwp",
        "hwpx without manifest",
    ],
)
def test_what_cannot_be_trusted_is_unreadable(content: bytes, kind: str) -> None:
    with pytest.raises(Unreadable):
        extract_text(content, kind)


@pytest.mark.costly("packs and unpacks what is larger than a document may be")
@pytest.mark.parametrize(
    ("make_document", "kind"),
    [
        (lambda: typed({f"word/part{number}": "" for number in range(MOST_ENTRIES + 1)}), "docx"),
        (lambda: typed({"word/document.xml": "0" * 11_000_000}), "docx"),
        (lambda: typed({"word/media/bomb": "0" * 51_000_000}), "docx"),
        (lambda: make.hwp("0" * 26_000_000), "hwp"),
    ],
    ids=["entries", "large part", "bomb", "hwp bomb"],
)
def test_what_is_too_large_to_unpack_is_unreadable(make_document: Callable[[], bytes], kind: str) -> None:
    with pytest.raises(Unreadable):
        extract_text(make_document(), kind)


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
