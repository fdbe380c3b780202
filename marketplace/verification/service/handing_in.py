"""What a company does: hand in who it is, with its business registration."""

from __future__ import annotations

from uuid import UUID

from marketplace.accounts import queries as accounts
from marketplace.accounts.models import Organisation
from marketplace.accounts.service import name_organisation, notify_organisation
from marketplace.core import db, files
from marketplace.core.actors import Actor
from marketplace.core.audit import record, transition
from marketplace.core.files import StoredFile
from marketplace.core.tasks import announce
from marketplace.verification import events, queries, rules, terms
from marketplace.verification.models import Verification
from marketplace.verification.states import VERIFICATION, VerificationStatus


def hand_in(*, actor: Actor, name: str, representative_name: str, document: files.Upload) -> Verification:
    """Hand in the actor's company with its business registration; it replaces what waits.

    A verified company stays so meanwhile, under the name that was verified.
    """
    organisation_id = rules.check_binds(actor)
    organisation = accounts.get_organisation(organisation_id, lock=True)
    file = files.keep(document, actor=actor)
    assert file is not None
    return _enter(organisation, name, representative_name, file, actor)


def hand_in_along(organisation_id: UUID, file: StoredFile | None, *, actor: Actor) -> Verification | None:
    """The business registration that comes with an application or a registration verifies the company too.

    Nothing where the company is verified or waits to be, or where who hands it in doesn't sign for it.
    """
    if file is None or actor.role not in rules.BINDING or queries.is_verified(organisation_id):
        return None
    organisation = accounts.get_organisation(organisation_id, lock=True)
    if queries.find(organisation_id, VerificationStatus.WAITING) is not None:
        return None
    return _enter(organisation, organisation.name, organisation.representative_name, file, actor)


def _enter(
    organisation: Organisation, name: str, representative_name: str, file: StoredFile, actor: Actor
) -> Verification:
    before = queries.find(organisation.id, VerificationStatus.WAITING, lock=True)
    if before is not None:
        transition(before, VERIFICATION, "withdraw", actor=actor)
        db.flush()
    verification = Verification(
        organisation_id=organisation.id,
        name=name,
        representative_name=representative_name,
        file=file,
        handed_in_by=actor.person_id,
        look_by=terms.look_by(),
    )
    db.session.add(verification)
    db.flush()
    record(
        actor,
        "verification.hand_in",
        verification,
        after={"organisation": str(organisation.id), "file": str(file.id), "sha256": file.sha256},
    )
    if queries.find(organisation.id, VerificationStatus.CONFIRMED) is None:
        name_organisation(organisation, name=name, representative_name=representative_name, actor=actor)
    announce(events.HANDED_IN, verification_id=verification.id)
    notify_organisation(
        organisation.id,
        rules.BINDING,
        "verification/received",
        key=str(verification.id),
        company=name,
        look_by=verification.look_by,
        path="/verification",
    )
    return verification
