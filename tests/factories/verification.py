"""What companies hand in about who they are, and disputes, made by the verbs."""

from __future__ import annotations

from werkzeug.datastructures import FileStorage

from marketplace.accounts import queries as accounts
from marketplace.core.actors import Actor
from marketplace.verification import service
from marketplace.verification.models import Dispute, Verification
from tests.factories.accounts import organisation_of
from tests.factories.engagements import document

STATEMENT = "It is my company; somebody else has registered it."


def paper(title: str = "Business registration") -> FileStorage:
    """A business registration as a form gives it."""
    return FileStorage(document(title), filename="registration.pdf")


def hand_in(actor: Actor, *, name: str | None = None, representative_name: str | None = None) -> Verification:
    """What the actor's company hands in; as it is registered unless told otherwise."""
    organisation = organisation_of(actor)
    return service.hand_in(
        actor=actor,
        name=name or organisation.name,
        representative_name=representative_name or organisation.representative_name,
        document=paper(),
    )


def open_dispute(by: Actor, about: Actor, *, name: str | None = None) -> Dispute:
    """Somebody says that the company of another is theirs."""
    assert about.organisation_id is not None
    organisation = accounts.get_organisation(about.organisation_id)
    return service.open_dispute(
        actor=by,
        business_number=organisation.business_number or "",
        name=name or organisation.name,
        representative_name=by.name,
        statement=STATEMENT,
        document=paper(),
    )
