"""Firms in the register and consultants who can be named, made by the verbs."""

from datetime import timedelta
from typing import Any

from marketplace.core import clock
from marketplace.core.actors import Actor, Role
from marketplace.core.files import Upload
from marketplace.providers import ethics_code, queries, service, training
from marketplace.providers.models import Consultant
from tests.factories.accounts import make_member, make_officer, make_provider

ACCOUNT = service.AccountDetails("other", "110-123-456789", "Test Bank", "Test Firm")


def make_profile(**facts: Any) -> service.Profile:
    """What a firm says of itself."""
    usual: dict[str, Any] = {
        "service_lines": ["marketing", "operations"],
        "sectors": ["manufacturing"],
        "regions": ["seoul", "busan"],
        "languages": ["ko", "en"],
        "capacity": 5,
        "introduction": {"ko": "", "en": ""},
    }
    return service.Profile(**{**usual, **facts})


def make_applicant(name: str | None = None, *, document: Upload | None = None, **facts: Any) -> Actor:
    """A firm that applied and waits; the actor is its manager."""
    manager = make_provider(name)
    assert manager.organisation_id is not None
    profile = make_profile(**facts)
    service.register_provider(
        manager.organisation_id, actor=manager, profile=profile, account=ACCOUNT, document=document
    )
    return manager


def make_registered_provider(name: str | None = None, **facts: Any) -> Actor:
    """A firm in the register, without consultants; the actor is its manager."""
    manager = make_applicant(name, **facts)
    assert manager.organisation_id is not None
    service.approve_provider(manager.organisation_id, actor=make_officer(Role.PROGRAMME_OFFICER))
    return manager


def make_consultant(manager: Actor, *, pledged: bool = True, trained: bool = True) -> Consultant:
    """A consultant of the manager's firm, ready to be named unless told otherwise."""
    actor = make_member(manager, Role.CONSULTANT)
    assert actor.person_id is not None
    consultant = service.register_consultant(
        actor.person_id, actor=actor, service_lines=["marketing"], languages=["ko"], experience_years=7
    )
    if pledged:
        service.sign_pledge(actor=actor, version=ethics_code.current(clock.today()).version)
    if trained:
        officer = make_officer(Role.PROGRAMME_OFFICER)
        for course in training.required():
            service.record_training(
                consultant.id, actor=officer, course=course, passed_on=clock.today() - timedelta(days=10)
            )
    return consultant


def make_ready_provider(name: str | None = None, **facts: Any) -> Actor:
    """A firm in the register with one consultant who can be named; the actor is its manager."""
    manager = make_registered_provider(name, **facts)
    make_consultant(manager)
    return manager


def consultants_of(manager: Actor) -> list[Consultant]:
    """The consultants of the manager's firm."""
    assert manager.organisation_id is not None
    return list(queries.consultants_of(manager.organisation_id))
