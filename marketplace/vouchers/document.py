"""The voucher as a PDF page: who holds it, what is left, until when, and a QR code to check it."""

from __future__ import annotations

import io
from pathlib import Path

import segno
from fpdf import FPDF

from marketplace.core import clock
from marketplace.core.i18n import _, day, force_locale, localized, moment, money
from marketplace.vouchers.models import Voucher
from marketplace.vouchers.states import VOUCHER

FONTS = Path(__file__).resolve().parents[2] / "static" / "vendor" / "pretendard-gov" / "ttf"
MARGIN = 20  # millimetres
LINE = 9
QR = 42


def render(voucher: Voucher, *, remaining: int, check_url: str, locale: str) -> bytes:
    """The page in the reader's language, as of now."""
    with force_locale(locale):
        pdf = _page(localized(voucher.programme.name))
        for label, value in _facts(voucher, remaining):
            pdf.set_font("Pretendard", size=10)
            pdf.cell(48, LINE, label)
            pdf.set_font("Pretendard", style="B", size=11)
            pdf.multi_cell(0, LINE, value, new_x="LMARGIN", new_y="NEXT")
        pdf.ln(6)
        _add_check(pdf, check_url)
        return bytes(pdf.output())


def _facts(voucher: Voucher, remaining: int) -> list[tuple[str, str]]:
    rows = [
        (_("Voucher number"), voucher.number),
        (_("Holder"), voucher.organisation.name),
        (_("Amount"), money(voucher.amount, voucher.currency)),
        (_("Still to be used"), money(remaining, voucher.currency)),
        (_("Status"), VOUCHER.label(voucher.status)),
        (_("Issued"), day(voucher.issued_at)),
        (_("Valid until the end of"), day(voucher.last_moment)),
        (_("Printed"), moment(clock.now())),
    ]
    return [(str(label), str(value)) for label, value in rows]


def _page(programme: str) -> FPDF:
    pdf = FPDF(format="A4")
    pdf.set_margins(MARGIN, MARGIN)
    for style, name in (("", "Regular"), ("B", "Bold")):
        pdf.add_font("Pretendard", style=style, fname=FONTS / f"PretendardGOV-{name}.ttf")
    pdf.set_title(str(_("Consulting voucher")))
    pdf.add_page()
    pdf.set_font("Pretendard", size=12)
    pdf.multi_cell(0, LINE, programme, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Pretendard", style="B", size=24)
    pdf.multi_cell(0, 16, str(_("Consulting voucher")), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(4)
    return pdf


def _add_check(pdf: FPDF, check_url: str) -> None:
    picture = io.BytesIO(_qr(check_url))
    top = pdf.get_y()
    pdf.image(picture, x=MARGIN, y=top, w=QR, alt_text=str(_("QR code to check this voucher")))
    pdf.set_xy(MARGIN + QR + 8, top + 6)
    pdf.set_font("Pretendard", size=10)
    words = _("Anybody can check here whether this voucher is valid. The page shows nothing else.")
    pdf.multi_cell(0, 6, f"{words}\n{check_url}", align="L")
    pdf.set_xy(MARGIN, top + QR + 8)
    words = _("The voucher belongs to its holder. It can't be passed on or paid out in cash.")
    pdf.multi_cell(0, 6, str(words), align="L")


def _qr(address: str) -> bytes:
    output = io.BytesIO()
    segno.make(address, error="m").save(output, kind="png", scale=8, border=2)
    return output.getvalue()
