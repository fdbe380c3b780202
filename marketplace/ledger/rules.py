"""What the ledger refuses, in words."""

from marketplace.core.errors import DomainError, explain
from marketplace.core.i18n import _

explain(
    {
        "ck_ledger_accounts_balance": _("There is not enough money for this."),
        "uq_ledger_transfers_key": _("This was already sent with other content."),
        "ck_ledger_transfers_amount": _("The amount must be more than 0."),
    }
)


class InsufficientFunds(DomainError):
    """The debit account holds less than the amount."""


class KeyReused(DomainError):
    """One key names one request; it was used for another one."""

    def __init__(self) -> None:
        super().__init__(_("This was already sent with other content."))
