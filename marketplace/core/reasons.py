"""Reasons: what a person writes for an act, for those who read it later."""

from marketplace.core.errors import Invalid
from marketplace.core.i18n import _
from marketplace.core.text import tidy

TELLING = 10
"""The fewest characters of a reason that has to tell something."""


def check_reason(reason: str, *, field: str = "reason", shortest: int = 1) -> str:
    """The reason without blanks around it; raises Invalid on the field when it has fewer than `shortest` characters."""
    words = tidy(reason)
    if len(words) >= shortest:
        return words
    if shortest == 1:
        raise Invalid(_("Write the reason."), field=field)
    raise Invalid(_("Give a reason of at least %(count)s characters.", count=shortest), field=field)
