"""The verbs by which another consultant comes into an agreement: the provider proposes, the SME decides."""

from uuid import UUID

from marketplace.accounts import service as accounts
from marketplace.core import clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.audit import record, transition
from marketplace.core.errors import DomainError, Invalid
from marketplace.core.i18n import _
from marketplace.engagements import rules
from marketplace.engagements.models import Agreement, Assignment
from marketplace.engagements.states import ASSIGNMENT, AssignmentStatus
from marketplace.providers import queries as providers
from marketplace.providers import rules as provider_rules


def change_consultant(assignment_id: UUID, *, actor: Actor, consultant_id: UUID, reason: str) -> Assignment:
    """The provider's manager proposes another of its consultants for one named in the agreement."""
    leaving = db.get(Assignment, assignment_id, lock=True)
    agreement = db.get(Agreement, leaving.agreement_id)
    rules.check_acts_for(agreement.provider_id, actor, Role.MANAGER)
    if leaving.status != AssignmentStatus.ACTIVE:
        raise Invalid(_("This consultant isn't working on the engagement now."), field="consultant_id")
    consultant = providers.get_consultant(consultant_id)
    rules.check_ready(provider_rules.find_obstacle(consultant, agreement.provider_id, clock.today()))
    if any(
        assignment.consultant_id == consultant_id
        and assignment.status in (AssignmentStatus.PROPOSED, AssignmentStatus.ACTIVE)
        for assignment in agreement.assignments
    ):
        raise Invalid(_("This consultant is already named in the agreement."), field="consultant_id")
    change = Assignment(
        agreement_id=agreement.id,
        consultant_id=consultant_id,
        replaces_id=leaving.id,
        reason=reason,
        status=ASSIGNMENT.initial,
        proposed_by=actor.person_id,
    )
    db.session.add(change)
    db.flush()
    record(actor, "assignment.propose", change, after={"replaces_id": leaving.id}, reason=reason)
    accounts.notify_organisation(
        agreement.organisation_id,
        [Role.SIGNATORY],
        "engagements/consultant_change_proposed",
        key=str(change.id),
        number=agreement.number,
        reason=reason,
        path=f"/agreements/{agreement.id}",
    )
    return change


def decide_change(assignment_id: UUID, *, actor: Actor, approved: bool) -> Assignment:
    """The SME's signatory approves the other consultant from today on, or declines."""
    change = db.get(Assignment, assignment_id, lock=True)
    agreement = db.get(Agreement, change.agreement_id)
    rules.check_acts_for(agreement.organisation_id, actor, Role.SIGNATORY)
    if not approved:
        transition(change, ASSIGNMENT, "decline", actor=actor)
        db.flush()
        return change
    change.approved_by = actor.person_id
    change.from_on = clock.today()
    transition(change, ASSIGNMENT, "approve", actor=actor)
    if change.replaces_id is not None:
        leaving = db.get(Assignment, change.replaces_id, lock=True)
        if leaving.status != AssignmentStatus.ACTIVE:
            raise DomainError(_("This consultant has been replaced already."))
        leaving.until_on = clock.today()
        transition(leaving, ASSIGNMENT, "replace", actor=actor)
    db.flush()
    return change
