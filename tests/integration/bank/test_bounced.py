"""What bounced goes out again, once the account is right; officers are reminded; a changed account is told."""

import pytest
from sqlalchemy import select

from config.payments import terms
from marketplace.accounts import service as accounts
from marketplace.claims import queries, service
from marketplace.claims.models import Claim, PaymentBatch
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor, Role
from marketplace.core.errors import DomainError, NotFound
from marketplace.notifications.models import Message
from marketplace.providers import service as providers
from marketplace.providers.service import AccountDetails
from tests.conftest import MovableClock
from tests.factories import claims as make
from tests.factories import engagements, milestones
from tests.factories.accounts import make_member
from tests.milestones import Tale

pytestmark = pytest.mark.usefixtures("database", "clock")


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.first_stage_approved


def bounce(story: engagements.Story, claim: Claim, code: str) -> PaymentBatch:
    batch = make.send(story, claim)
    (line,) = queries.lines_of(batch.id)
    make.take(make.bank_answer(batch, {line.end_to_end_id: code}), story.budget_officers[0])
    assert claim.status == "approved"
    return batch


def test_any_other_reason_may_be_tried_again(story: engagements.Story, claim: Claim) -> None:
    bounce(story, claim, "MS03")
    assert make.send(story, claim).status == "sent"
    assert [line.status for line in queries.attempts(claim)] == ["returned", "pending"]


@pytest.mark.parametrize("code", terms(business_clock.today()).account_return_reasons)
def test_a_wrong_account_is_confirmed_before_the_next_try(
    story: engagements.Story, claim: Claim, officer: Actor, code: str
) -> None:
    bounce(story, claim, code)
    with pytest.raises(DomainError, match=claim.number):
        make.send(story, claim)
    (line,) = queries.attempts(claim)
    with pytest.raises(NotFound):
        service.confirm_account(line.id, actor=story.sme)
    service.confirm_account(line.id, actor=story.manager)
    assert make.send(story, claim).status == "sent"


def test_a_wrong_account_is_changed_before_the_next_try(
    story: engagements.Story, claim: Claim, officer: Actor, clock: MovableClock
) -> None:
    bounce(story, claim, "AC04")
    assert story.manager.organisation_id is not None
    details = AccountDetails("other", "999-88-777777", "Other bank", "Firm")
    account = providers.propose_bank_account(story.manager.organisation_id, actor=story.manager, details=details)
    providers.approve_bank_account(account.id, actor=officer)
    clock.advance(days=15)
    assert make.send(story, claim).status == "sent"


def test_the_officers_are_reminded_once_a_day_until_a_batch_is_prepared(
    story: engagements.Story, claim: Claim, clock: MovableClock
) -> None:
    def told() -> int:
        return len(db.session.scalars(select(Message).where(Message.template == "claims/batch_due")).all())

    for _twice in range(2):
        service.remind_of_batch(actor=SYSTEM)
    officers = told()
    assert officers >= 2
    make.send(story, claim)
    clock.advance(days=1)
    service.remind_of_batch(actor=SYSTEM)
    assert told() == officers


def test_a_changed_account_is_told_to_who_named_the_one_before(story: engagements.Story, officer: Actor) -> None:
    """Even when they no longer manage the firm: whoever took it over can't keep the change from them."""
    newcomer = make_member(story.manager, Role.MANAGER)
    accounts.end_membership(story.manager.membership_id, actor=newcomer)  # type: ignore[arg-type]
    assert story.manager.organisation_id is not None
    details = AccountDetails("other", "999-88-777777", "Other bank", "Firm")
    account = providers.propose_bank_account(story.manager.organisation_id, actor=newcomer, details=details)
    providers.approve_bank_account(account.id, actor=officer)
    for template in ("providers/bank_account_proposed", "providers/bank_account_changed"):
        keys = db.session.scalars(select(Message.key).where(Message.template == template)).all()
        assert sorted(keys) == sorted(
            f"{template}:{account.id}:{person}" for person in (newcomer.person_id, story.manager.person_id)
        )
