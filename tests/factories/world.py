"""One of everything: a company and a firm with all they can own, their neighbours, and the whole agency."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from werkzeug.datastructures import FileStorage

from marketplace.accounts import service as account_service
from marketplace.accounts.models import Download, Token
from marketplace.accounts.states import TokenPurpose
from marketplace.agency import queries as agency
from marketplace.agency.models import FunderEdition
from marketplace.certificates import service as certificates
from marketplace.claims import service as claim_service
from marketplace.claims.models import PaymentLine
from marketplace.claims.states import AssignmentKind
from marketplace.core import clock, db, files
from marketplace.core.actors import AGENCY, SYSTEM, VISITOR, Actor, Role
from marketplace.core.task_queue import BackgroundTask
from marketplace.core.tasks import schedule
from marketplace.engagements import queries as engagements
from marketplace.engagements import service as engagement_service
from marketplace.engagements.models import Assignment
from marketplace.ethics import service as ethics
from marketplace.ethics.models import Flag
from marketplace.evaluations import service as evaluations
from marketplace.jobs import diagnosis
from marketplace.jobs import service as jobs
from marketplace.jobs.models import Bid
from marketplace.ledger.models import Account
from marketplace.notifications.models import Message
from marketplace.programmes.models import BudgetLine
from marketplace.providers.models import BankAccount
from marketplace.receivables import service as receivables
from marketplace.verification import queries as verification_queries
from marketplace.verification import service as verification
from marketplace.verification.states import VerificationStatus
from marketplace.vouchers.models import Evidence, Scoring
from tests.factories import agency as make_agency
from tests.factories import claims as make_claims
from tests.factories import engagements as make
from tests.factories import integrity, programmes
from tests.factories import jobs as make_jobs
from tests.factories import receivables as make_receivables
from tests.factories import verification as make_verification
from tests.factories.accounts import make_member, make_officer, make_person, make_provider, make_sme
from tests.factories.certificates import make_certificate, make_verified, take_list
from tests.factories.providers import make_applicant
from tests.factories.vouchers import make_draft as make_application_draft

OFFICERS = sorted(AGENCY)


@dataclass
class World:
    """Who may ask (`actors`, by column of the matrix) and for what (`things`, by name of the route's parameter)."""

    actors: dict[str, Actor]
    things: dict[str, Any] = field(default_factory=dict)


def make_world() -> World:
    """A story that reached its end, with a session, a claim, a hold, a flag, a case, both surveys and an evaluation."""
    story = make.make_story()
    world = World(_actors(story))
    _tell_the_story(world, story)
    _stand_beside(world, story)
    _staff(world)
    _verify(world, story)
    world.things["download_id"] = _make_download(story.sme)
    _introduce(world)
    return world


def _introduce(world: World) -> None:
    """The agency's profile with a logo, its account and a funder, all in force."""
    things = world.things
    profile = make_agency.profile()
    things["profile_id"], things["file_id"] = profile.id, profile.logo_id
    things["agency_account_id"] = agency.account().id
    things["edition_id"], things["funder_id"] = db.session.execute(
        select(FunderEdition.id, FunderEdition.funder_id).limit(1)
    ).one()


def _make_download(actor: Actor) -> UUID:
    """A long list that is made."""
    download_id = account_service.ask_for_download("/claims?format=csv", name="claims", locale="en", actor=actor)
    with files.draft(download_id) as file:
        file.write(b"Number\r\n")
    download = db.get(Download, download_id)
    download.name, download.made_at = "claims.csv", clock.now()
    db.flush()
    return download_id


def _actors(story: make.Story) -> dict[str, Actor]:
    mandate: dict[str, Any] = {"mandate": "Tax office", "valid_until": clock.today() + timedelta(days=30)}
    other_sme, other_manager = make_sme(), make_provider()
    return {
        "signed_out": VISITOR,
        "no_role": Actor(make_person().id, Role.VISITOR),
        "signatory": story.sme,
        "preparer": make_member(story.sme, Role.PREPARER),
        "helper": make_member(story.sme, Role.HELPER, **mandate),
        "manager": story.manager,
        "consultant": story.consultant_actors[0],
        "other_signatory": other_sme,
        "other_preparer": make_member(other_sme, Role.PREPARER),
        "other_helper": make_member(other_sme, Role.HELPER, **mandate),
        "other_manager": other_manager,
        "other_consultant": make_member(other_manager, Role.CONSULTANT),
        "programme_officer": story.programme_officer,
        "budget_officer": story.budget_officers[0],
        **{
            role.value: make_officer(role)
            for role in OFFICERS
            if role not in (Role.PROGRAMME_OFFICER, Role.BUDGET_OFFICER, Role.EVALUATOR)
        },
    }


def _tell_the_story(world: World, story: make.Story) -> None:
    things = world.things
    agreement = make.make_agreement(story)
    things["agreement_id"], things["award_id"] = agreement.id, agreement.award_id
    things["job_id"], things["voucher_id"] = agreement.job_id, agreement.voucher_id
    things["decided_call_id"] = story.voucher.call_id
    things["code"], things["application_id"] = story.voucher.code, story.voucher.application_id
    things["assignment_id"] = db.session.scalar(select(Assignment.id).where(Assignment.agreement_id == agreement.id))
    things["spare_award_id"] = make.make_award(story).id
    make.redeem(story, agreement)
    integrity.pay_own_share(story, agreement, payer="Somebody else")
    engagement = engagements.find_engagement(agreement.id)
    assert engagement is not None
    things["engagement_id"] = engagement.id
    things["consulting_session_id"] = _session(story, engagement.id)
    things["stage_id"] = make.hand_in(story, engagement)
    engagement_service.accept_stage(things["stage_id"], actor=story.sme)
    make.accept_all(story, engagement, stages=2)
    things["deliverable_id"] = engagements.deliverables_of(engagement.id)[0].id
    claim = make_claims.submit(story, engagement)
    make_claims.approve(story, claim)
    batch = make_claims.send(story, claim)
    claim.invoice_file = files.store(make.document("Invoice"), "invoice.pdf", actor=story.manager)
    things["claim_id"], things["batch_id"] = claim.id, batch.id
    things["ledger_account_id"] = db.session.scalar(select(Account.id).where(Account.owner_id == claim.id).limit(1))
    things["payment_line_id"] = db.session.scalar(select(PaymentLine.id).where(PaymentLine.batch_id == batch.id))
    things["refund_id"] = make_claims.plant_refund(engagement).id
    stray = make_claims.take(make_claims.co_payment_notice("COP-1999-000001", 7), story.budget_officers[0])
    things["entry_id"] = stray.entries[0].id
    asked = {"kind": AssignmentKind.INTEREST, "reason": "Interest"}
    things["proposal_id"] = claim_service.propose(things["entry_id"], actor=story.budget_officers[0], **asked).id
    things["import_id"] = make_claims.take(make_claims.bank_answer(batch), story.budget_officers[0]).id
    _owe(world, story, engagement)
    _judge(world, story, engagement)


def _owe(world: World, story: make.Story, engagement: Any) -> None:
    """The firm owes the aid back, and has paid a little of it."""
    proposed = make_receivables.propose_recovery(story, engagement)
    receivable = receivables.confirm(proposed, actor=story.budget_officers[1], key=make_receivables.key())
    world.things["receivable_id"] = receivable.id
    world.things["instalment_id"] = receivable.instalments[0].id
    world.things["receipt_id"] = make_receivables.pay(story, receivable, 1000).id


def _session(story: make.Story, engagement_id: UUID) -> UUID:
    db.move_clock(timedelta(hours=2))  # a session begins after the co-payment came
    ended = clock.now() - timedelta(minutes=5)
    session = engagement_service.record_session(
        engagement_id,
        actor=story.manager,
        consultant_id=story.consultants[0].id,
        starts_at=ended - timedelta(minutes=5),
        ends_at=ended,
        place="Factory",
        summary="First look",
    )
    return engagement_service.countersign_session(session.id, actor=story.sme).id


def _judge(world: World, story: make.Story, engagement: Any) -> None:
    things, officer = world.things, world.actors["ethics_officer"]
    ethics.check_engagement(engagement.id, occasion="finish", actor=SYSTEM)
    flags = list(db.session.scalars(select(Flag).where(Flag.engagement_id == engagement.id).order_by(Flag.id)))
    things["flag_id"] = flags[0].id
    case = ethics.open_case(
        engagement.id, actor=officer, flag_ids=[flags[0].id], question="Who paid the share, and why?"
    )
    things["case_id"] = case.id
    hold = claim_service.place_hold(engagement.id, actor=officer, reason="To be looked at by a person first.")
    things["hold_id"] = hold.id
    survey, token = integrity.invite(engagement)
    things["survey_id"], things["survey_token"] = survey.id, token
    evaluation, evaluator = integrity.make_submitted(engagement)
    evaluations.publish(evaluation.id, actor=world.actors["administrator"])
    world.actors["evaluator"] = evaluator
    things["evaluation_id"] = evaluation.id
    asked = {"application_id": things["application_id"], "evaluator_id": evaluator.person_id}
    scoring = Scoring(**asked, last_day=clock.today() + timedelta(days=10))
    db.session.add(scoring)
    db.flush()
    things["scoring_id"] = scoring.id


def _stand_beside(world: World, story: make.Story) -> None:
    """Things that are open still: a call, a draft application, a job with a question and a bid, an applicant."""
    things, sme = world.things, story.sme
    call = programmes.make_call()
    things["call_id"], things["programme_id"] = call.id, call.programme_id
    draft = make_application_draft(call, sme)
    things["draft_application_id"] = draft.id
    for name, application_id in (("evidence_id", things["application_id"]), ("draft_evidence_id", draft.id)):
        things[name] = db.session.scalar(select(Evidence.id).where(Evidence.application_id == application_id))
    things["waiting_call_id"] = programmes.make_call(opens_in=timedelta(minutes=30)).id
    unready = programmes.make_call(published=False, appropriated=False)
    things["draft_call_id"] = unready.id
    things["draft_call_file_id"] = programmes.attach(unready).id
    things["amendment_id"] = programmes.make_amendment(call, upload=programmes.upload()).id
    things["call_file_id"] = programmes.published_file().id
    things["draft_programme_id"] = programmes.make_programme(published=False).id
    things["line_id"] = db.session.scalar(select(BudgetLine.id).where(BudgetLine.call_id == unready.id).limit(1))
    _certify(things, story)
    things["diagnosis_id"] = _diagnosis(sme)
    things["draft_job_id"] = make_jobs.make_draft(sme).id
    open_job = make_jobs.make_published_job(sme)
    things["open_job_id"] = open_job.id
    things["question_id"] = jobs.ask(open_job.id, actor=story.manager, text="How many machines are there?").id
    things["bid_id"] = db.session.scalar(select(Bid.id).where(Bid.job_id == things["job_id"]))
    things["provider_id"], things["consultant_id"] = story.manager.organisation_id, story.consultants[0].id
    applicant = make_applicant(document=FileStorage(make.document("Business registration"), filename="r.pdf"))
    things["applicant_id"] = applicant.organisation_id
    things["account_id"] = db.session.scalar(
        select(BankAccount.id).where(BankAccount.organisation_id == applicant.organisation_id)
    )


def _certify(things: dict[str, Any], story: make.Story) -> None:
    """The company's certificates: one waits, one is refused, one is verified by a list."""
    things["certificate_id"] = make_certificate(story.sme).id
    refused = make_certificate(story.sme, "inno_biz")
    certificates.refuse(refused.id, actor=story.programme_officer, reason="The issuer does not know this number.")
    things["refused_certificate_id"] = refused.id
    things["verified_certificate_id"] = make_verified(story.sme, "management_innovation").id
    things["list_id"] = take_list(officer=story.programme_officer).id


def _verify(world: World, story: make.Story) -> None:
    """The company hands in another name, and somebody without a role says that it is theirs."""
    things = world.things
    assert story.sme.organisation_id is not None
    confirmed = verification_queries.find(story.sme.organisation_id, VerificationStatus.CONFIRMED)
    assert confirmed is not None
    things["confirmed_verification_id"] = confirmed.id
    things["verification_id"] = make_verification.hand_in(story.sme, name="Another name").id
    dispute = make_verification.open_dispute(world.actors["no_role"], story.sme)
    things["dispute_id"] = dispute.id
    reply = FileStorage(make.document("Reply"), filename="reply.pdf")
    verification.reply(dispute.id, actor=story.sme, reply="We have signed for it for years.", document=reply)


def _diagnosis(sme: Actor) -> UUID:
    questions = diagnosis.EDITIONS.on(clock.today()).questions
    return jobs.answer_diagnosis(actor=sme, answers={question.code: 2 for question in questions}).id


def _staff(world: World) -> None:
    """A role that waits for approval, and a background task that was given up."""
    things = world.things
    administrator = make_officer(Role.ADMINISTRATOR)
    person = make_person()
    things["person_id"] = person.id
    signatory = world.actors["signatory"]
    account_service.invite("invited@example.com", actor=signatory, role=Role.PREPARER, locale="en")
    things["invitation_id"] = db.session.scalar(select(Token.id).where(Token.purpose == TokenPurpose.INVITATION))
    things["proposed_id"] = account_service.propose_role(person.id, Role.EVALUATOR, actor=administrator).id
    things["auditing_id"] = world.actors["auditor"].membership_id
    things["own_member_id"] = world.actors["preparer"].membership_id
    things["firm_member_id"] = world.actors["consultant"].membership_id
    things["consultant_person_id"] = world.actors["consultant"].person_id
    schedule(claim_service.end_holds, key="once")
    task = db.session.scalars(select(BackgroundTask).where(BackgroundTask.key == "once")).one()
    task.status = "dead"
    things["task_id"] = task.id
    things["message_id"] = db.session.scalar(select(Message.id).limit(1))
