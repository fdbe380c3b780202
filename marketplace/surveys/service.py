"""The verbs of surveys: invite, remind, answer, close; each survey exists once and is answered once."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from marketplace.accounts import queries as accounts
from marketplace.accounts import service as accounts_service
from marketplace.accounts.models import Person
from marketplace.core import audit, clock, db
from marketplace.core.actors import VISITOR, Actor, Role
from marketplace.core.i18n import _
from marketplace.core.tasks import Queue, Subscription, announce, cancel, schedule, task
from marketplace.engagements import events as engagement_events
from marketplace.engagements.models import Engagement
from marketplace.engagements.states import Side
from marketplace.surveys import events, instruments, rules, scoring
from marketplace.surveys.models import Answer, Comment, Link, Respondent, Survey
from marketplace.surveys.queries import find_survey, get_by_link, token_hash
from marketplace.surveys.states import KIND_OF_SIDE, SURVEY, LinkPurpose, SurveyStatus
from marketplace.vouchers.models import Voucher

REMINDER_DAYS = (3, 8)
CLOSING_DAYS = 21
# Who is asked, in this order; the first who can sign in.
ASKED = {Side.SME: (Role.SIGNATORY, Role.PREPARER), Side.PROVIDER: (Role.MANAGER,)}


@task(
    "invite_survey",
    _("Invite one side of ended work to its survey"),
    Queue.SURVEYS,
    on=[
        Subscription(ended, side=side)
        for ended in (engagement_events.FINISHED, engagement_events.TERMINATED)
        for side in Side
    ],
)
def invite(engagement_id: UUID, *, side: Side, actor: Actor) -> Survey:
    """Make the one survey of this side and mail its link; a second call changes nothing."""
    engagement = db.get(Engagement, engagement_id, lock=True)
    if (existing := find_survey(engagement_id, side)) is not None:
        return existing
    now = clock.now()
    survey = Survey(
        engagement_id=engagement.id,
        side=side,
        wave=0,
        instrument=instruments.current(KIND_OF_SIDE[side], clock.today()).code,
        organisation_id=engagement.organisation_id if side == Side.SME else engagement.provider_id,
        provider_id=engagement.provider_id,
        programme_id=db.get(Voucher, engagement.agreement.voucher_id).programme_id,
        closes_at=now + timedelta(days=CLOSING_DAYS),
        invited_at=now,
    )
    db.session.add(survey)
    db.flush()
    audit.record(actor, "survey.invite", survey, after={"side": side, "engagement": str(engagement_id)})
    if (person := _whom_to_ask(survey)) is not None:
        db.session.add(Respondent(survey_id=survey.id, person_id=person.id))
        _mail_link(survey, person, "surveys/invitation", key=str(survey.id))
    _plan(survey, now)
    return survey


def _plan(survey: Survey, now: datetime) -> None:
    for number, days in enumerate(REMINDER_DAYS, start=1):
        schedule(remind, survey_id=survey.id, number=number, run_after=now + timedelta(days=days))
    schedule(close, survey_id=survey.id, run_after=survey.closes_at)


def _whom_to_ask(survey: Survey) -> Person | None:
    for role in ASKED[survey.side]:
        for person in accounts.people_of(survey.organisation_id, [role]):
            return person
    return None


@task("remind_survey", _("Remind of a survey"), Queue.SURVEYS)
def remind(survey_id: UUID, *, number: int, actor: Actor) -> None:
    """Mail the link once more, unless it was answered, closed, or the person asked for no reminders."""
    survey = db.get(Survey, survey_id, lock=True)
    respondent = db.session.get(Respondent, survey_id)
    if survey.status != SurveyStatus.INVITED or survey.reminders_stopped_at is not None or respondent is None:
        return
    audit.record(actor, "survey.remind", survey, after={"number": number})
    person = accounts.get_person(respondent.person_id)
    if person.may_sign_in:
        _mail_link(survey, person, "surveys/reminder", key=f"{survey.id}:{number}")


def _mail_link(survey: Survey, person: Person, template: str, *, key: str) -> None:
    token = secrets.token_urlsafe(16)
    link = Link(
        token_hash=token_hash(token), survey_id=survey.id, purpose=LinkPurpose.ANSWER, expires_at=survey.closes_at
    )
    db.session.add(link)
    engagement = db.get(Engagement, survey.engagement_id)
    instrument = instruments.get(survey.instrument)
    accounts_service.notify_person(
        person.id,
        template,
        key=key,
        title=dict(instrument.title),
        minutes=instrument.minutes,
        work=engagement.agreement.title,
        number=engagement.number,
        path=f"/surveys/answer/{token}?lang={person.locale}",
        stop_path=f"/surveys/no-reminders/{token}?lang={person.locale}",
        closes_at=survey.closes_at.isoformat(),
    )


def answer(
    token: str,
    *,
    items: Mapping[str, int],
    facts: Mapping[str, str | int],
    words: Mapping[str, str],
    seconds: int,
    device_hash: str | None,
    address_hash: str | None,
) -> Survey:
    """Take the one answer to a survey and use up its link; of two at once the second finds the link used."""
    survey = get_by_link(token, lock=True)
    instrument = instruments.get(survey.instrument)
    rules.check_answers(instrument, items, facts)
    kept = Answer(
        survey_id=survey.id,
        items={item.code: items[item.code] for item in instrument.items},
        facts={fact.code: facts[fact.code] for fact in instrument.facts},
        score=scoring.score(instrument, items, about="provider"),
        programme_score=scoring.score(instrument, items, about="programme"),
        seconds=seconds,
        signs=scoring.signs(instrument, items, seconds=seconds),
        device_hash=device_hash,
        address_hash=address_hash,
    )
    db.session.add(kept)
    for code, _label in instrument.texts:
        if words.get(code):
            db.session.add(Comment(survey_id=survey.id, code=code, words=words[code]))
    audit.transition(survey, SURVEY, "answer", actor=VISITOR)
    _use_up_links(survey)
    _go_on(survey)
    return survey


def stop_reminders(token: str, *, why: str) -> Survey:
    """Send this person no more reminders of this survey; the link stays good for an answer."""
    survey = get_by_link(token, lock=True)
    if survey.reminders_stopped_at is None:
        survey.reminders_stopped_at = clock.now()
        survey.reminders_stopped_why = why
        audit.record(VISITOR, "survey.stop_reminders", survey, after={"why": why})
        cancel(remind, survey_id=survey.id)
    return survey


@task("close_survey", _("Close a survey whose time is over"), Queue.SURVEYS)
def close(survey_id: UUID, *, actor: Actor) -> None:
    """Close an unanswered survey; its links end and nobody is worse off for the silence."""
    survey = db.get(Survey, survey_id, lock=True)
    if survey.status == SurveyStatus.INVITED:
        audit.transition(survey, SURVEY, "close", actor=actor)
        _use_up_links(survey)
        _go_on(survey)


def _use_up_links(survey: Survey) -> None:
    db.session.execute(
        update(Link).where(Link.survey_id == survey.id, Link.used_at.is_(None)).values(used_at=clock.now())
    )


def _go_on(survey: Survey) -> None:
    """Once a survey is over there are no reminders, and whoever waits for the company's hears of it."""
    cancel(remind, survey_id=survey.id)
    if survey.status == SurveyStatus.ANSWERED:
        cancel(close, survey_id=survey.id)
    if survey.side == Side.SME:
        if survey.status == SurveyStatus.ANSWERED:
            announce(events.COMPANY_ANSWERED, engagement_id=survey.engagement_id)
        announce(events.COMPANY_SURVEY_OVER, engagement_id=survey.engagement_id)


def read_identity(survey_id: UUID, *, actor: Actor, reason: str) -> Person | None:
    """Tell an administrator who was asked; the reason and the look are kept for good."""
    rules.check_may_read_identity(actor, reason)
    survey = db.get(Survey, survey_id)
    audit.record(actor, "survey.read_identity", survey, reason=reason)
    respondent = db.session.get(Respondent, survey_id)
    return accounts.get_person(respondent.person_id) if respondent else None
