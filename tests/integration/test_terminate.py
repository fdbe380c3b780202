"""Work that will not be finished: what was accepted is paid, all other money goes back, and nothing is stuck."""

from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from marketplace.claims import queries as claims
from marketplace.claims import service as claim_verbs
from marketplace.claims.models import Refund
from marketplace.claims.rules import Cut
from marketplace.core import db
from marketplace.core.actors import SYSTEM
from marketplace.core.errors import DomainError, Forbidden, IllegalMove, Invalid, NotFound
from marketplace.core.task_queue import BackgroundTask
from marketplace.engagements import queries, service
from marketplace.engagements.models import Engagement
from marketplace.engagements.rules import check_under_way
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.notifications.models import Message
from marketplace.providers import queries as providers
from marketplace.reports import proof
from marketplace.vouchers import queries as vouchers
from marketplace.vouchers import service as voucher_verbs
from tests.factories import claims as make_claims
from tests.factories import engagements as make
from tests.factories import milestones
from tests.factories.accounts import sign_in_as
from tests.milestones import Tale

pytestmark = pytest.mark.usefixtures("database", "clock")

RunTasks = Callable[[], int]


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.first_stage_accepted


@pytest.fixture
def story(told: milestones.Work) -> make.Story:
    return told.story


@pytest.fixture
def engagement(told: milestones.Work) -> Engagement:
    """The first of three stages is accepted, 3,000,000 won net; the second is open."""
    return told.engagement


def end(engagement: Engagement, actor: object, reason: str = "The company was sold", key: str = "k") -> Engagement:
    return service.terminate(engagement.id, actor=actor, reason=reason, key=key)  # type: ignore[arg-type]


def held(engagement: Engagement) -> tuple[int, int]:
    """What still stands with the agreement: aid and co-payment."""
    agreement_id = engagement.agreement_id
    aid = sum(ledger.balances_by_owner(agreement_id, "committed").values())
    return aid, ledger.balance(chart.co_payment(agreement_id))


def pay_all(story: make.Story, engagement: Engagement, cut: int | None = None) -> None:
    """Claim, approve and pay what was accepted; of the first line only so many per cent, if a cut is given."""
    claim = make_claims.submit(story, engagement)
    first = claim.lines[0]
    whole = first.aid + first.co_payment
    # Something is always left to pay: nothing of the only line would be a refusal.
    amount = whole if cut is None else max(whole * cut // 100, 1 if len(claim.lines) == 1 else 0)
    cuts = [Cut(first.id, amount, "Not as agreed")] if amount < whole else []
    batch = make_claims.send(story, make_claims.approve(story, claim, *cuts))
    make_claims.take(make_claims.bank_answer(batch), story.budget_officers[0])


def test_what_was_accepted_stays_and_all_else_goes_back(
    story: make.Story, engagement: Engagement, run_tasks: RunTasks
) -> None:
    first, *rest = engagement.agreement.stages
    before = vouchers.remaining(story.voucher.id)
    end(engagement, story.sme)
    assert (engagement.status, [stage.status for stage in queries.stages_of(engagement.id)]) == (
        "terminated",
        ["accepted", "ended", "ended"],
    )
    assert vouchers.remaining(story.voucher.id) == before + sum(stage.aid for stage in rest)
    for _twice in range(2):
        run_tasks()
    (refund,) = db.session.scalars(select(Refund)).all()
    assert (refund.amount, refund.reason) == (sum(stage.co_payment for stage in rest), "The company was sold")
    assert held(engagement) == (first.aid, first.co_payment)
    pay_all(story, engagement)
    assert held(engagement) == (0, 0)
    assert proof.prove().faults == []
    assert providers.get_provider(engagement.provider_id).load == 0
    told = db.session.scalars(select(Message).where(Message.template == "engagements/engagement_terminated")).all()
    assert len(told) == 2


def test_checks_and_surveys_are_asked_for_as_at_the_finish(story: make.Story, engagement: Engagement) -> None:
    end(engagement, story.programme_officer)
    keys = select(BackgroundTask.name, BackgroundTask.key).where(BackgroundTask.key.like("engagement.terminated:%"))
    terminated = f"engagement.terminated:engagement:{engagement.id}"
    assert set(db.session.execute(keys)) == {
        ("ethics_check", f"{terminated}:finish"),
        ("invite_survey", f"{terminated}:sme"),
        ("invite_survey", f"{terminated}:provider"),
        ("refund_co_payment", terminated),
    }


def test_once_per_key_and_never_again(story: make.Story, engagement: Engagement) -> None:
    assert end(engagement, story.sme).id == end(engagement, story.sme).id
    with pytest.raises(IllegalMove):
        end(engagement, story.programme_officer, key="other")
    with pytest.raises(DomainError):
        check_under_way(engagement)


def test_who_may_end_it_and_only_with_a_reason(story: make.Story, engagement: Engagement) -> None:
    with pytest.raises(NotFound):
        end(engagement, story.manager, key="manager")
    with pytest.raises((Forbidden, NotFound)):
        end(engagement, story.budget_officers[0], key="budget officer")
    with pytest.raises(Invalid):
        end(engagement, story.sme, reason=" ", key="no reason")


def test_a_company_decides_first_what_was_handed_in(story: make.Story, engagement: Engagement) -> None:
    make.hand_in(story, engagement)
    with pytest.raises(DomainError):
        end(engagement, story.sme)
    end(engagement, story.programme_officer, key="officer")
    assert engagement.status == "terminated"


def test_an_engagement_that_waits_for_its_share_ends_and_awaits_it_no_more(story: make.Story) -> None:
    agreement = make.make_agreement(story)
    make.redeem(story, agreement)
    engagement = queries.find_engagement(agreement.id)
    assert engagement is not None
    end(engagement, story.sme)
    payment = queries.find_co_payment(agreement.id)
    assert payment is not None
    assert (engagement.status, payment.status) == ("terminated", "lapsed")
    assert sum(ledger.balances_by_owner(agreement.id, "committed").values()) == 0


def test_an_ended_stage_is_never_accepted(story: make.Story, engagement: Engagement) -> None:
    stage_id = make.hand_in(story, engagement)
    end(engagement, story.programme_officer)
    with pytest.raises(DomainError):
        service.accept_stage(stage_id, actor=story.sme)
    with pytest.raises(IntegrityError, match="ended early"), db.session.begin_nested():
        db.session.execute(text("UPDATE stages SET status = 'delivered' WHERE status = 'ended'"))
    with pytest.raises(IntegrityError, match="ck_engagements_termination"), db.session.begin_nested():
        db.session.execute(text("UPDATE engagements SET termination_reason = ''"))


def test_after_the_vouchers_end_the_aid_goes_to_the_budget(story: make.Story, engagement: Engagement) -> None:
    rest = engagement.agreement.stages[1:]
    voucher_verbs.surrender(story.voucher.id, actor=story.sme, key="surrender")
    released = story.voucher.released
    end(engagement, story.sme)
    assert story.voucher.released == released + sum(stage.aid for stage in rest)
    assert proof.prove().faults == []


PRICE = st.integers(min_value=1, max_value=9_999_999)


@pytest.mark.costly("six whole stories")
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    prices=st.tuples(PRICE, PRICE, PRICE),
    accepted=st.integers(min_value=0, max_value=3),
    cut=st.none() | st.integers(min_value=0, max_value=100),
)
def test_nothing_of_an_agreement_is_stuck_whatever_its_prices(
    database: object, prices: tuple[int, int, int], accepted: int, cut: int | None
) -> None:
    """Finished or ended early, approved whole or cut: once it is paid, the agreement holds nothing any more."""
    with db.session.begin_nested() as savepoint:
        story = make.make_story()
        engagement = make.make_engagement(story, dict(zip(make.STAGES, prices, strict=True)))
        make.accept_all(story, engagement, stages=accepted)
        if accepted < 3:
            end(engagement, story.programme_officer)
            claim_verbs.refund_ended_stages(engagement.id, actor=SYSTEM)
        if accepted:
            pay_all(story, engagement, cut)
        assert held(engagement) == (0, 0)
        aid, share = (sum(getattr(stage.agreed, part) for stage in engagement.stages) for part in ("aid", "co_payment"))
        paid = [claim for claim in claims.claims_of(engagement.id) if claim.status == "paid"]
        given_back = [
            refund.amount for refund in db.session.scalars(select(Refund)) if refund.engagement_id == engagement.id
        ]
        assert sum(claim.approved_co_payment or 0 for claim in paid) + sum(given_back) == share
        voucher = vouchers.get_voucher(engagement.agreement.voucher_id)
        left = vouchers.remaining(voucher.id) + voucher.released
        assert sum(claim.approved_aid or 0 for claim in paid) == voucher.amount - left <= aid
        assert proof.prove().faults == []
        savepoint.rollback()


def test_the_pages_say_that_it_ended_early(client: FlaskClient, story: make.Story, engagement: Engagement) -> None:
    sign_in_as(client, story.sme)
    path, english = f"/engagements/{engagement.id}", {"Accept-Language": "en"}
    assert "End the engagement early" in client.get(path, headers=english).text
    client.post(f"{path}/terminate", data={"reason": "The company was sold", "key": "pressed"})
    for actor in (story.sme, story.manager, story.programme_officer):
        sign_in_as(client, actor)
        assert "ended early on" in client.get(path, headers=english).text
    sign_in_as(client, story.manager)
    assert claims.claimable_stages(engagement.id)
