"""Scenes from an award to the end of the work: agreement, redemption, co-payment, sessions, documents."""

from dataclasses import replace
from datetime import datetime, time, timedelta
from uuid import UUID

from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.core.money import Money
from marketplace.demo import bank, words
from marketplace.demo.documents import word_document
from marketplace.demo.queries import own_account
from marketplace.demo.story import Tale
from marketplace.engagements import queries, service
from marketplace.engagements.models import Agreement, Engagement, Stage
from marketplace.engagements.states import AssignmentStatus
from marketplace.providers import queries as providers


def agree(tale: Tale) -> None:
    """Let the agreement be written."""
    tale.ids["agreement"] = service.draft_agreement(tale.ids["award"], actor=tale.company.signatory).id


def sign_as_company(tale: Tale) -> None:
    """The company signs first."""
    service.sign(tale.ids["agreement"], actor=tale.company.signatory)


def sign_as_firm(tale: Tale) -> None:
    """The firm signs; the agreement holds."""
    service.sign(tale.ids["agreement"], actor=tale.provider.manager)


def redeem(tale: Tale) -> None:
    """Bind the voucher's money."""
    agreement = db.get(Agreement, tale.ids["agreement"])
    amount = Money(agreement.aid, agreement.currency)
    service.redeem(agreement.id, actor=tale.company.signatory, amount=amount, key=f"demo:{agreement.id}")
    engagement = queries.find_engagement(agreement.id)
    assert engagement is not None
    tale.ids["engagement"] = engagement.id


def pay_share(tale: Tale) -> None:
    """The bank reports that the company's share has arrived, from whom the plan says; or that it names no reference."""
    payer, account = tale.company.name, own_account(tale.company.id)
    if tale.plan.twist == "no_reference":
        agreement = db.get(Agreement, tale.ids["agreement"])
        money = Money(agreement.co_payment, agreement.currency)
        bank.pay_astray("컨설팅 부담금", payer=payer, account=account, money=money)
        return
    if tale.plan.twist == "provider_pays":
        account = tale.provider.account
    if tale.plan.twist == "stranger_pays":
        payer, account = "무지개중개소 (Rainbow Brokers)", "777000000001"
    bank.pay_share(tale.ids["agreement"], payer=payer, account=account)


def hold_session(tale: Tale) -> None:
    """A consultant works on site for half a day, earlier today or in the days before, and writes it down."""
    engagement = db.get(Engagement, tale.ids["engagement"])
    named = [
        assignment.consultant_id
        for assignment in engagement.agreement.assignments
        if assignment.status == AssignmentStatus.ACTIVE
    ]
    consultant_id = named[tale.number % len(named)]
    actor = next(actor for known, actor in tale.provider.consultants if known == consultant_id)
    slot = _free_slot(engagement, providers.get_consultant(consultant_id).person_id)
    made = service.record_session(
        engagement.id,
        actor=actor,
        consultant_id=consultant_id,
        starts_at=slot,
        ends_at=slot + timedelta(hours=3),
        place=tale.company.name,
        summary=words.pick(tale.chance, "sessions", tale.language),
    )
    tale.ids["session"] = made.id


def _free_slot(engagement: Engagement, person_id: UUID) -> datetime:
    """The latest half day in which the person was nowhere else."""
    assert engagement.started_at is not None
    day = clock.today()
    while True:
        for hour in (13, 9, 17):
            starts_at = datetime.combine(day, time(hour), tzinfo=clock.zone())
            over = starts_at + timedelta(hours=3) <= clock.now()
            if over and not queries.sessions_at(person_id, starts_at, starts_at + timedelta(hours=3)):
                return starts_at
        day -= timedelta(days=1)


def confirm_session(tale: Tale) -> None:
    """The company confirms it."""
    who = tale.company.preparer or tale.company.signatory
    service.countersign_session(tale.ids["session"], actor=who)


def hand_in(tale: Tale) -> None:
    """Upload the stage's document and hand the stage in."""
    stage = _stage(tale)
    title = words.texts()["titles"][stage.code][tale.language]
    paragraphs = words.report(tale.chance, f"{tale.company.name} {title}")
    if tale.plan.twist == "copies" and stage.position == 3:
        paragraphs = tale.world.copied
    if stage.position == 1 and not tale.world.copied:
        tale.world.copied = paragraphs
    tale.ids["deliverable"] = _upload(tale, stage.id, title, paragraphs)
    service.hand_in_stage(stage.id, actor=tale.provider.manager)


def _upload(tale: Tale, stage_id: UUID, title: str, paragraphs: list[str], replaces_id: UUID | None = None) -> UUID:
    made = service.upload_deliverable(
        stage_id,
        actor=tale.provider.manager,
        title=title,
        stream=word_document(paragraphs),
        filename=f"{title}.docx",
        replaces_id=replaces_id,
    )
    return made.id


def request_correction(tale: Tale) -> None:
    """The company sends the document back."""
    reason = words.reason("correction", tale.language)
    service.request_correction(tale.ids["deliverable"], actor=tale.company.signatory, reason=reason)


def correct(tale: Tale) -> None:
    """The firm hands in a corrected one."""
    stage = _stage(tale)
    title = words.texts()["titles"][stage.code][tale.language]
    paragraphs = words.report(tale.chance, f"{tale.company.name} {title} 2")
    _upload(tale, stage.id, title, paragraphs, tale.ids["deliverable"])
    service.hand_in_stage(stage.id, actor=tale.provider.manager)


def accept(tale: Tale) -> None:
    """The signatory accepts the stage; from the firm's own computer, if the plan says so."""
    actor: Actor = tale.company.signatory
    if tale.plan.twist == "borrowed_device" and tale.number == 3:
        actor = replace(actor, device_hash=tale.provider.manager.device_hash)
    service.accept_stage(_stage(tale).id, actor=actor)
    tale.number += 1


def _stage(tale: Tale) -> Stage:
    engagement = db.get(Engagement, tale.ids["engagement"])
    return next(stage for stage in engagement.stages if stage.position == tale.number)
