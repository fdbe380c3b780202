"""Gathers what consultants and firms had to hold, and held: being named, code of ethics, training, registration."""

from collections.abc import Sequence
from datetime import date, datetime

from marketplace.core import clock
from marketplace.engagements import queries as engagements
from marketplace.engagements.states import AssignmentStatus
from marketplace.ethics.rules.facts import Requirement, Validity
from marketplace.providers import queries as providers
from marketplace.providers import training


def named_people(work: engagements.Evidence, register: providers.Evidence) -> tuple[Validity, ...]:
    """When each consultant was named in the agreement, changes approved by the SME included."""
    person_of = {consultant.id: str(consultant.person_id) for consultant in register.consultants}
    return tuple(
        Validity(person_of[row.consultant_id], "named", row.from_on or work.agreement.starts_on, row.until_on)
        for row in work.assignments
        if row.status in (AssignmentStatus.ACTIVE, AssignmentStatus.ENDED)
    )


def requirements(
    work: engagements.Evidence, register: providers.Evidence, awarded_at: datetime
) -> tuple[Requirement, ...]:
    """What must be valid: the firm's registration, each consultant's pledge and required courses."""
    awarded_on = _day(awarded_at)
    joined = {validity.holder: validity.valid_from for validity in named_people(work, register)}
    kinds = ["pledge", *(f"course {code}" for code in training.required())]
    people = [str(consultant.person_id) for consultant in register.consultants]
    return (
        Requirement(str(work.engagement.provider_id), "registration", awarded_on),
        *(
            Requirement(person, kind, max(awarded_on, joined.get(person, awarded_on)))
            for person in people
            for kind in kinds
        ),
    )


def validities(register: providers.Evidence) -> tuple[Validity, ...]:
    """The papers as they stand in the registers."""
    papers = [*_registration(register)]
    for consultant in register.consultants:
        person = str(consultant.person_id)
        papers += [
            Validity(person, "pledge", _day(pledge.signed_at), date(pledge.season, 12, 31))
            for pledge in consultant.pledges
        ]
        papers += [
            Validity(person, f"course {row.course}", row.passed_on, row.expires_on) for row in consultant.training
        ]
    return tuple(papers)


def _registration(register: providers.Evidence) -> Sequence[Validity]:
    """The time the firm stood approved in the register; an earlier suspension ends the first stretch."""
    provider = register.provider
    holder, kind = str(provider.id), "registration"
    if provider.approved_at is None:
        return []
    ended_at = provider.removed_at or provider.suspended_at
    first = Validity(holder, kind, _day(provider.approved_at), _day(ended_at) if ended_at else None)
    if provider.restored_at and provider.suspended_at and provider.restored_at > provider.suspended_at:
        removed = _day(provider.removed_at) if provider.removed_at else None
        first = Validity(holder, kind, _day(provider.approved_at), _day(provider.suspended_at))
        return [first, Validity(holder, kind, _day(provider.restored_at), removed)]
    return [first]


def _day(moment: datetime) -> date:
    return moment.astimezone(clock.zone()).date()
