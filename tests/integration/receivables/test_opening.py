"""Repayments and recoveries are opened by one officer and confirmed by another, within what was paid."""

from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from marketplace.claims import queries as claim_queries
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import Actor, Role
from marketplace.core.errors import DomainError, Forbidden, Invalid
from marketplace.engagements.models import Engagement
from marketplace.receivables import queries, service
from marketplace.receivables.models import Receivable
from tests.conftest import MovableClock
from tests.factories import claims as make_claims
from tests.factories import engagements as make_work
from tests.factories import receivables as make
from tests.factories.accounts import make_officer, make_provider
from tests.factories.engagements import Story

pytestmark = pytest.mark.usefixtures("database", "clock")

# One more of the same kind, past the verbs: 1 won, and twice as much is said to have been paid.
PLANT = text(
    "INSERT INTO receivables (number, kind, engagement_id, debtor_id, currency, aid_paid, principal, surcharge,"
    " parts, ground, reason, days_to_pay, interest_basis_points, reminder_days, status, proposed_by)"
    " SELECT 'planted', kind, engagement_id, :debtor, currency, 2 * aid_paid, 1, 0, parts, ground, reason,"
    " days_to_pay, interest_basis_points, reminder_days, 'proposed', proposed_by FROM receivables WHERE id = :id"
)


def test_a_success_makes_a_share_of_the_aid_owed_in_yearly_instalments(story: Story, engagement: Engagement) -> None:
    receivable = make.make_repayment(story, engagement)
    assert (receivable.status, receivable.debtor_id) == ("open", story.sme.organisation_id)
    assert (receivable.aid_paid, receivable.principal, receivable.surcharge) == (make.AID, 2_700_000, 0)
    assert [instalment.principal for instalment in receivable.instalments] == [540_000] * 5
    first = business_clock.today().year + 1
    assert [instalment.due_on.year for instalment in receivable.instalments] == list(range(first, first + 5))
    assert sum(receivable.parts.values()) == receivable.principal
    assert make.mails("receivables/confirmed") == 1
    make.check_books(receivable)
    assert make.owed(receivable) == 2_700_000


def test_success_is_declared_of_paid_work_once_in_a_programme_that_takes_something_back(story: Story) -> None:
    engagement = make_work.make_engagement(story)

    def propose(actor: Actor = story.programme_officer) -> Receivable:
        return service.propose_repayment(engagement.id, actor=actor, reason="Good", key=make.key())

    with pytest.raises(DomainError, match="finished"):
        propose()
    make_work.accept_all(story, engagement)
    with pytest.raises(DomainError, match="No aid was paid"):
        propose()
    with pytest.raises(Forbidden):
        propose(story.budget_officers[0])
    other = make_work.make_story()
    with pytest.raises(DomainError, match="takes nothing back"):
        service.propose_repayment(
            make.make_paid(other).id, actor=other.programme_officer, reason="Good", key=make.key()
        )


def test_no_success_is_kept_with_its_reason_and_leaves_the_list(story: Story, engagement: Engagement) -> None:
    assert db.session.scalars(queries.undecided_successes()).all() == [engagement]
    made = service.decline_repayment(
        engagement.id, actor=story.programme_officer, reason="Rejects stayed", key=make.key()
    )
    assert (made.status, made.drop_reason) == ("dropped", "Rejects stayed")
    assert db.session.scalars(queries.undecided_successes()).all() == []
    assert make.owed(made) == 0


def test_nothing_is_left_to_judge_once_all_is_asked_back(story: Story, engagement: Engagement) -> None:
    recovery = make.propose_recovery(story, engagement)
    assert db.session.scalars(queries.undecided_successes()).all() == []
    service.drop(recovery, actor=story.budget_officers[0], reason="Explained")
    assert db.session.scalars(queries.undecided_successes()).all() == [engagement]


def test_a_repayment_dropped_by_mistake_is_proposed_again(story: Story, engagement: Engagement) -> None:
    officer = story.programme_officer
    first = service.propose_repayment(engagement.id, actor=officer, reason="Fewer rejects", key=make.key())
    assert not queries.may_be_judged_again(first)
    service.drop(first.id, actor=story.budget_officers[0], reason="By mistake")
    assert queries.may_be_judged_again(first)
    again = service.propose_repayment(engagement.id, actor=officer, reason="Fewer rejects", key=make.key())
    assert (again.status, again.principal) == ("proposed", first.principal)
    assert not queries.may_be_judged_again(first)


@pytest.mark.parametrize(
    ("ground", "times", "listed"),
    [("false_receipt", 5, True), ("other_purpose", 3, True), ("breach", 2, False), ("unmet", 1, False)],
)
def test_a_recovery_is_the_aid_paid_and_the_surcharge_of_its_ground(
    story: Story, engagement: Engagement, ground: str, times: int, listed: bool
) -> None:
    receivable = make.make_recovery(story, ground, paid=engagement)
    assert (receivable.principal, receivable.surcharge) == (make.AID, times * make.AID)
    assert receivable.debtor_id == story.manager.organisation_id
    assert [instalment.due_on for instalment in receivable.instalments] == [business_clock.today() + timedelta(days=30)]
    assert (receivable.listed_from is not None) == listed
    make.check_books(receivable)


def test_together_never_more_is_asked_back_than_was_paid(story: Story, engagement: Engagement) -> None:
    repayment = make.make_repayment(story, engagement)
    engagement, left = repayment.engagement, make.AID - repayment.principal
    with pytest.raises(Invalid, match="Not more"):
        make.propose_recovery(story, engagement, amount=left + 1)
    first = db.get(Receivable, make.propose_recovery(story, engagement, "unmet", amount=1_000_000))
    second = db.get(Receivable, make.propose_recovery(story, engagement, "breach"))
    assert (first.principal, first.surcharge) == (1_000_000, 1_000_000)
    assert (second.principal, second.surcharge) == (left - 1_000_000, 2 * (left - 1_000_000))
    with pytest.raises(DomainError, match="No aid was paid"):
        make.propose_recovery(story, engagement, amount=1)
    with pytest.raises(IntegrityError, match="more is asked back"), db.session.begin_nested():
        db.session.execute(PLANT, {"id": first.id, "debtor": first.debtor_id})
    service.drop(first.id, actor=story.budget_officers[0], reason="Explained")
    with pytest.raises(IntegrityError, match="uq_receivables_live"), db.session.begin_nested():
        db.session.execute(PLANT, {"id": repayment.id, "debtor": repayment.debtor_id})


def test_two_recoveries_on_different_grounds_are_paid_one_beside_the_other(
    story: Story, engagement: Engagement
) -> None:
    officer = story.budget_officers[0]
    debts = [
        service.confirm(make.propose_recovery(story, engagement, ground, amount=amount), actor=officer, key=make.key())
        for ground, amount in (("unmet", 3_000_001), ("false_receipt", None))
    ]
    assert sum(debt.principal for debt in debts) == make.AID
    for debt in debts:
        make.pay(story, debt, debt.outstanding)
        assert (debt.status, queries.clawed_back(debt.engagement_id)[debt.number]) == ("settled", debt.parts)
        make.check_books(debt)
    assert (make.total("returned"), make.total("paid")) == (make.AID, 0)


def test_what_the_bank_sent_back_meanwhile_is_not_confirmed(story: Story, engagement: Engagement) -> None:
    (first, _second) = story.budget_officers
    proposed = make.propose_recovery(story, engagement)
    claim = claim_queries.claims_of(engagement.id)[0]
    make.bounce(story, claim)
    with pytest.raises(DomainError, match="sent back a payment"):
        service.confirm(proposed, actor=first, key=make.key())
    cheat = text("UPDATE receivables SET status = 'open', confirmed_at = app_now(), confirmed_by = :by WHERE id = :id")
    with pytest.raises(IntegrityError, match="more is asked back"), db.session.begin_nested():
        db.session.execute(cheat, {"by": first.person_id, "id": proposed})
    make_claims.take(make_claims.bank_answer(make_claims.send(story, claim)), first)
    assert service.confirm(proposed, actor=first, key=make.key()).status == "open"


def test_a_recovery_needs_a_known_ground_a_side_of_the_engagement_and_an_officer(
    story: Story, engagement: Engagement
) -> None:
    officer = make_officer(Role.ETHICS_OFFICER)
    stranger = make_provider().organisation_id
    assert stranger is not None
    facts = {"debtor_id": engagement.provider_id, "ground": "breach", "reason": "Finding"}
    for wrong in ({"ground": "none"}, {"debtor_id": stranger}, {"reason": " "}):
        with pytest.raises(Invalid):
            service.open_recovery(engagement.id, actor=officer, key=make.key(), **facts | wrong)  # type: ignore[arg-type]
    for actor in (story.programme_officer, story.manager):
        with pytest.raises(Forbidden):
            service.open_recovery(engagement.id, actor=actor, key=make.key(), **facts)  # type: ignore[arg-type]
    proposed = make.propose_recovery(story, engagement, amount=1)
    with pytest.raises(IntegrityError, match="no part in the engagement"), db.session.begin_nested():
        db.session.execute(PLANT, {"id": proposed, "debtor": stranger})


def test_another_officer_confirms_and_amounts_never_change(story: Story, engagement: Engagement) -> None:
    first, second = story.budget_officers
    made = service.open_recovery(
        engagement.id, actor=first, debtor_id=engagement.provider_id, ground="unmet", reason="x", key=make.key()
    )
    assert make.owed(made) == 0
    with pytest.raises(DomainError, match="Another officer"):
        service.confirm(made.id, actor=first, key=make.key())
    with pytest.raises(Forbidden):
        service.confirm(made.id, actor=story.programme_officer, key=make.key())
    cheat = "UPDATE receivables SET status = 'open', confirmed_at = app_now(), confirmed_by = proposed_by"
    for statement, match in ((cheat, "four_eyes"), ("UPDATE receivables SET principal = 1", "keeps its amounts")):
        with pytest.raises(DBAPIError, match=match), db.session.begin_nested():
            db.session.execute(text(statement))
    once = make.key()
    assert service.confirm(made.id, actor=second, key=once) is service.confirm(made.id, actor=second, key=once)
    with pytest.raises(DomainError):
        service.confirm(made.id, actor=second, key=make.key())
    assert len(made.instalments) == 1
    make.check_books(made)


def test_names_are_public_from_and_until_their_days(story: Story, engagement: Engagement, clock: MovableClock) -> None:
    receivable = make.make_recovery(story, "false_receipt", paid=engagement)

    def names() -> list[Receivable]:
        return list(db.session.scalars(queries.published()))

    assert names() == []
    clock.advance(days=30)
    assert names() == [receivable]
    clock.advance(days=364)
    assert names() == [receivable]
    clock.advance(days=1)
    assert names() == []
