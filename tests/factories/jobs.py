"""Jobs, bids and awards, made by the verbs; a test that passes a deadline must ask for the fixture `clock`."""

import itertools
from datetime import timedelta
from typing import Any
from uuid import UUID

from marketplace.core import clock, db
from marketplace.core.actors import Actor
from marketplace.jobs import queries, rules, service
from marketplace.jobs.models import Award, Bid, Job
from marketplace.programmes.models import Call, CostShare, Programme
from marketplace.vouchers.models import Application, Voucher
from tests.factories.accounts import make_sme
from tests.factories.providers import consultants_of, make_ready_provider

STAGES = ("diagnosis", "action-plan", "execution")
_count = itertools.count(1)


def make_voucher_row(sme: Actor, **facts: Any) -> Voucher:
    """A valid voucher of the company, written past the verbs: no money stands behind it."""
    number, now = next(_count), clock.now()
    programme = Programme(
        code=f"test-{number}",
        name={"ko": "사업", "en": "Programme"},
        summary={"ko": "", "en": ""},
        currency="KRW",
        voucher_amount=12_000_000,
        size_standard="kr-2002",
        service_lines=["marketing", "operations"],
        stages=list(STAGES),
        voucher_validity_days=180,
        cost_shares=[CostShare(basis_points=10_000, position=0)],
    )
    db.session.add(programme)
    db.flush()
    programme.status, programme.published_at = "published", now
    call = Call(
        number=f"CALL-T-{number}",
        programme=programme,
        title={"ko": "공고", "en": "Call"},
        description={"ko": "설명", "en": "Description"},
        conditions={"ko": "조건", "en": "Conditions"},
        opens_at=now - timedelta(days=30),
        closes_at=now - timedelta(days=10),
        status="published",
        published_at=now - timedelta(days=31),
    )
    application = Application(
        number=f"APP-T-{number}",
        call=call,
        organisation_id=sme.organisation_id,
        status="draft",
        facts={},
        declarations={},
    )
    usual: dict[str, Any] = {
        "number": f"VOU-T-{number}",
        "code": f"code-{number}",
        "application": application,
        "call": call,
        "programme": programme,
        "organisation_id": sme.organisation_id,
        "amount": 12_000_000,
        "currency": "KRW",
        "one_active": False,
        "status": "issued",
        "issued_at": now - timedelta(days=1),
        "expires_at": now + timedelta(days=150),
    }
    voucher = Voucher(**{**usual, **facts})
    db.session.add(voucher)
    db.flush()
    return voucher


def make_text(**facts: Any) -> service.JobText:
    """What a job says."""
    usual = {
        "service_line": "marketing",
        "title": "Find new customers",
        "goal": "Sell to three more customers.",
        "situation": "One customer buys most of what we make.",
        "expected_results": "- A plan",
        "region": "seoul",
        "sector": "manufacturing",
        "language": "ko",
    }
    return service.JobText(**{**usual, **facts})


def make_draft(sme: Actor, **facts: Any) -> Job:
    """A draft of the company's."""
    return service.draft_job(actor=sme, text=make_text(**facts))


def make_published_job(
    sme: Actor | None = None,
    *,
    voucher_id: UUID | None = None,
    days: int = 8,
    budget: int | None = None,
    **facts: Any,
) -> Job:
    """A job open for bids for so many days."""
    sme = sme or make_sme()
    job = make_draft(sme, **facts)
    return service.publish_job(
        job.id,
        actor=sme,
        voucher_id=voucher_id or make_voucher_row(sme).id,
        closes_at=clock.now() + timedelta(days=days),
        budget=budget,
    )


def make_offer(manager: Actor, price: int = 9_000_000, **facts: Any) -> service.Offer:
    """An offer by the firm's own consultants; the price is split evenly over the stages."""
    usual: dict[str, Any] = {
        "prices": {"diagnosis": price // 3, "action-plan": price // 3, "execution": price - 2 * (price // 3)},
        "days": dict.fromkeys(STAGES, 10),
        "approach": "We talk to ten customers, then write the plan.",
        "consultant_ids": [consultant.id for consultant in consultants_of(manager)],
        "attestations": dict.fromkeys(rules.ATTESTATIONS, True),
    }
    return service.Offer(**{**usual, **facts})


def make_bid(job: Job, manager: Actor | None = None, *, price: int = 9_000_000, **facts: Any) -> Bid:
    """A bid of a ready firm."""
    manager = manager or make_ready_provider()
    return service.place_bid(job.id, actor=manager, offer=make_offer(manager, price, **facts))


def pass_deadline(job: Job) -> None:
    """Move business time just past the job's deadline."""
    assert job.closes_at is not None
    db.move_clock(job.closes_at - clock.now() + timedelta(minutes=1))


def score_all(job: Job, sme: Actor, points: dict[UUID, int]) -> None:
    """Declare no conflict and give each bid the same points on every criterion."""
    if queries.find_declaration(job.id, sme.person_id) is None:
        service.declare_conflict(job.id, actor=sme, has_conflict=False)
    for bid_id, value in points.items():
        for criterion in job.criteria:
            service.score_bid(
                bid_id, actor=sme, criterion=criterion["code"], points=value, reason="As the offer shows."
            )


def make_award(
    sme: Actor | None = None, manager: Actor | None = None, *, voucher_id: UUID | None = None, **facts: Any
) -> Award:
    """A job awarded to this firm's bid, the only one; business time is past its deadline afterwards."""
    sme = sme or make_sme()
    job = make_published_job(sme, voucher_id=voucher_id)
    bid = make_bid(job, manager, **facts)
    pass_deadline(job)
    score_all(job, sme, {bid.id: 80})
    return service.award(job.id, actor=sme, bid_id=bid.id, reasons={bid.id: "The best offer."})
