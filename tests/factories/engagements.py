"""An award and everything after it, made by the verbs; what lies before the award happened some weeks ago."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

import typst

from marketplace.agency import queries as agency
from marketplace.claims import service as claims
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.money import Money
from marketplace.engagements import queries, service
from marketplace.engagements.models import Agreement, Engagement
from marketplace.jobs import queries as job_queries
from marketplace.jobs import rules as job_rules
from marketplace.jobs import service as jobs
from marketplace.jobs.models import Award, Job
from marketplace.jobs.service import JobText, Offer
from marketplace.programmes import queries as programmes
from marketplace.programmes import service as programme_service
from marketplace.programmes.models import Call
from marketplace.programmes.terms import templates
from marketplace.providers import ethics_code, training
from marketplace.providers import service as providers
from marketplace.providers.models import Consultant
from marketplace.providers.service import AccountDetails, Profile
from marketplace.vouchers import queries as voucher_queries
from marketplace.vouchers import rules as voucher_rules
from marketplace.vouchers import service as vouchers
from marketplace.vouchers.models import Voucher
from tests.factories.accounts import make_member, make_officer, make_provider, make_sme
from tests.factories.bank_reports import Detail, Entry, notification
from tests.factories.programmes import NOTICE, make_funders
from tests.factories.vouchers import allocate_all

STAGES = ("diagnosis", "action-plan", "execution")
PRICES = {"diagnosis": 3_000_000, "action-plan": 5_000_001, "execution": 7_000_000}
_number = count(1)
Shares = Mapping[str, Mapping[str, int]]  # category of cost to payer to basis points
PriceParts = Mapping[str, Mapping[str, int]]  # stage to category of cost to price


@dataclass
class Story:
    """Who plays in it, and the voucher that they play with."""

    programme_officer: Actor
    budget_officers: tuple[Actor, Actor]
    sme: Actor
    manager: Actor
    consultants: list[Consultant]
    consultant_actors: list[Actor]
    voucher: Voucher


@contextmanager
def earlier(days: int) -> Iterator[None]:
    """Business time so many days ago."""
    db.move_clock(timedelta(days=-days))
    try:
        yield
    finally:
        db.move_clock(timedelta(days=days))


def make_story(
    *, budget: int = 1_000_000_000, programme: str | None = None, shares: Shares | None = None, **terms: Any
) -> Story:
    """A company with a voucher of 12,000,000 won and a firm in the register with two consultants ready to work.

    `programme` is its code; `shares` (by category of cost and payer) and `terms` make it another one than that on file.
    """
    officer, budget_officer = make_officer(Role.PROGRAMME_OFFICER), make_officer(Role.BUDGET_OFFICER)
    sme, manager = make_sme(sector="manufacturing", region="busan"), make_provider()
    with earlier(60):
        consultants, actors = _enter_firm(manager, officer)
        call = _open_call(
            officer, budget_officer, budget, shares, {"code": programme or f"coupon-{next(_number)}", **terms}
        )
    with earlier(58):
        application = vouchers.start_application(call.id, actor=sme)
        facts = {"sector": "manufacturing", "employees": 20, "capital": 100_000_000}
        vouchers.save_facts(application.id, facts, actor=sme)
        vouchers.save_need(application.id, actor=sme, service_line="operations", need="Fewer rejects")
        vouchers.attach_evidence(
            application.id, actor=sme, stream=document("Registration"), filename="r.pdf", kind="business_registration"
        )
        vouchers.submit(application.id, actor=sme, declarations=list(voucher_rules.DECLARATIONS))
    with earlier(54):
        allocate_all(call)
    (voucher,) = voucher_queries.vouchers_of(sme.organisation_id)  # type: ignore[arg-type]
    return Story(
        officer, (budget_officer, make_officer(Role.BUDGET_OFFICER)), sme, manager, consultants, actors, voucher
    )


def make_award(story: Story, prices: dict[str, int] | None = None, price_parts: PriceParts | None = None) -> Award:
    """One of the story's jobs, awarded to its firm; with `price_parts` priced by category of cost."""
    if price_parts:
        prices = {stage: sum(parts.values()) for stage, parts in price_parts.items()}
    sme, manager = story.sme, story.manager
    text = JobText("operations", "Fewer rejects", "Goal", "Situation", "Results", "busan", "manufacturing", "ko")
    with earlier(30):
        job = jobs.draft_job(actor=sme, text=text)
        closes_at = clock.now() + timedelta(days=8)
        jobs.publish_job(job.id, actor=sme, voucher_id=story.voucher.id, closes_at=closes_at)
        offer = Offer(
            prices=prices or PRICES,
            days=dict.fromkeys(STAGES, 5),
            approach="On the floor",
            consultant_ids=[consultant.id for consultant in story.consultants[:1]],
            attestations=dict.fromkeys(job_rules.ATTESTATIONS, True),
            price_parts=price_parts,
        )
        bid = jobs.place_bid(job.id, actor=manager, offer=offer)
    with earlier(20):
        jobs.close_job(job.id, actor=SYSTEM)
        jobs.declare_conflict(job.id, actor=sme, has_conflict=False)
        for criterion in job_queries.criteria_of(db.get(Job, job.id)):
            jobs.score_bid(bid.id, actor=sme, criterion=criterion.code, points=80, reason="Sound")
        return jobs.award(job.id, actor=sme, bid_id=bid.id, reasons={bid.id: "The only one"})


def make_agreement(
    story: Story, prices: dict[str, int] | None = None, price_parts: PriceParts | None = None
) -> Agreement:
    """An agreement that both sides have signed."""
    agreement = service.draft_agreement(make_award(story, prices, price_parts).id, actor=story.sme)
    service.sign(agreement.id, actor=story.sme)
    return service.sign(agreement.id, actor=story.manager)


def redeem(story: Story, agreement: Agreement, key: str | None = None) -> None:
    """The SME redeems its voucher for the agreement."""
    amount = Money(agreement.aid, agreement.currency)
    service.redeem(agreement.id, actor=story.sme, amount=amount, key=key or f"redeem-{next(_number)}")


def pay_share(agreement: Agreement, *, actor: Actor = SYSTEM) -> None:
    """The co-payment arrives from the SME's own account."""
    payment = queries.find_co_payment(agreement.id)
    assert payment is not None
    told = Entry(payment.amount, [Detail(payment.reference)], currency=payment.currency)
    claims.import_bank_file(io.BytesIO(notification(told)), actor=actor, filename="camt.xml")


def make_engagement(story: Story, prices: dict[str, int] | None = None) -> Engagement:
    """An engagement whose first stage is open."""
    agreement = make_agreement(story, prices)
    redeem(story, agreement)
    pay_share(agreement)
    engagement = queries.find_engagement(agreement.id)
    assert engagement is not None
    return engagement


def hand_in(story: Story, engagement: Engagement, text: str | None = None) -> UUID:
    """The stage under way gets a document and is handed in; the stage's id."""
    stage = queries.find_stage_under_way(engagement.id)
    assert stage is not None
    content = document(text or f"Report {next(_number)} of {engagement.number}")
    service.upload_deliverable(stage.id, actor=story.manager, title="Report", stream=content, filename="report.pdf")
    service.hand_in_stage(stage.id, actor=story.manager)
    return stage.id


def accept_all(story: Story, engagement: Engagement, *, stages: int = 3) -> None:
    """So many stages are handed in and accepted; with all three the engagement is finished."""
    for _stage in range(stages):
        service.accept_stage(hand_in(story, engagement), actor=story.sme)
    compare_all(engagement)


def compare_all(engagement: Engagement) -> None:
    """What the worker does with every document."""
    for deliverable in queries.deliverables_of(engagement.id):
        service.compare_deliverable(deliverable.id, actor=SYSTEM)


def document(text: str) -> io.BytesIO:
    """A PDF that says this."""
    return io.BytesIO(
        typst.compile(b"#sys.inputs.text", format="pdf", sys_inputs={"text": text}, ignore_system_fonts=True)
    )


def _enter_firm(manager: Actor, officer: Actor) -> tuple[list[Consultant], list[Actor]]:
    assert manager.organisation_id is not None
    profile = Profile(["operations"], ["manufacturing"], ["busan"], ["ko"], 10, {"ko": "소개", "en": "About"})
    account = AccountDetails("other", f"110-{next(_number):03}-456789", "Bank", "Firm")
    providers.register_provider(manager.organisation_id, actor=manager, profile=profile, account=account)
    actors = [make_member(manager, Role.CONSULTANT) for _consultant in range(2)]
    consultants = [_enter_consultant(actor, officer) for actor in actors]
    providers.approve_provider(manager.organisation_id, actor=officer)
    return consultants, actors


def _enter_consultant(actor: Actor, officer: Actor) -> Consultant:
    assert actor.person_id is not None
    consultant = providers.register_consultant(
        actor.person_id, actor=actor, service_lines=["operations"], languages=["ko"], experience_years=5
    )
    providers.sign_pledge(actor=actor, version=ethics_code.current(clock.today()).version)
    for course in training.required():
        providers.record_training(consultant.id, actor=officer, course=course, passed_on=clock.today())
    return consultant


def _open_call(
    officer: Actor, budget_officer: Actor, budget: int, shares: Shares | None, changes: dict[str, Any]
) -> Call:
    terms, usual = templates()["coupon-consulting"]
    make_funders()
    programme = programme_service.create_programme(
        replace(terms, **{"size_standard": "kr-2002"} | changes), actor=officer
    )
    funders = {funder.code: funder.id for funder in agency.funders()}
    for category, by_payer in (shares or {"consulting": usual}).items():
        by_funder = {funders.get(code): points for code, points in by_payer.items()}
        programme_service.set_cost_shares(programme.id, by_funder, actor=officer, category=category)
    programme_service.publish_programme(programme.id, actor=officer)
    call = programme_service.create_call(
        programme.id,
        actor=officer,
        title={"ko": "공고", "en": "Call"},
        **NOTICE,
        opens_at=clock.now() + timedelta(days=1),
        closes_at=clock.now() + timedelta(days=4),
    )
    for funder_id in programmes.funder_weights(programme.id):
        line = programme_service.add_budget_line(call.id, actor=officer, funder_id=funder_id, amount=budget)
        programme_service.appropriate_line(line.id, actor=budget_officer, key=f"appropriate:{line.id}")
    return programme_service.publish_call(call.id, actor=officer)
