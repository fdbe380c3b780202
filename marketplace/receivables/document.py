"""Payment notices and receipts as PDF pages in the reader's language: how much, for what, to whom and how to pay."""

from marketplace.agency.models import AgencyAccount
from marketplace.core import documents
from marketplace.core.documents import Fact, Issuer
from marketplace.core.i18n import _, day, force_locale, money
from marketplace.receivables.models import Instalment, Receipt


def payment_notice(
    instalment: Instalment, *, debtor: str, interest: int, account: AgencyAccount, issuer: Issuer, locale: str
) -> bytes:
    """The payment notice of one instalment; `interest` is what is owed on arrears today, in minor units."""
    receivable = instalment.receivable
    currency = receivable.currency
    with force_locale(locale):
        facts: list[Fact] = [
            (_("Number of the notice"), f"{receivable.number}-{instalment.position:02d}"),
            (_("To"), debtor),
            (_("For"), f"{receivable.kind.label}, {receivable.engagement.number}"),
            (_("Principal"), money(instalment.principal - instalment.paid_principal, currency)),
            (_("Surcharge"), money(instalment.surcharge - instalment.paid_surcharge, currency)),
            (_("Interest on arrears"), money(interest, currency)),
            (_("To be paid"), money(instalment.capital + interest, currency)),
            (_("Due on"), day(instalment.due_on)),
            (_("Account holder"), account.holder),
            (_("Bank and account"), f"{account.bank} {account.number}"),
            (_("Payment reference"), receivable.number),
        ]
        note = _("Write the payment reference exactly as it stands here. Otherwise the payment can't be matched.")
        return documents.render(_("Payment notice"), facts, issuer=issuer, note=note)


def receipt(receipt: Receipt, *, debtor: str, issuer: Issuer, locale: str) -> bytes:
    """The receipt of one payment, or of what was kept back from a claim."""
    receivable = receipt.receivable
    currency = receivable.currency
    by_bank = receipt.bank_entry_id is not None
    with force_locale(locale):
        facts: list[Fact] = [
            (_("Receipt number"), receipt.number),
            (_("From"), debtor),
            (_("For"), f"{receivable.number} · {receivable.kind.label}"),
            (_("Amount"), money(receipt.amount, currency)),
            (_("Of it principal"), money(receipt.principal, currency)),
            (_("Of it surcharge"), money(receipt.surcharge, currency)),
            (_("Of it interest on arrears"), money(receipt.interest, currency)),
            (_("Too much, paid back"), money(receipt.excess, currency)),
            (_("Booked on"), day(receipt.booked_on)),
            (_("How it was paid"), _("Bank transfer") if by_bank else _("Kept back from a claim")),
        ]
        note = _("Thank you. This page needs no signature.")
        return documents.render(_("Receipt"), facts, issuer=issuer, note=note)
