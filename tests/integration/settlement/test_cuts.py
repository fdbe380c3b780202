"""Less is approved for a reason, or nothing; the rest goes back."""

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from marketplace.claims import queries, service
from marketplace.claims.models import Claim, Refund
from marketplace.claims.rules import Cut
from marketplace.core import db
from marketplace.core.errors import DomainError, Invalid
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.notifications.models import Message
from marketplace.reports.proof import prove
from marketplace.vouchers import queries as vouchers
from tests.factories import claims as make
from tests.factories import engagements

pytestmark = pytest.mark.usefixtures("database", "clock")


def test_less_is_approved_for_a_reason_and_the_rest_goes_back(story: engagements.Story, claim: Claim) -> None:
    (line,) = [row for row in claim.lines if row.stage.code == "action-plan"]
    left = vouchers.remaining(story.voucher.id)
    make.check(story, claim)

    def approve(*cuts: Cut) -> Claim:
        return service.approve_claim(claim.id, actor=story.budget_officers[0], lines=cuts, key=str(cuts)[:200])

    with pytest.raises(Invalid):
        approve(Cut(line.id, 4_000_001, " "))
    with pytest.raises(Invalid):
        approve(Cut(line.id, 5_000_002, "More"))
    with pytest.raises(Invalid):
        approve(*[Cut(row.id, 0, "No") for row in claim.lines])
    approve(Cut(line.id, 4_000_001, "One day was not worked"))
    assert (claim.status, claim.approved_amount) == ("approved", 14_000_001)
    assert line.approved_aid is not None
    assert line.approved_co_payment is not None
    assert line.approved_aid + line.approved_co_payment == 4_000_001
    assert abs(line.approved_aid * line.co_payment - line.approved_co_payment * line.aid) < line.aid + line.co_payment
    assert vouchers.remaining(story.voucher.id) == left + claim.aid - (claim.approved_aid or 0)
    assert sum(ledger.balances_by_owner(claim.id, "payable").values()) == claim.approved_aid
    assert sum(ledger.balances_by_owner(claim.engagement.agreement_id, "committed").values()) == 0
    refund = db.session.scalars(select(Refund)).one()
    assert refund.amount == claim.co_payment - (claim.approved_co_payment or 0)
    assert ledger.balance(chart.co_payment(claim.engagement.agreement_id)) == 0
    batch = make.send(story, claim)
    assert [row.amount for row in queries.lines_of(batch.id)] == [14_000_001]
    make.take(make.bank_answer(batch), story.budget_officers[0])
    assert (claim.status, prove().faults) == ("paid", [])
    mail = db.session.scalars(select(Message).where(Message.template == "claims/claim_approved")).first()
    assert mail is not None
    assert mail.data["cuts"][0]["reason"] == "One day was not worked"


def test_the_database_wants_a_reason_for_a_cut_and_the_sum_of_the_lines(story: engagements.Story, claim: Claim) -> None:
    with pytest.raises(IntegrityError, match="ck_claim_lines_cut_reason"), db.session.begin_nested():
        db.session.execute(text("UPDATE claim_lines SET approved_aid = 1, approved_co_payment = 1"))
    make.approve(story, claim)
    with pytest.raises(IntegrityError, match="ck_claims_approved"), db.session.begin_nested():
        db.session.execute(text("UPDATE claims SET approved_aid = aid + 1, approved_amount = approved_amount + 1"))


def test_a_refusal_pays_nothing_and_the_aid_is_in_the_voucher_again(story: engagements.Story, claim: Claim) -> None:
    left = vouchers.remaining(story.voucher.id)
    officer = story.budget_officers[0]
    with pytest.raises(Invalid):
        service.refuse_claim(claim.id, actor=officer, reason=" ", key="a")
    for _twice in range(2):
        service.refuse_claim(claim.id, actor=officer, reason="The work is another one's", key="b")
    assert (claim.status, claim.approved_amount) == ("refused", 0)
    assert vouchers.remaining(story.voucher.id) == left + claim.aid
    assert queries.claimable_stages(claim.engagement_id) == []
    assert db.session.scalars(select(Refund.amount)).all() == [claim.co_payment]
    assert (make.told("claims/claim_refused"), prove().faults) == (1, [])
    with pytest.raises(DomainError):
        make.check(story, claim)


def test_whoever_checked_a_claim_does_not_refuse_it(story: engagements.Story, claim: Claim) -> None:
    first, second = story.budget_officers
    service.check_claim(claim.id, actor=first)
    with pytest.raises(DomainError):
        service.refuse_claim(claim.id, actor=first, reason="No", key="a")
    with pytest.raises(IntegrityError, match="ck_claims_refused_by"), db.session.begin_nested():
        db.session.execute(text("UPDATE claims SET refused_by = checked_by"))
    assert service.refuse_claim(claim.id, actor=second, reason="No", key="b").status == "refused"
