"""Rules over stored rows that no guard refuses; what a check does with its hits."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select, text

from marketplace.claims import queries as claims
from marketplace.core import clock, db
from marketplace.core.actors import SYSTEM
from marketplace.engagements import queries as engagements
from marketplace.engagements.models import Engagement
from marketplace.ethics import queries, service
from marketplace.ethics.models import EthicsCheck
from tests.factories import engagements as make
from tests.factories.engagements import Story
from tests.factories.integrity import answer, invite, make_finished, pay_own_share, rename_representative

pytestmark = pytest.mark.usefixtures("database")


def check(engagement: Engagement, occasion: str = "finish") -> list[tuple[str, str, str]]:
    """Rule, finding and strength of every flag of the engagement after its check."""
    service.check_engagement(engagement.id, occasion=occasion, actor=SYSTEM)
    return [(flag.rule_id, flag.finding, flag.strength) for flag in queries.flags_of(engagement.id)]


def plant(statement: str, **values: object) -> None:
    """Change rows behind the verbs' back."""
    db.flush()
    db.session.execute(text(statement), values)
    db.session.expire_all()


def test_an_honest_engagement_raises_no_flag_and_is_checked_once(finished: tuple[Story, Engagement]) -> None:
    engagement = finished[1]
    assert check(engagement) == []
    service.check_engagement(engagement.id, occasion="finish", actor=SYSTEM)
    counted = select(func.count()).where(EthicsCheck.engagement_id == engagement.id)
    assert db.session.scalar(counted) == 1
    assert claims.holds_of(engagement.id) == []


def test_e01_the_same_representative_holds_payment_at_once(finished: tuple[Story, Engagement]) -> None:
    _story, engagement = finished
    rename_representative("Same Name", engagement.organisation_id, engagement.provider_id)
    assert check(engagement) == [("E01", "same_representative", "strong")]
    (flag,) = queries.flags_of(engagement.id)
    (hold,) = claims.holds_of(engagement.id)
    assert (hold.flag_id, hold.status, flag.hold_id) == (flag.id, "active", hold.id)
    assert hold.until_at == clock.add_working_days(hold.placed_at, 10)


def test_a_weak_hit_is_looked_at_and_holds_nothing(finished: tuple[Story, Engagement]) -> None:
    _story, engagement = finished
    plant(
        "UPDATE organisations SET address = '1 Same Street' WHERE id IN (:sme, :provider)",
        sme=engagement.organisation_id,
        provider=engagement.provider_id,
    )
    assert check(engagement) == [("E01", "same_address", "weak")]
    assert claims.holds_of(engagement.id) == []


def test_e17_the_provider_pays_the_companys_share() -> None:
    story = make.make_story()
    agreement = make.make_agreement(story)
    make.redeem(story, agreement)
    pay_own_share(story, agreement, holder="이바다")
    rename_representative("이바다", agreement.provider_id)
    engagement = engagements.find_engagement(agreement.id)
    assert engagement is not None
    make.accept_all(story, engagement)
    assert check(engagement) == [("E17", "paid_by_them", "strong")]


def test_e17_the_provider_as_payer_is_a_flag_at_once_and_holds_payment(run_tasks: Callable[[], int]) -> None:
    story = make.make_story()
    agreement = make.make_agreement(story)
    make.redeem(story, agreement)
    rename_representative("이바다", agreement.provider_id)
    pay_own_share(story, agreement, holder="이바다")
    run_tasks()
    engagement = engagements.find_engagement(agreement.id)
    assert engagement is not None
    assert engagement.status == "active"
    assert [(flag.rule_id, flag.finding) for flag in queries.flags_of(engagement.id)] == [("E17", "paid_by_them")]
    assert [hold.status for hold in claims.holds_of(engagement.id)] == ["active"]


def test_e19_the_company_acts_from_the_providers_device(finished: tuple[Story, Engagement]) -> None:
    engagement = finished[1]
    planted = text(
        "INSERT INTO audit_entries (at, role, device_hash, action, subject_type, subject_id, body)"
        " VALUES (app_now(), :role, 'one-device', :action, 'agreements', :id, '{}')"
    )
    for role, action in (("manager", "agreement.sign_side"), ("signatory", "agreement.redeem")):
        db.session.execute(planted, {"role": role, "action": action, "id": engagement.agreement_id})
    assert check(engagement) == [("E19", "same_device", "strong")]


def test_e23_a_file_that_another_company_got_before(finished: tuple[Story, Engagement]) -> None:
    engagement = finished[1]
    _other_story, other = make_finished()
    mine, theirs = engagements.deliverables_of(engagement.id)[0], engagements.deliverables_of(other.id)[0]
    mine.sha256 = theirs.sha256
    assert check(engagement) == [("E23", "same_file", "strong")]


def test_e24_a_new_account_between_claim_and_payment(finished: tuple[Story, Engagement]) -> None:
    story, engagement = finished
    db.session.execute(
        text(
            "INSERT INTO claims (number, engagement_id, provider_id, currency, net_amount, aid, co_payment,"
            " invoice_number, invoice_gross, status, submitted_by, submitted_at, clock_starts_at)"
            " VALUES ('CLM-7', :engagement, :provider, 'KRW', 10, 6, 4, 'I-7', 11, 'submitted', :person,"
            " app_now(), app_now())"
        ),
        {"engagement": engagement.id, "provider": engagement.provider_id, "person": story.manager.person_id},
    )
    assert check(engagement) == []
    plant("UPDATE bank_accounts SET status = 'retired', retired_at = app_now() WHERE organisation_id = :id",
          id=engagement.provider_id)  # fmt: skip
    plant(
        "INSERT INTO bank_accounts (organisation_id, scheme, identifier, bank_name, holder_name, status, proposed_by,"
        " approved_by, active_at) VALUES (:id, 'other', '9-9', 'Bank', 'Firm', 'active', :maker, :checker, app_now())",
        id=engagement.provider_id,
        maker=story.manager.person_id,
        checker=story.programme_officer.person_id,
    )
    assert check(engagement, "survey") == [("E24", "changed_before_payment", "strong")]


def test_the_smes_word_is_checked_once_it_is_given(finished: tuple[Story, Engagement]) -> None:
    engagement = finished[1]
    assert check(engagement) == []
    _survey, token = invite(engagement)
    answer(token, sessions_held=0, offered_back="money", share_paid_by="provider")
    assert check(engagement, "survey") == [
        ("E17", "survey_says_other", "weak"),
        ("E18", "survey_says_given", "strong"),
    ]


def test_the_second_check_raises_nothing_twice(finished: tuple[Story, Engagement]) -> None:
    engagement = finished[1]
    rename_representative("Same Name", engagement.organisation_id, engagement.provider_id)
    assert len(check(engagement)) == 1
    assert len(check(engagement, "survey")) == 1
    assert len(claims.holds_of(engagement.id)) == 1
