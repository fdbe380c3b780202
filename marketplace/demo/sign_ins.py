"""Who may sign in to the demo: a person for every role, and what each can show."""

from collections.abc import Sequence
from uuid import UUID

from marketplace.core.errors import Words
from marketplace.core.i18n import _
from marketplace.demo import queries
from marketplace.demo.queries import SignIn

Group = tuple[Words, Sequence[SignIn]]


def groups() -> list[Group]:
    """Sign-ins in groups with a heading, as far as the data has such people."""
    made: list[Group] = [(_("The agency"), queries.staff())]
    made += _of(_("A company that has not applied yet"), queries.newcomer())
    made += _of(_("A company with a voucher and no job yet"), queries.voucher_holder())
    pair = queries.at_work()
    if pair is not None:
        made += _of(_("A company whose work is under way"), pair[0])
        made += _of(_("Its consulting firm"), pair[1])
    made += _of(_("Another consulting firm"), queries.other_firm(pair[1] if pair else None))
    made += _of(_("A company to which a voucher from the waitlist is offered"), queries.offered_to())
    made += _of(_("A company whose work ended early"), queries.ended_early())
    made += _of(_("A consulting firm that owes the agency money"), queries.in_arrears())
    return [(heading, people) for heading, people in made if people]


def _of(heading: Words, organisation_id: UUID | None) -> list[Group]:
    return [(heading, queries.people_of(organisation_id))] if organisation_id else []
