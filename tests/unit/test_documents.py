"""A document says what it was given, in any language and whatever was typed, and costs little."""

import io
import time
from unicodedata import normalize

import pytest
from flask import Flask
from pypdf import PdfReader

from marketplace.core import documents
from marketplace.core.documents import Check, Fact, Issuer
from marketplace.core.i18n import force_locale

CHECK = Check("https://example.org/verify/AbC", "Anybody can check it here.", "QR code to check it")


def text_of(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def page(*facts: Fact, check: Check | None = None) -> bytes:
    return documents.render("바우처", facts, issuer=Issuer("Agency"), note="Keep this page.", check=check)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_every_text_can_be_read_out_of_the_document(app: Flask, language: str) -> None:
    with app.test_request_context(), force_locale(language):
        content = page(("보유 기업", "주식회사 뷁훝정밀"), ("Amount", "₩12,000,000"), check=CHECK)
    reader = PdfReader(io.BytesIO(content))
    assert reader.metadata is not None
    assert reader.metadata.title == "바우처"
    assert reader.root_object["/Lang"] == language
    words = ("Agency", "바우처", "보유 기업", "주식회사 뷁훝정밀", "₩12,000,000", CHECK.address, "Keep this page.")
    text = text_of(content)
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    ("typed", "printed", "signs"),
    [
        ("شركة", "□□□□", "U+0634, U+0631, U+0643, U+0629."),
        ("บริษัท (주)새봄", "□□□□□□ (주)새봄", "U+0E1A, U+0E23, U+0E34, U+0E29, U+0E31, U+0E17."),
        ("새봄 👩\u200d🏭", "새봄 □□", "U+1F469, U+1F3ED."),
        ("𠮷田", "□田", "U+20BB7."),
        ("\u1112\u119e\u11ab글", "□□□글", "U+1112, U+119E, U+11AB."),
        ("".join(map(chr, range(0x0E01, 0x0E21))), "□" * 32, "U+0E0B, U+0E0C, …."),
    ],
)
def test_a_sign_that_the_font_lacks_is_a_box_and_named(app: Flask, typed: str, printed: str, signs: str) -> None:
    with app.test_request_context(), force_locale("en"):
        text = " ".join(text_of(page(("Holder", typed), ("Number", "V-1"))).split())
    assert printed in text
    assert "The font of this document lacks some characters." in text
    assert signs in text


@pytest.mark.parametrize(
    "typed",
    ["주식회사 뷁훝정밀", normalize("NFD", "각봄"), "(주)漢字 Ünï ₩1,000", "새\u00ad봄\u200b\ufe0f정\u2028밀\u3000①㈜"],
)
def test_what_the_font_has_needs_no_note(app: Flask, typed: str) -> None:
    with app.test_request_context(), force_locale("en"):
        text = text_of(page(("Holder", typed)))
    assert "□" not in text
    assert "lacks" not in text


def test_what_was_typed_is_never_markup_and_a_lacking_sign_breaks_nothing(app: Flask) -> None:
    typed = ('#panic("run")', "*bold* $x^2$ \\ @label", '#read("/etc/hostname")', "before 🦄 ཨ after")
    with app.test_request_context():
        text = text_of(page(*(("Holder", name) for name in typed)))
    for name in typed[:3]:
        assert name in text
    assert "before" in text
    assert "after" in text


def test_after_the_first_one_a_document_costs_little(app: Flask) -> None:
    with app.test_request_context():
        page(("Number", "0"), check=CHECK)
        begin = time.process_time()
        for number in range(1, 6):
            page(("Number", str(number)), check=CHECK)
        assert (time.process_time() - begin) / 5 < 0.1  # reading the fonts each time takes four times as long
