"""What may be typed on the demo's own pages: shape only."""

from marketplace.core.forms import Form, TextField
from marketplace.core.i18n import _


class ClockForm(Form):
    """How far to move business time."""

    span = TextField(_("How far"), max_length=8)


class ShareForm(Form):
    """Who pays a company's share, and from which account."""

    payer = TextField(_("Name of the payer"), max_length=70)
    account = TextField(_("Account of the payer"), max_length=34)


class OutboxForm(Form):
    """Filter of the outbox."""

    class Meta:
        csrf = False

    address = TextField(_("Address"), required=False, max_length=100)
