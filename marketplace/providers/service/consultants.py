"""The register of persons: profile, firm, pledge and training."""

from datetime import date
from uuid import UUID

from marketplace.accounts import queries as accounts_queries
from marketplace.accounts.models import Person
from marketplace.core import clock, db
from marketplace.core.actors import PROVIDER, Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound
from marketplace.core.i18n import _
from marketplace.providers import ethics_code, queries, rules, training
from marketplace.providers.models import Affiliation, Consultant, Pledge, TrainingRecord
from marketplace.providers.states import CONSULTANT


def register_consultant(
    person_id: UUID, *, actor: Actor, service_lines: list[str], languages: list[str], experience_years: int
) -> Consultant:
    """Enter a person of the actor's firm in the register; a consultant only themselves, a manager anybody."""
    provider_id = _check_may_keep(person_id, actor)
    person = _person_of_firm(person_id, provider_id)
    queries.get_provider(provider_id, lock=True)
    if queries.find_consultant(person_id):
        raise DomainError(_("This person is already in the register of consultants."))
    consultant = Consultant(
        person_id=person_id,
        name=person.name,
        provider_id=provider_id,
        service_lines=service_lines,
        languages=languages,
        experience_years=experience_years,
        status=CONSULTANT.initial,
        joined_at=clock.now(),
    )
    db.session.add(consultant)
    db.flush()
    db.session.add(Affiliation(consultant_id=consultant.id, provider_id=provider_id, from_on=clock.today()))
    db.flush()
    record(actor, "consultant.register", consultant, after={"provider_id": str(provider_id)})
    return consultant


def change_consultant(
    consultant_id: UUID, *, actor: Actor, service_lines: list[str], languages: list[str], experience_years: int
) -> Consultant:
    """Change one's own profile, or that of a consultant of one's firm."""
    if actor.role not in PROVIDER:
        raise Forbidden()
    consultant = queries.get_consultant(consultant_id, actor=actor, lock=True)
    consultant.name = accounts_queries.get_person(consultant.person_id).name
    consultant.service_lines, consultant.languages = service_lines, languages
    consultant.experience_years = experience_years
    after = {"service_lines": service_lines, "languages": languages, "experience_years": experience_years}
    record(actor, "consultant.change", consultant, after=after)
    return consultant


def end_affiliation(consultant_id: UUID, *, actor: Actor) -> Consultant:
    """The consultant no longer belongs to the firm, from tomorrow on; what they did stays on record."""
    if actor.role not in PROVIDER:
        raise Forbidden()
    consultant = queries.get_consultant(consultant_id, actor=actor, lock=True)
    affiliation = queries.find_open_affiliation(consultant_id)
    transition(consultant, CONSULTANT, "leave", actor=actor, provider_id=str(consultant.provider_id))
    consultant.provider_id = None
    if affiliation is not None:
        affiliation.until_on = clock.today()
    db.flush()
    return consultant


def join_provider(*, actor: Actor) -> Consultant:
    """A consultant who left a firm joins the one they act for now."""
    consultant = queries.find_consultant(actor.person_id, lock=True)
    if consultant is None or actor.person_id is None:
        raise NotFound()
    provider_id = _check_may_keep(actor.person_id, actor)
    queries.get_provider(provider_id)
    transition(consultant, CONSULTANT, "join", actor=actor, provider_id=str(provider_id))
    consultant.provider_id = provider_id
    db.session.add(Affiliation(consultant_id=consultant.id, provider_id=provider_id, from_on=clock.today()))
    db.flush()
    return consultant


def sign_pledge(*, actor: Actor, version: str) -> Pledge:
    """Sign the code of ethics in force for this season, oneself and once."""
    consultant = queries.find_consultant(actor.person_id, lock=True)
    if consultant is None:
        raise NotFound()
    today = clock.today()
    if version != ethics_code.current(today).version:
        raise DomainError(_("A newer code of ethics is in force. Read it and sign that one."))
    season = ethics_code.season(today)
    if season in {pledge.season for pledge in consultant.pledges}:
        raise DomainError(_("You have already signed the code of ethics for this year."))
    pledge = Pledge(consultant_id=consultant.id, version=version, season=season, signed_at=clock.now())
    consultant.pledges.append(pledge)
    db.flush()
    record(actor, "pledge.sign", pledge, after={"version": version, "season": season})
    return pledge


def record_training(consultant_id: UUID, *, actor: Actor, course: str, passed_on: date) -> TrainingRecord:
    """Record a course that the consultant passed; the agency does, never the consultant."""
    rules.check_role(actor, Role.PROGRAMME_OFFICER)
    consultant = queries.get_consultant(consultant_id, lock=True)
    rules.check_another_person(actor, consultant.person_id, _("Nobody records their own training."))
    if course not in training.courses():
        raise Invalid(_("Choose one of the courses on the list."), field="course")
    if passed_on > clock.today():
        raise Invalid(_("The day lies in the future."), field="passed_on")
    if any(entry.course == course and entry.passed_on == passed_on for entry in consultant.training):
        raise Invalid(_("This course is already recorded for that day."), field="passed_on")
    assert actor.person_id is not None
    entry = TrainingRecord(
        course=course,
        passed_on=passed_on,
        expires_on=training.expires_on(course, passed_on),
        recorded_by=actor.person_id,
        recorded_at=clock.now(),
    )
    consultant.training.append(entry)
    db.flush()
    record(actor, "training.record", entry, after={"course": course, "passed_on": passed_on.isoformat()})
    return entry


def _check_may_keep(person_id: UUID, actor: Actor) -> UUID:
    """The firm for which this actor may keep this person's entry."""
    if actor.role not in PROVIDER or actor.organisation_id is None:
        raise Forbidden()
    if actor.role is Role.CONSULTANT and actor.person_id != person_id:
        raise Forbidden()
    return actor.organisation_id


def _person_of_firm(person_id: UUID, provider_id: UUID) -> Person:
    """The person, who must hold a role in the firm today."""
    people = {person.id: person for person in accounts_queries.people_of(provider_id, PROVIDER)}
    if person_id not in people:
        raise NotFound()
    return people[person_id]
