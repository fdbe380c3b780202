"""How far a story has come when a test begins, for the fixture `begins`; told by the verbs."""

from typing import NamedTuple

from marketplace.claims.models import Claim
from marketplace.engagements.models import CoPayment, Engagement
from marketplace.receivables.models import Receivable
from tests.factories import claims, integrity, receivables
from tests.factories import engagements as make
from tests.factories.engagements import Story

SMALL = dict.fromkeys(make.STAGES, 1_000_000)


class Work(NamedTuple):
    """People and the work that they do."""

    story: Story
    engagement: Engagement


class Claimed(NamedTuple):
    """People, work and the claim for it."""

    story: Story
    engagement: Engagement
    claim: Claim


class Awaited(NamedTuple):
    """People, and the share that one of them has still to pay."""

    story: Story
    co_payment: CoPayment


def share_awaited() -> Awaited:
    """The voucher is redeemed, the company's share not paid yet."""
    told = make.make_story()
    agreement = make.make_agreement(told)
    make.redeem(told, agreement)
    payment = make.queries.find_co_payment(agreement.id)
    assert payment is not None
    return Awaited(told, payment)


def story() -> Story:
    """A voucher, and a firm in the register."""
    return make.make_story()


def repayable_story() -> Story:
    """The same in a programme that takes something back on success."""
    return make.make_story(programme=receivables.REPAYABLE)


def started() -> Work:
    """The first of three stages is open."""
    told = make.make_story()
    return Work(told, make.make_engagement(told))


def first_stage_accepted() -> Work:
    """One accepted stage of 3,000,000 won net, two to come."""
    told, engagement = started()
    make.accept_all(told, engagement, stages=1)
    return Work(told, engagement)


def first_stage_approved() -> Claimed:
    """The claim of the first stage is approved."""
    told, engagement = first_stage_accepted()
    return Claimed(told, engagement, claims.approve(told, claims.submit(told, engagement)))


def finished() -> Work:
    """Three stages are accepted and every document was compared; checks and surveys are asked for."""
    return Work(*integrity.make_finished())


def claimed() -> Claimed:
    """A claim of three stages, 15,000,001 won net, waits for its check."""
    told = make.make_story()
    engagement = claims.finish(told)
    return Claimed(told, engagement, claims.submit(told, engagement))


def paid_small() -> Work:
    """The provider of a small engagement was paid; the voucher has something left for another one."""
    told = make.make_story()
    engagement = claims.finish(told, SMALL)
    pay(told, claims.approve(told, claims.submit(told, engagement)))
    return Work(told, engagement)


def paid() -> Work:
    """9,000,001 won of aid are paid in a programme that takes something back on success."""
    told = repayable_story()
    return Work(told, receivables.make_paid(told))


def owed_and_claimed() -> tuple[Story, Receivable, Claim]:
    """The firm owes, and another engagement's claim of 3,000,000 won is approved."""
    told = make.make_story()
    debt = receivables.make_recovery(told, "unmet")
    return told, debt, claims.approve(told, claims.submit(told, claims.finish(told, SMALL)))


def pay(told: Story, claim: Claim) -> None:
    """The bank says that the claim was paid."""
    claims.take(claims.bank_answer(claims.send(told, claim)), told.budget_officers[0])
