"""Invoices and receipts as PDF pages in the reader's language: how much, for what, to whom and how to pay."""

from collections.abc import Sequence
from pathlib import Path

from fpdf import FPDF

from config.payments import Terms
from marketplace.core.errors import Words
from marketplace.core.i18n import _, day, force_locale, money
from marketplace.receivables.models import Instalment, Receipt
from marketplace.receivables.states import KINDS

FONTS = Path(__file__).resolve().parents[2] / "static" / "vendor" / "pretendard-gov" / "ttf"
MARGIN = 20  # millimetres
LINE = 9

Row = tuple[Words, Words]


def invoice(instalment: Instalment, *, debtor: str, interest: int, agency: Terms, locale: str) -> bytes:
    """The invoice of one instalment; `interest` is what is owed on arrears today, in minor units."""
    receivable = instalment.receivable
    currency = receivable.currency
    with force_locale(locale):
        rows: list[Row] = [
            (_("Invoice number"), f"{receivable.number}-{instalment.position:02d}"),
            (_("To"), debtor),
            (_("For"), f"{KINDS[receivable.kind]}, {receivable.engagement.number}"),
            (_("Principal"), money(instalment.principal - instalment.paid_principal, currency)),
            (_("Surcharge"), money(instalment.surcharge - instalment.paid_surcharge, currency)),
            (_("Interest on arrears"), money(interest, currency)),
            (_("To be paid"), money(instalment.capital + interest, currency)),
            (_("Due on"), day(instalment.due_on)),
            (_("Account holder"), agency.holder),
            (_("Bank and account"), f"{agency.bank} {agency.number}"),
            (_("Payment reference"), receivable.number),
        ]
        words = _("Write the payment reference exactly as it stands here. Otherwise the payment can't be matched.")
        return _render(_("Invoice"), rows, words, agency.holder)


def receipt(receipt: Receipt, *, debtor: str, agency: Terms, locale: str) -> bytes:
    """The receipt of one payment, or of what was kept back from a claim."""
    receivable = receipt.receivable
    currency = receivable.currency
    by_bank = receipt.bank_entry_id is not None
    with force_locale(locale):
        rows: list[Row] = [
            (_("Receipt number"), receipt.number),
            (_("From"), debtor),
            (_("For"), f"{receivable.number} · {KINDS[receivable.kind]}"),
            (_("Amount"), money(receipt.amount, currency)),
            (_("Of it principal"), money(receipt.principal, currency)),
            (_("Of it surcharge"), money(receipt.surcharge, currency)),
            (_("Of it interest on arrears"), money(receipt.interest, currency)),
            (_("Too much, paid back"), money(receipt.excess, currency)),
            (_("Booked on"), day(receipt.booked_on)),
            (_("How it was paid"), _("Bank transfer") if by_bank else _("Kept back from a claim")),
        ]
        return _render(_("Receipt"), rows, _("Thank you. This page needs no signature."), agency.holder)


def _render(title: Words, rows: Sequence[Row], words: Words, agency: str) -> bytes:
    pdf = FPDF(format="A4")
    pdf.set_margins(MARGIN, MARGIN)
    for style, name in (("", "Regular"), ("B", "Bold")):
        pdf.add_font("Pretendard", style=style, fname=FONTS / f"PretendardGOV-{name}.ttf")
    pdf.set_title(str(title))
    pdf.add_page()
    pdf.set_font("Pretendard", size=12)
    pdf.multi_cell(0, LINE, agency, new_x="LMARGIN", new_y="NEXT")
    pdf.set_font("Pretendard", style="B", size=24)
    pdf.multi_cell(0, 16, str(title), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(4)
    for label, value in rows:
        pdf.set_font("Pretendard", size=10)
        pdf.cell(48, LINE, str(label))
        pdf.set_font("Pretendard", style="B", size=11)
        pdf.multi_cell(0, LINE, str(value), new_x="LMARGIN", new_y="NEXT")
    pdf.ln(6)
    pdf.set_font("Pretendard", size=10)
    pdf.multi_cell(0, 6, str(words), align="L")
    return bytes(pdf.output())
