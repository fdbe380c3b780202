"""Who may do what to a flag or a case, now."""

from datetime import datetime

from marketplace.core.actors import Actor, Role
from marketplace.core.errors import DomainError, Forbidden, NotFound, explain
from marketplace.core.i18n import _
from marketplace.ethics.models import Case, Flag
from marketplace.ethics.states import Family, FlagStatus

explain(
    {
        "ck_cases_four_eyes": _("Another ethics officer must decide. Nobody decides the case they opened."),
        "ck_cases_third_person": _("A third ethics officer must decide the appeal."),
        "uq_ethics_checks_engagement_id_rule_set_occasion": _("This engagement was checked already."),
    }
)


def check_officer(actor: Actor) -> None:
    """Flags and cases are the ethics officers' work."""
    if actor.role is not Role.ETHICS_OFFICER:
        raise Forbidden()


def check_respondent(case: Case, actor: Actor) -> None:
    """A case is answered by its provider's manager; for everybody else it isn't there."""
    if actor.role is not Role.MANAGER or case.provider_id != actor.organisation_id:
        raise NotFound()


def check_in_time(now: datetime, due_at: datetime | None) -> None:
    """After the deadline nothing is taken."""
    if due_at is None or now > due_at:
        raise DomainError(_("The time for this is over."))


def check_may_decide(case: Case, actor: Actor) -> None:
    """Another officer than the one who opened the case decides it."""
    check_officer(actor)
    if actor.person_id == case.opened_by:
        raise DomainError(_("Another ethics officer must decide. Nobody decides the case they opened."))


def check_may_decide_appeal(case: Case, actor: Actor) -> None:
    """A third officer decides an appeal: neither who opened the case nor who found the violation."""
    check_officer(actor)
    if actor.person_id in (case.opened_by, case.decided_by):
        raise DomainError(_("A third ethics officer must decide the appeal."))


def check_can_be_held(flag: Flag) -> None:
    """Money is held only for a flag that is still open."""
    if flag.status not in (FlagStatus.RAISED, FlagStatus.IN_CASE):
        raise DomainError(_("This flag is closed."))


def is_shown_to_provider(flag: Flag) -> bool:
    """What the SME said in its survey is never shown to the provider; the officer's question stands for it."""
    return flag.family != Family.SURVEY and not flag.finding.startswith("survey_")
