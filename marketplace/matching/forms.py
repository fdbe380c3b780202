"""What may be typed about matching: one press that invites a firm."""

from marketplace.core.forms import Form


class InviteForm(Form):
    """One question, one button."""
