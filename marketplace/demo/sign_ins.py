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
    cast = queries.cast()
    parts: list[tuple[Words, UUID | None]] = [
        (_("The company of the tour"), cast.tour_company),
        (_("The consulting firm of the tour"), cast.tour_firm),
        (_("A company with a voucher and no job yet"), cast.voucher_holder),
        (_("A company whose work is under way"), cast.company),
        (_("Its consulting firm"), cast.firm),
        (_("A company to which a voucher from the waitlist is offered"), cast.offered_to),
        (_("A company whose work ended early"), cast.ended_early),
        (_("A consulting firm that owes the agency money"), cast.in_arrears),
    ]
    known = [(heading, organisation_id) for heading, organisation_id in parts if organisation_id]
    people = queries.sign_ins([organisation_id for _heading, organisation_id in known])
    asked = queries.evaluators_at_work(cast.tour_firm)
    made: list[Group] = [(heading, people.get(organisation_id, [])) for heading, organisation_id in known]
    made.insert(
        2, (_("Who evaluates the work of the tour"), [person for person in people.get(None, []) if person.id in asked])
    )
    made.insert(2, (_("The agency"), people.get(None, [])))
    return [(heading, those) for heading, those in made if those]
