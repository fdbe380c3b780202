"""Verbs of cases: open, reply, decide, sanction, appeal."""

from collections.abc import Iterable
from datetime import timedelta
from uuid import UUID

from marketplace.accounts import service as accounts
from marketplace.core import audit, clock, db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import Invalid
from marketplace.core.i18n import _
from marketplace.core.reasons import TELLING, check_reason
from marketplace.core.tasks import Queue, cancel, schedule, task
from marketplace.engagements import queries as engagements
from marketplace.ethics import queries
from marketplace.ethics.models import Case, Flag
from marketplace.ethics.rules import access, book
from marketplace.ethics.service.flags import release
from marketplace.ethics.states import CASE, FLAG, CaseStatus, Sanction
from marketplace.evaluations import service as evaluations
from marketplace.providers import queries as providers_queries
from marketplace.providers import service as providers
from marketplace.providers.states import ProviderStatus

SAME_PEOPLE = "E01"


def open_case(engagement_id: UUID, *, actor: Actor, flag_ids: Iterable[UUID], question: str) -> Case:
    """Put open flags of one engagement to its provider, with a question and a time to reply."""
    access.check_officer(actor)
    check_reason(question, field="question", shortest=TELLING)
    engagement = engagements.sides(engagement_id, lock=True)
    flags = queries.flags_by_id(flag_ids, engagement_id=engagement_id)
    if not flags:
        raise Invalid(_("Choose at least one flag."), field="flags")
    now = clock.now()
    opened = Case(
        number=db.next_number("CASE"),
        engagement_id=engagement_id,
        provider_id=engagement.provider_id,
        question=question,
        opened_by=actor.person_id,
        opened_at=now,
        reply_due_at=now + timedelta(days=book.current(clock.today()).reply_days),
    )
    db.session.add(opened)
    db.flush()
    audit.record(actor, "case.open", opened, after={"flags": [flag.number for flag in flags]})
    for flag in flags:
        flag.case_id = opened.id
        audit.transition(flag, FLAG, "take_up", actor=actor)
    schedule(close_reply, case_id=opened.id, run_after=opened.reply_due_at)
    _tell_provider(opened, "ethics/case_opened", due_at=opened.reply_due_at.isoformat())
    return opened


def reply(case_id: UUID, *, actor: Actor, words: str) -> Case:
    """Take the provider's reply, once and in time."""
    case = db.get(Case, case_id, lock=True)
    access.check_respondent(case, actor)
    access.check_in_time(clock.now(), case.reply_due_at)
    check_reason(words, field="words", shortest=TELLING)
    case.reply, case.replied_by = words, actor.person_id
    audit.transition(case, CASE, "reply", actor=actor)
    cancel(close_reply, case_id=case.id)
    _tell_officers(case, "ethics/reply_received")
    return case


@task("close_reply", _("End a firm's time to reply"), Queue.ETHICS)
def close_reply(case_id: UUID, *, actor: Actor) -> None:
    """End the time to reply; a case that was answered stays as it is."""
    case = db.get(Case, case_id, lock=True)
    if case.status == CaseStatus.AWAITING_REPLY and clock.now() >= case.reply_due_at:
        audit.transition(case, CASE, "miss_reply", actor=actor)
        _tell_officers(case, "ethics/reply_missed")


def decide(case_id: UUID, *, actor: Actor, violation: bool, reason: str, sanction: Sanction | None = None) -> Case:
    """Find a violation, with a sanction, or none; never by the officer who opened the case."""
    case = db.get(Case, case_id, lock=True)
    access.check_may_decide(case, actor)
    check_reason(reason, shortest=TELLING)
    if violation and sanction is None:
        raise Invalid(_("Choose a sanction."), field="sanction")
    case.finding_reason, case.decided_by = reason, actor.person_id
    event = "find_violation" if violation else "find_none"
    audit.transition(case, CASE, event, actor=actor, reason=reason, sanction=sanction if violation else None)
    flags = queries.flags_in_case(case.id, lock=True)
    for flag in flags:
        _close(flag, "confirm" if violation else "clear", actor=actor, reason=reason)
    if violation:
        case.sanction = sanction
        case.appeal_due_at = clock.now() + timedelta(days=book.current(clock.today()).appeal_days)
        _punish(case, flags, actor=actor, reason=reason)
    _tell_provider(case, "ethics/case_decided")
    return case


def _close(flag: Flag, event: str, *, actor: Actor, reason: str) -> None:
    flag.closed_by, flag.closing_reason = actor.person_id, reason
    audit.transition(flag, FLAG, event, actor=actor, reason=reason)
    if event == "clear":
        release(flag, actor=actor, reason=reason)


def _punish(case: Case, flags: Iterable[Flag], *, actor: Actor, reason: str) -> None:
    """A violation costs grade points; the same people never meet again; a suspension takes the firm out of bidding."""
    evaluations.record_violation(case.id, provider_id=case.provider_id, actor=actor)
    for flag in flags:
        if flag.rule_id == SAME_PEOPLE:
            providers.record_conflict(case.provider_id, flag.organisation_id, case.number, actor=actor)
    if (
        case.sanction == Sanction.SUSPENSION
        and providers_queries.get_provider(case.provider_id).status == ProviderStatus.APPROVED
    ):
        providers.suspend_provider(case.provider_id, actor=actor, reason=reason)
        audit.record(actor, "case.suspend", case)


def appeal(case_id: UUID, *, actor: Actor, grounds: str) -> Case:
    """Take the provider's appeal against a violation, once and in time."""
    case = db.get(Case, case_id, lock=True)
    access.check_respondent(case, actor)
    check_reason(grounds, field="grounds", shortest=TELLING)
    audit.transition(case, CASE, "appeal", actor=actor)
    access.check_in_time(clock.now(), case.appeal_due_at)
    case.appeal_grounds, case.appealed_by = grounds, actor.person_id
    _tell_officers(case, "ethics/case_appealed")
    return case


def decide_appeal(case_id: UUID, *, actor: Actor, uphold: bool, reason: str) -> Case:
    """Uphold or overturn a violation, by a third officer; an overturned one is undone."""
    case = db.get(Case, case_id, lock=True)
    access.check_may_decide_appeal(case, actor)
    check_reason(reason, shortest=TELLING)
    case.appeal_reason, case.appeal_decided_by = reason, actor.person_id
    audit.transition(case, CASE, "uphold" if uphold else "overturn", actor=actor, reason=reason)
    if not uphold:
        _undo(case, actor=actor, reason=reason)
    _tell_provider(case, "ethics/appeal_decided")
    return case


def _undo(case: Case, *, actor: Actor, reason: str) -> None:
    for flag in queries.flags_in_case(case.id, lock=True):
        _close(flag, "clear", actor=actor, reason=reason)
    evaluations.withdraw_violation(case.id, actor=actor)
    provider = providers_queries.get_provider(case.provider_id)
    alone = case.sanction == Sanction.SUSPENSION and not queries.is_suspended_by_another(case)
    if alone and provider.status == ProviderStatus.SUSPENDED:
        providers.restore_provider(case.provider_id, actor=actor, reason=reason)


def _tell_provider(case: Case, template: str, **more: str) -> None:
    key = str(case.id)
    accounts.notify_organisation(
        case.provider_id, [Role.MANAGER], template, key=key, number=case.number, path=f"/cases/{case.id}/reply", **more
    )


def _tell_officers(case: Case, template: str) -> None:
    key = str(case.id)
    accounts.notify_role(Role.ETHICS_OFFICER, template, key=key, number=case.number, path=f"/cases/{case.id}")
