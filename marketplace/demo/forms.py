"""What may be typed on the demo's own pages: shape only."""

from typing import Any

from marketplace.core.forms import FilterForm, Form, MoneyField, TextField
from marketplace.core.i18n import _


class ClockForm(Form):
    """How far to move business time."""

    span = TextField(_("How far"), max_length=8)


class ShareForm(Form):
    """Who pays, and from which account."""

    payer = TextField(_("Name of the payer"), max_length=70)
    account = TextField(_("Account of the payer"), max_length=34)


class DebtForm(ShareForm):
    """Who pays how much of a debt, and from which account."""

    amount = MoneyField(_("Amount"), minimum=1)


def in_currency(currency: str) -> Any:
    """The form of a payment of a debt, its amount typed in this currency."""
    return type("DebtForm", (DebtForm,), {"amount": MoneyField(_("Amount"), currency=currency, minimum=1)})


class OutboxForm(FilterForm):
    """Filter of the outbox."""

    address = TextField(_("Address"), required=False, max_length=100)
