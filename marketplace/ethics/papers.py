"""Gathers what consultants and firms had to hold, and held: being named, code of ethics, training, registration."""

from collections.abc import Sequence
from datetime import date, datetime

from marketplace.core import clock, db
from marketplace.engagements.queries import Record
from marketplace.engagements.states import AssignmentStatus
from marketplace.ethics.rules.facts import Requirement, Validity
from marketplace.jobs.models import Award
from marketplace.providers import training
from marketplace.providers.models import Consultant, Provider


def named_people(record: Record, people: Sequence[Consultant]) -> tuple[Validity, ...]:
    """When each consultant was named in the agreement, changes approved by the SME included."""
    person_of = {each.id: str(each.person_id) for each in people}
    return tuple(
        Validity(person_of[each.consultant_id], "named", each.from_on or record.agreement.starts_on, each.until_on)
        for each in record.assignments
        if each.status in (AssignmentStatus.ACTIVE, AssignmentStatus.ENDED)
    )


def requirements(record: Record, people: Sequence[Consultant], award: Award) -> tuple[Requirement, ...]:
    """What must be valid: the firm's registration, each consultant's pledge and required courses."""
    awarded_on = _day(award.awarded_at)
    joined = {validity.holder: validity.valid_from for validity in named_people(record, people)}
    kinds = ["pledge", *(f"course {code}" for code in training.required())]
    firm = Requirement(str(record.engagement.provider_id), "registration", awarded_on)
    return (
        firm,
        *(
            Requirement(str(each.person_id), kind, max(awarded_on, joined.get(str(each.person_id), awarded_on)))
            for each in people
            for kind in kinds
        ),
    )


def validities(record: Record, people: Sequence[Consultant]) -> tuple[Validity, ...]:
    """The papers as they stand in the registers."""
    found = [*_registration(db.get(Provider, record.engagement.provider_id))]
    for each in people:
        person = str(each.person_id)
        found += [
            Validity(person, "pledge", _day(pledge.signed_at), date(pledge.season, 12, 31)) for pledge in each.pledges
        ]
        found += [
            Validity(person, f"course {record.course}", record.passed_on, record.expires_on) for record in each.training
        ]
    return tuple(found)


def _registration(provider: Provider) -> Sequence[Validity]:
    """The time the firm stood approved in the register; an earlier suspension ends the first stretch."""
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
