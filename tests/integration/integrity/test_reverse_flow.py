"""Money between the two sides after the provider was paid: planted cases are found, honest ones are not."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import func, select, text

from marketplace.accounts.models import Organisation
from marketplace.agency import queries as agency
from marketplace.claims import bank, service
from marketplace.claims import queries as claims
from marketplace.claims.models import BankEntry
from marketplace.claims.pain001 import Account
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM
from marketplace.core.task_queue import BackgroundTask
from marketplace.engagements import queries as engagements
from marketplace.engagements.models import CoPayment, Engagement
from marketplace.ethics import queries
from marketplace.ethics.models import EthicsCheck, Flag
from marketplace.providers import queries as providers
from tests.factories import claims as make_claims
from tests.factories import engagements as make
from tests.factories import milestones, receivables
from tests.factories.engagements import Story
from tests.milestones import Tale

pytestmark = pytest.mark.usefixtures("database", "clock")
SMALL = dict.fromkeys(make.STAGES, 1_000_000)
SME_ACCOUNT = "111-222"
Run = Callable[[], int]


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.paid_small


@pytest.fixture
def story(told: milestones.Work) -> Story:
    return told.story


@pytest.fixture
def paid(told: milestones.Work, run_tasks: Run) -> Engagement:
    """A small engagement whose provider was paid; the voucher has something left for another one."""
    run_tasks()
    return told.engagement


def arrive(story: Story, reference: str, amount: int, account: str, name: str = "Somebody") -> BankEntry:
    """Money from this account and under this name and reference."""
    own = agency.account()
    notice = bank.receive(
        reference,
        amount=amount,
        digits=0,
        currency="KRW",
        payer=Account(name, account, ""),
        account=Account(own.holder, own.number, own.bank),
        booked_at=clock.now().astimezone(clock.zone()),
    )
    return make_claims.take(notice, story.budget_officers[0]).entries[0]


def awaited(story: Story) -> CoPayment:
    """The share of another engagement of the same company."""
    agreement = make.make_agreement(story, SMALL)
    make.redeem(story, agreement)
    co_payment = engagements.find_co_payment(agreement.id)
    assert co_payment is not None
    return co_payment


def account_of(engagement: Engagement) -> str:
    """The provider's account with a hyphen, as a bank may write it."""
    account = providers.active_bank_account(engagement.provider_id)
    assert account is not None
    return f"{account.identifier[:3]}-{account.identifier[3:]}"


def flags(engagement: Engagement) -> list[Flag]:
    return [flag for flag in queries.flags_of(engagement.id) if flag.rule_id == "E18"]


def found(engagement: Engagement) -> list[tuple[str, str]]:
    """The engagement's flags of this rule, once all background work was done without a failure."""
    assert db.session.scalar(select(func.sum(BackgroundTask.failures))) == 0
    return [(flag.rule_id, flag.finding) for flag in flags(engagement)]


def test_the_provider_pays_the_companys_next_share(story: Story, paid: Engagement, run_tasks: Run) -> None:
    share = awaited(story)
    assert arrive(story, share.reference, share.amount, account_of(paid)).outcome == "co_payment"
    run_tasks()
    assert found(paid) == [("E18", "provider_pays_for_company")]
    (flag,) = flags(paid)
    assert flag.links == [share.reference]
    assert [(hold.flag_id, hold.status) for hold in claims.holds_of(paid.id)] == [(flag.id, "active")]


def test_the_company_paying_its_own_next_share_is_no_flag(story: Story, paid: Engagement, run_tasks: Run) -> None:
    share = awaited(story)
    arrive(story, share.reference, share.amount, SME_ACCOUNT)
    run_tasks()
    assert found(paid) == []
    traced = select(func.count()).where(EthicsCheck.engagement_id == paid.id, EthicsCheck.occasion == "bank")
    assert db.session.scalar(traced) == 0


def test_a_payment_that_names_the_companys_engagement(story: Story, paid: Engagement, run_tasks: Run) -> None:
    assert arrive(story, paid.number, 5, account_of(paid)).outcome == "unmatched"
    run_tasks()
    assert found(paid) == [("E18", "provider_pays_for_company")]
    arrive(story, f"{paid.number} again", 5, account_of(paid))
    run_tasks()
    assert len(found(paid)) == 1


def test_the_company_pays_what_the_provider_owes(story: Story, run_tasks: Run) -> None:
    debt = receivables.make_recovery(story)
    engagement = debt.engagement
    assert arrive(story, debt.number, 5, SME_ACCOUNT).outcome == "receivable"
    run_tasks()
    assert found(engagement) == [("E18", "company_pays_for_provider")]


def test_a_provider_paying_its_own_debt_is_no_flag(story: Story, run_tasks: Run) -> None:
    debt = receivables.make_recovery(story)
    assert arrive(story, debt.number, 5, account_of(debt.engagement)).outcome == "receivable"
    run_tasks()
    assert found(debt.engagement) == []


@pytest.mark.parametrize("planted", [True, False])
def test_a_refund_that_goes_to_the_providers_account(story: Story, planted: bool, run_tasks: Run) -> None:
    engagement = make.make_engagement(story, SMALL)
    refund = service.request_refund(
        engagement.agreement_id, actor=SYSTEM, amount=1000, reason="Not needed", key=make_claims.new_key()
    )
    if planted:
        changed = text("UPDATE refunds SET account_number = :account WHERE id = :id")
        db.session.execute(changed, {"account": account_of(engagement), "id": refund.id})
        db.session.expire(refund)
    maker, sender = story.budget_officers
    batch = service.prepare_batch(actor=maker, refund_ids=[refund.id], key=make_claims.new_key())
    service.send_batch(batch.id, actor=sender, key=make_claims.new_key())
    make_claims.take(make_claims.bank_answer(batch), maker)
    run_tasks()
    assert found(engagement) == ([("E18", "refund_to_them")] if planted else [])


def test_money_that_an_officer_assigns_is_asked_about_too(story: Story, paid: Engagement, run_tasks: Run) -> None:
    share = awaited(story)
    entry = arrive(story, "no reference", share.amount, account_of(paid))
    run_tasks()
    assert found(paid) == []
    service.assign_to_co_payment(
        [entry.id], actor=story.budget_officers[0], reference=share.reference, reason="By telephone", key="assign"
    )
    run_tasks()
    assert found(paid) == [("E18", "provider_pays_for_company")]


def test_money_under_the_providers_name_from_an_unknown_account(story: Story, paid: Engagement, run_tasks: Run) -> None:
    firm = db.get(Organisation, paid.provider_id)
    arrive(story, paid.number, 5, "404-404", f"(주) {firm.name.upper()}")
    run_tasks()
    assert found(paid) == [("E18", "provider_name_for_company")]
    (flag,) = flags(paid)
    assert flag.strength == "weak"
    assert claims.holds_of(paid.id) == []


def test_two_files_with_different_findings_are_two_flags(story: Story, paid: Engagement, run_tasks: Run) -> None:
    """Each file is looked at; what an earlier one raised is not raised again."""
    firm = db.get(Organisation, paid.provider_id)
    arrive(story, f"{paid.number} first", 5, "404-404", firm.name)
    run_tasks()
    arrive(story, f"{paid.number} second", 5, account_of(paid))
    run_tasks()
    arrive(story, f"{paid.number} third", 5, account_of(paid))
    run_tasks()
    assert sorted(found(paid)) == [("E18", "provider_name_for_company"), ("E18", "provider_pays_for_company")]


def test_names_and_accounts_of_bank_reports_are_indexed_as_they_are_compared() -> None:
    indexed = (
        "SELECT count(*) FROM pg_indexes WHERE indexdef LIKE '%plain_number(%' OR indexdef LIKE '%plain_firm_name(%'"
    )
    assert db.session.scalar(text(indexed)) == 6


def test_the_day_of_a_payment_is_the_agencys_day(story: Story, paid: Engagement) -> None:
    (claim,) = claims.claims_of(paid.id)
    (line,) = claims.attempts(claim)
    line.paid_at = datetime(2026, 3, 4, 15, 30, tzinfo=UTC)
    db.flush()
    assert claims.evidence(paid.id).paid_on == [date(2026, 3, 5)]
