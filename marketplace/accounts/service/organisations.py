"""What the agency finds about a company or firm: how it is called, and who signs for it."""

from uuid import UUID

from marketplace.accounts import queries
from marketplace.accounts.models import Membership, Organisation
from marketplace.accounts.rules import FIRST_ROLE
from marketplace.accounts.states import MEMBERSHIP
from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.audit import record, transition


def name_organisation(organisation: Organisation, *, name: str, representative_name: str, actor: Actor) -> None:
    """Let a locked organisation bear this name and representative; nothing where it does already."""
    before = {"name": organisation.name, "representative_name": organisation.representative_name}
    after = {"name": name, "representative_name": representative_name}
    if before == after:
        return
    organisation.name, organisation.representative_name = name, representative_name
    db.flush()
    record(actor, "organisation.rename", organisation, before=before, after=after)


def transfer_organisation(organisation_id: UUID, person_id: UUID, *, actor: Actor) -> Membership:
    """Let this person sign for a locked organisation, and nobody who does so now; everybody else in it stays."""
    organisation = queries.get_organisation(organisation_id)
    role = FIRST_ROLE[organisation.kind]
    for signatory in queries.memberships_in(organisation_id):
        if signatory.role == role:
            transition(signatory, MEMBERSHIP, "end", actor=actor)
    db.flush()
    membership = Membership(
        person_id=person_id,
        organisation_id=organisation_id,
        organisation_kind=organisation.kind,
        role=role,
        status=MEMBERSHIP.initial,
        valid_from=clock.today(),
        granted_by=actor.person_id,
    )
    db.session.add(membership)
    db.flush()
    transition(membership, MEMBERSHIP, "activate", actor=actor)
    return membership
