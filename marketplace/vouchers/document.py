"""The voucher as a PDF page: who holds it, what is left, until when, and a QR code to check it."""

from __future__ import annotations

from marketplace.core import clock, documents
from marketplace.core.documents import Check, Fact, Issuer
from marketplace.core.i18n import _, day, force_locale, localized, moment, money
from marketplace.vouchers.models import Voucher
from marketplace.vouchers.states import VOUCHER


def render(voucher: Voucher, *, remaining: int, check_url: str, issuer: Issuer, locale: str) -> bytes:
    """The page in the reader's language, as of now; `remaining` is in minor units."""
    with force_locale(locale):
        facts: list[Fact] = [
            (_("Voucher number"), voucher.number),
            (_("Programme"), localized(voucher.programme.name)),
            (_("Holder"), voucher.organisation.name),
            (_("Amount"), money(voucher.amount, voucher.currency)),
            (_("Still to be used"), money(remaining, voucher.currency)),
            (_("Status"), VOUCHER.label(voucher.status)),
            (_("Issued"), day(voucher.issued_at)),
            (_("Valid until the end of"), day(voucher.last_moment)),
            (_("Printed"), moment(clock.now())),
        ]
        return documents.render(
            _("Consulting voucher"),
            facts,
            issuer=issuer,
            note=_("The voucher belongs to its holder. It can't be passed on or paid out in cash."),
            check=Check(
                check_url,
                _("Anybody can check here whether this voucher is valid. The page shows nothing else."),
                _("QR code to check this voucher"),
            ),
        )
