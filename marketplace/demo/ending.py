"""Scenes of a voucher that isn't used up: it runs on, it is given back, its work ends early."""

from marketplace.demo import words
from marketplace.demo.story import Tale
from marketplace.engagements import service as engagements
from marketplace.vouchers import service as vouchers


def extend(tale: Tale) -> None:
    """The company lets its voucher run on, once, with a reason."""
    vouchers.extend(tale.voucher_id, actor=tale.company.signatory, reason=words.reason("extended"))


def give_back(tale: Tale) -> None:
    """The company gives its voucher back; the money is offered to the next on the waitlist."""
    vouchers.surrender(tale.voucher_id, actor=tale.company.signatory, key=f"demo-surrender:{tale.voucher_id}")


def end_early(tale: Tale) -> None:
    """The company ends the work: what was accepted is paid, its share of the rest goes back to it."""
    engagement_id = tale.ids["engagement"]
    engagements.terminate(
        engagement_id,
        actor=tale.company.signatory,
        reason=words.reason("ended", tale.language),
        key=f"demo-end:{engagement_id}",
    )
