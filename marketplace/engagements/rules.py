"""What may be done to an agreement and its engagement, by whom and when."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from marketplace.core import clock
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid, NotFound, explain
from marketplace.core.i18n import _
from marketplace.core.money import Money
from marketplace.engagements.models import (
    Agreement,
    Assignment,
    ConsultingSession,
    Deliverable,
    Engagement,
    Stage,
)
from marketplace.engagements.states import (
    AgreementStatus,
    AssignmentStatus,
    DeliverableStatus,
    EngagementStatus,
    SessionStatus,
    StageStatus,
)
from marketplace.providers.rules import OBSTACLES

LONGEST_SESSION = timedelta(hours=12)

explain(
    {
        "uq_agreements_award_id": _("There is an agreement for this award already."),
        "uq_redemptions_agreement_id": _("This agreement is already redeemed."),
        "ex_consulting_sessions_overlap": _(
            "This consultant was in another session at that time. One person can't be in two places."
        ),
        "ck_consulting_sessions_started": _("No session can start before the own share has arrived."),
        "ck_consulting_sessions_two_people": _("Whoever recorded or held a session can't confirm it."),
        "ck_agreements_two_people": _("One person can't sign for both sides."),
        "ck_agreements_terms": _("The terms of a signed agreement can't change."),
        "ck_engagements_co_payment": _("The work can't start before the own share has arrived."),
        "uq_agreement_consultants_live": _("This consultant is already named in the agreement."),
        "ck_stages_under_way": _("This engagement has ended early."),
        "uq_deliverables_replaces_id": _("There is a newer document for this one already."),
    }
)


def check_acts_for(organisation_id: UUID, actor: Actor, *roles: Role) -> None:
    """Another organisation's row isn't found; in one's own, only these roles may do this."""
    if actor.organisation_id != organisation_id:
        raise NotFound()
    if actor.role not in roles:
        raise Forbidden()


def check_start(starts_on: date) -> None:
    """The work starts today or within half a year."""
    today = clock.today()
    if not today <= starts_on <= today + timedelta(days=183):
        raise Invalid(_("Choose a day from today on, within six months."), field="starts_on")


def check_may_sign(agreement: Agreement, actor: Actor) -> None:
    """A side signs once: the SME by its signatory, the provider by its manager."""
    if actor.organisation_id == agreement.organisation_id:
        check_acts_for(agreement.organisation_id, actor, Role.SIGNATORY)
        signed = agreement.sme_signed_at
    else:
        check_acts_for(agreement.provider_id, actor, Role.MANAGER)
        signed = agreement.provider_signed_at
    if agreement.status != AgreementStatus.DRAFTED or signed is not None:
        raise DomainError(_("Your side has signed this agreement, or it is no longer open."))


def check_redemption(agreement: Agreement, amount: Money) -> None:
    """A signed agreement is redeemed once, for the whole aid it states, in its currency."""
    if amount != Money(agreement.aid, agreement.currency):
        raise Invalid(_("The amount must be the aid stated in the agreement."), field="amount")
    if agreement.status == AgreementStatus.REDEEMED:
        raise DomainError(_("This agreement is already redeemed."))
    if agreement.status != AgreementStatus.SIGNED:
        raise DomainError(_("Both sides must sign before the voucher is redeemed."))


def check_under_way(engagement: Engagement) -> None:
    """Work is recorded only between the co-payment and the end."""
    if engagement.status == EngagementStatus.AWAITING_CO_PAYMENT:
        raise DomainError(_("The work starts when the own share has arrived."))
    if engagement.status == EngagementStatus.LAPSED:
        raise DomainError(_("The own share was never paid, so this engagement has lapsed."))
    if engagement.status == EngagementStatus.TERMINATED:
        raise DomainError(_("This engagement has ended early."))
    if engagement.status != EngagementStatus.ACTIVE:
        raise DomainError(_("This engagement is finished."))


def check_may_terminate(engagement: Engagement, stages: Sequence[Stage], actor: Actor) -> None:
    """The company's signatory or a programme officer ends work early; a company first decides what is handed in."""
    if actor.role is Role.PROGRAMME_OFFICER:
        return
    check_acts_for(engagement.organisation_id, actor, Role.SIGNATORY)
    if any(stage.status == StageStatus.DELIVERED for stage in stages):
        raise DomainError(
            _("A stage waits for your decision. Accept it or ask for a correction before you end the work.")
        )


def is_work_handed_in(stages: Sequence[Stage]) -> bool:
    """Whether the provider has done work that is, or may yet be, paid for: then nothing lapses by itself."""
    return any(stage.status in (StageStatus.DELIVERED, StageStatus.ACCEPTED) for stage in stages)


def check_session_times(engagement: Engagement, starts_at: datetime, ends_at: datetime) -> None:
    """A session is over, lasted at most 12 hours, and began after the co-payment had arrived."""
    if ends_at <= starts_at:
        raise Invalid(_("The end must be after the start."), field="ends_at")
    if ends_at - starts_at > LONGEST_SESSION:
        raise Invalid(_("A session lasts 12 hours at most."), field="ends_at")
    if ends_at > clock.now():
        raise Invalid(_("Record a session after it has ended."), field="ends_at")
    if engagement.started_at is None or starts_at < engagement.started_at:
        raise Invalid(_("No session can start before the own share has arrived."), field="starts_at")


def check_no_overlap(others: Sequence[ConsultingSession]) -> None:
    """One person can't be in two places, whoever the client is; the database has the last word."""
    if others:
        raise Invalid(_("This consultant was in another session at that time."), field="starts_at")


def find_assignment(assignments: Sequence[Assignment], consultant_id: UUID, on: date) -> Assignment | None:
    """The agreement's naming of this consultant that holds on the day, if any."""
    return next(
        (
            assignment
            for assignment in assignments
            if assignment.consultant_id == consultant_id
            and assignment.status in (AssignmentStatus.ACTIVE, AssignmentStatus.ENDED)
            and assignment.from_on is not None
            and assignment.from_on <= on
            and (assignment.until_on is None or on <= assignment.until_on)
        ),
        None,
    )


def check_named(assignments: Sequence[Assignment], consultant_id: UUID, on: date) -> None:
    """Only a consultant named in the agreement, from the day it holds, works on the engagement."""
    if find_assignment(assignments, consultant_id, on) is None:
        raise Invalid(
            _("The agreement doesn't name this consultant for that day. Ask the company to approve a change first."),
            field="consultant_id",
        )


def check_ready(obstacle: str | None) -> None:
    """On each day of work a consultant belongs to the firm, has signed the code of ethics and holds the training."""
    if obstacle is not None:
        raise Invalid(OBSTACLES[obstacle], field="consultant_id")


def check_open(stage: Stage) -> None:
    """Sessions and deliverables go to the stage that is being worked on."""
    if stage.status != StageStatus.OPEN:
        raise DomainError(_("This stage isn't open for work now."))


def check_hand_in(stage: Stage, deliverables: Sequence[Deliverable]) -> None:
    """A stage is handed in with at least one document and no correction outstanding."""
    if any(deliverable.status == DeliverableStatus.CORRECTION_REQUESTED for deliverable in deliverables):
        raise DomainError(_("A correction is still open. Hand in the corrected document first."))
    if not any(deliverable.status == DeliverableStatus.SUBMITTED for deliverable in deliverables):
        raise DomainError(_("Add at least one document to this stage first."))


def check_acceptance(stage: Stage, sessions: Sequence[ConsultingSession]) -> None:
    """A stage is accepted once the SME has confirmed or rejected, or the provider withdrawn, each session of it."""
    if stage.status != StageStatus.DELIVERED:
        raise DomainError(_("This stage isn't waiting for acceptance."))
    if any(session.status == SessionStatus.RECORDED for session in sessions):
        raise DomainError(_("Confirm the sessions of this stage first, or reject what did not take place."))


def check_replaced(replaced: Deliverable | None, stage: Stage) -> None:
    """A new version replaces a document of the same stage for which a correction was asked."""
    if replaced is None:
        return
    if replaced.stage_id != stage.id or replaced.status != DeliverableStatus.CORRECTION_REQUESTED:
        raise Invalid(_("No correction is open for that document."), field="replaces_id")
