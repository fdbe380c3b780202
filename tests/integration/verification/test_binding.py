"""What waits until a company or firm is verified: its voucher is kept for it, awards and signatures are refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError
from marketplace.engagements import service as engagements
from marketplace.jobs import service as jobs
from marketplace.ledger import queries as ledger
from marketplace.notifications.models import Message
from marketplace.reports.proof import prove
from marketplace.verification import queries as verifications
from marketplace.verification import service as verification
from marketplace.verification.states import VerificationStatus
from marketplace.vouchers import queries, sealed_list, service
from marketplace.vouchers.models import AllocationEntry, Application
from tests.factories import engagements as make
from tests.factories import milestones
from tests.factories.accounts import make_officer, make_sme
from tests.factories.engagements import Story
from tests.factories.jobs import make_bid, make_published_job, pass_deadline, score_all
from tests.factories.programmes import earlier, make_call
from tests.factories.verification import hand_in
from tests.factories.vouchers import allocate_all, make_application
from tests.milestones import Tale

REASON = "The document is of another company."


@pytest.fixture
def begins() -> Tale:
    return milestones.story


def end(actor: Actor) -> None:
    """The verification of the actor's side turns out wrong."""
    assert actor.organisation_id is not None
    one = verifications.find(actor.organisation_id, VerificationStatus.CONFIRMED)
    assert one is not None
    verification.end(one.id, actor=make_officer(Role.PROGRAMME_OFFICER), reason=REASON)


def decide(actor: Actor, *, confirmed: bool) -> None:
    """The agency answers, and what follows on it is done."""
    assert actor.organisation_id is not None
    one = verifications.find(actor.organisation_id, VerificationStatus.WAITING)
    assert one is not None
    officer = make_officer(Role.PROGRAMME_OFFICER)
    if confirmed:
        verification.confirm(one.id, actor=officer)
    else:
        verification.refuse(one.id, actor=officer, reason=REASON)
    service.renew_offers(actor.organisation_id, one.id, actor=SYSTEM)


def lapse(application: Application) -> None:
    service.lapse_offer(application.id, actor=SYSTEM, key=str(uuid4()))


def won(sme: Actor) -> tuple[Application, Application]:
    """A first-come call of one voucher: who came first isn't verified, who came second is."""
    with earlier(days=2):
        call = make_call(vouchers=1, closes_in=timedelta(days=1))
        first, second = make_application(call, sme), make_application(call)
    allocate_all(call)
    return first, second


def held(application: Application) -> int:
    return sum(ledger.balances_by_owner(application.id, "reserved").values())


def test_an_unverified_winner_keeps_its_place_however_long_the_agency_takes(told: Story, clock: Any) -> None:
    sme = make_sme(verified=False)
    first, second = won(sme)  # its business registration came with the application
    assert (first.status, second.status, held(first)) == ("offered", "waitlisted", 12_000_000)
    assert db.session.query(Message).filter_by(template="vouchers/kept").count() == 1
    with pytest.raises(DomainError, match="not verified"), db.session.begin_nested():
        service.accept_offer(first.id, actor=sme, key="early")
    clock.advance(days=60)
    lapse(first)
    assert first.status == "offered"
    decide(sme, confirmed=False)
    clock.advance(days=3)
    lapse(first)  # the task of the first end, long over
    assert first.status == "offered"
    hand_in(sme)
    decide(sme, confirmed=True)
    voucher = service.accept_offer(first.id, actor=sme, key="late")
    assert (voucher.status, first.status, held(first)) == ("issued", "allocated", 0)
    entries = db.session.query(AllocationEntry).filter_by(application_id=first.id).all()
    assert [entry.outcome for entry in entries] == ["allocated"]
    assert prove().faults == []


def test_who_hands_in_nothing_loses_the_place_to_the_next(told: Story, clock: Any) -> None:
    sme = make_sme(verified=False)
    first, second = won(sme)
    decide(sme, confirmed=False)
    clock.advance(days=30)
    lapse(first)
    assert (first.status, first.reason, held(first)) == ("refused", "not_verified", 0)
    service.offer_from_waitlist(first.call_id, actor=SYSTEM)
    assert second.status == "offered"
    allocation = queries.find_allocation(first.call_id)
    assert allocation is not None
    assert sealed_list.digest(queries.written_list(first.call, allocation)) == allocation.file_hash
    assert prove().faults == []


def test_an_unverified_company_awards_nothing(told: Story, clock: Any) -> None:
    job = make_published_job(told.sme)
    bid = make_bid(job)
    pass_deadline(job)
    score_all(job, told.sme, {bid.id: 80})
    end(told.sme)
    with pytest.raises(DomainError, match="not verified"), db.session.begin_nested():
        jobs.award(job.id, actor=told.sme, bid_id=bid.id, reasons={bid.id: "The best offer."})
    with pytest.raises(IntegrityError, match="not verified"), db.session.begin_nested():
        db.session.execute(
            text(
                "INSERT INTO awards (job_id, bid_id, awarded_by, awarded_at, reason)"
                " VALUES (:job, :bid, :person, app_now(), 'x')"
            ),
            {"job": job.id, "bid": bid.id, "person": told.sme.person_id},
        )


@pytest.mark.parametrize("side", ["sme", "provider"])
def test_an_unverified_side_signs_nothing(told: Story, side: str) -> None:
    award = make.make_award(told)
    agreement = engagements.draft_agreement(award.id, actor=told.sme)
    actor = told.sme if side == "sme" else told.manager
    end(actor)
    with pytest.raises(DomainError, match="not verified"), db.session.begin_nested():
        engagements.sign(agreement.id, actor=actor)
    with pytest.raises(IntegrityError, match="not verified"), db.session.begin_nested():
        db.session.execute(
            text(f"UPDATE agreements SET {side}_signed_at = app_now(), {side}_signed_by = :by WHERE id = :id"),
            {"by": actor.person_id, "id": agreement.id},
        )


def test_no_voucher_is_written_for_an_unverified_company(told: Story) -> None:
    end(told.sme)
    with pytest.raises(IntegrityError, match="not verified"), db.session.begin_nested():
        db.session.execute(
            text(
                "INSERT INTO vouchers SELECT (jsonb_populate_record(old, jsonb_build_object('id', gen_random_uuid(),"
                " 'number', 'VOU-X', 'code', 'x'))).* FROM vouchers AS old"
            )
        )
