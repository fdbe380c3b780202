"""What each kind of money does that the bank tells: charges, currencies, batches, returns, reversals, odd entries."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from marketplace.claims import queries, service
from marketplace.claims.models import BankEntry, Claim, PaymentBatch
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import SYSTEM, Actor
from marketplace.core.errors import DomainError, Forbidden, Invalid
from marketplace.core.i18n import force_locale
from marketplace.engagements import queries as engagement_queries
from marketplace.engagements import service as engagement_verbs
from marketplace.engagements.models import CoPayment, Engagement
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.reports import proof
from tests.factories import claims as make
from tests.factories import engagements, milestones
from tests.factories.bank_reports import Detail, Entry, notification, report, statement
from tests.milestones import Tale

pytestmark = pytest.mark.usefixtures("database", "clock")
FEE = 500


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.first_stage_approved


@pytest.fixture
def share(story: engagements.Story) -> CoPayment:
    """The share of another engagement, that is awaited."""
    agreement = engagements.make_agreement(story, milestones.SMALL)
    engagements.redeem(story, agreement)
    found = engagement_queries.find_co_payment(agreement.id)
    assert found is not None
    return found


@pytest.fixture
def batch(story: engagements.Story, claim: Claim, officer: Actor) -> PaymentBatch:
    """Two payments that were sent: the claim's and a refund's."""
    agreement_id = claim.engagement.agreement_id
    refund = service.request_refund(agreement_id, actor=SYSTEM, amount=1000, reason="Cut", key="refund")
    batch = service.prepare_batch(actor=officer, claim_ids=[claim.id], refund_ids=[refund.id], key="batch")
    return service.send_batch(batch.id, actor=story.budget_officers[1], key="send")


def total(batch: PaymentBatch) -> int:
    return sum(line.amount for line in batch.lines)


def books() -> int:
    """What the books say stands at the bank since this story began; the proof of the books has no fault."""
    assert proof.prove().faults == []
    return proof.bank_balances()["KRW"][1]


@pytest.fixture
def before(claim: Claim) -> int:
    return books()


def unmatched() -> list[BankEntry]:
    return [queries.get_entry(row.id) for row in queries.unmatched_entries(limit=50)]


def engagement_of(share: CoPayment) -> Engagement:
    found = engagement_queries.find_engagement(share.agreement_id)
    assert found is not None
    return found


def test_a_charge_is_kept_by_the_bank_and_the_share_has_come_in_full(
    share: CoPayment, before: int, officer: Actor
) -> None:
    detail = Detail(share.reference, share.amount, charge=FEE)
    made = make.take(notification(Entry(share.amount - FEE, [detail])), officer)
    assert [(entry.outcome, entry.signed) for entry in made.entries] == [
        ("co_payment", share.amount),
        ("charge", -FEE),
    ]
    assert (share.status, ledger.balance(chart.co_payment(share.agreement_id))) == ("paid", share.amount)
    assert (books() - before, ledger.balance(chart.charges("KRW"))) == (share.amount - FEE, -FEE)


@pytest.mark.parametrize("statement_first", [True, False])
def test_a_charge_that_the_statement_alone_shows(
    statement_first: bool, share: CoPayment, before: int, officer: Actor
) -> None:
    files = [
        notification(Entry(share.amount, [Detail(share.reference)])),
        statement(Entry(share.amount - FEE, [Detail(share.reference)])),
    ]
    for content in reversed(files) if statement_first else files:
        make.take(content, officer)
    assert books() - before == share.amount - FEE
    assert (share.status, ledger.balance(chart.charges("KRW")), unmatched()) == ("paid", -FEE, [])


@pytest.mark.parametrize("statement_first", [True, False])
def test_a_debit_of_which_the_statement_alone_shows_the_charge(
    statement_first: bool, batch: PaymentBatch, before: int, officer: Actor
) -> None:
    line = max(batch.lines, key=lambda one: one.amount)
    files = [
        notification(Entry(-line.amount, [Detail(line.end_to_end_id)])),
        statement(Entry(-line.amount - FEE, [Detail(line.end_to_end_id)])),
    ]
    for content in reversed(files) if statement_first else files:
        make.take(content, officer)
    assert (line.status, books() - before, unmatched()) == ("paid", -line.amount - FEE, [])


def test_a_debit_with_a_charge_pays_and_the_charge_is_booked(batch: PaymentBatch, before: int, officer: Actor) -> None:
    details = [Detail(line.end_to_end_id, line.amount) for line in batch.lines]
    make.take(notification(Entry(-total(batch) - FEE, details)), officer)
    assert (batch.status, books() - before) == ("settled", -total(batch) - FEE)


def test_another_currency_is_never_booked_as_the_accounts(share: CoPayment, before: int, officer: Actor) -> None:
    detail = Detail(share.reference, 1000, currency="USD")
    make.take(notification(Entry(share.amount, [detail])), officer)
    assert (share.status, books() - before) == ("paid", share.amount)
    make.take(notification(Entry(77, [Detail("A", 3, currency="USD"), Detail("B", 4, currency="USD")])), officer)
    assert ([entry.amount for entry in unmatched()], books() - before) == ([77], share.amount + 77)


def test_the_details_divide_an_entry_wherever_they_say_their_amount(
    share: CoPayment, before: int, officer: Actor
) -> None:
    wrapped = f'<AmtDtls><TxAmt><Amt Ccy="KRW">{share.amount}</Amt></TxAmt></AmtDtls>'
    content = notification(Entry(share.amount + 700, [Detail(share.reference, share.amount), Detail(amount=700)]))
    plain = f'<Amt Ccy="KRW">{share.amount}</Amt>'.encode()
    assert plain in content
    make.take(content.replace(plain, wrapped.encode()), officer)
    assert (share.status, [entry.amount for entry in unmatched()]) == ("paid", [700])
    assert books() - before == share.amount + 700


@pytest.mark.parametrize("kind", ["camt.053", "camt.054"])
@pytest.mark.parametrize("named", ["batch", "words", "reference"])
def test_a_batch_booked_as_one_debit_is_that_batch(
    kind: str, named: str, claim: Claim, batch: PaymentBatch, before: int, officer: Actor
) -> None:
    entry = {
        "batch": Entry(-total(batch), batch=batch.number),
        "words": Entry(-total(batch), words=f"SAMMLER {batch.number.lower()}"),
        "reference": Entry(-total(batch), [Detail(batch.number, account="")]),
    }[named]
    make.take(report(kind, entry), officer)
    assert (batch.status, claim.status, books() - before) == ("settled", "paid", -total(batch))


@pytest.mark.parametrize("whole_first", [True, False])
def test_a_batch_as_one_debit_and_one_by_one_is_paid_once(
    whole_first: bool, claim: Claim, batch: PaymentBatch, before: int, officer: Actor
) -> None:
    singles = [Entry(-line.amount, [Detail(line.end_to_end_id)]) for line in batch.lines]
    files = [statement(Entry(-total(batch), batch=batch.number)), *map(notification, singles)]
    for content in files if whole_first else reversed(files):
        make.take(content, officer)
    assert (batch.status, claim.status, books() - before) == ("settled", "paid", -total(batch))
    assert unmatched() == []


def test_a_debit_that_is_not_all_of_a_batch_is_assigned_by_an_officer(
    story: engagements.Story, claim: Claim, batch: PaymentBatch, before: int, officer: Actor
) -> None:
    first, second = batch.lines
    (entry,) = make.take(notification(Entry(-first.amount - FEE, batch=batch.number)), officer).entries
    assert (entry.outcome, claim.status, books() - before) == ("unmatched", "batched", -first.amount - FEE)
    say = {"actor": officer, "reason": "The bank said so on the phone"}
    for lines in ([first.id, second.id], [second.id], []):
        with pytest.raises(DomainError), db.session.begin_nested():
            service.assign_to_payments(entry.id, line_ids=lines, key=make.new_key(), **say)
    with pytest.raises(Forbidden):
        service.assign_to_payments(entry.id, actor=story.manager, line_ids=[first.id], reason="Mine", key="no")
    service.assign_to_payments(entry.id, line_ids=[first.id], key="yes", **say)
    assert (first.status, second.status, batch.status) == ("paid", "pending", "sent")
    assert (ledger.balance(chart.charges("KRW")), books() - before) == (-FEE, -first.amount - FEE)
    with pytest.raises(DomainError):
        service.assign_to_payments(entry.id, line_ids=[second.id], key="again", **say)


def test_an_officer_chooses_payments_of_one_batch_in_its_currency_that_are_still_to_come(
    story: engagements.Story, claim: Claim, batch: PaymentBatch, officer: Actor
) -> None:
    first, second = batch.lines
    refund = service.request_refund(claim.engagement.agreement_id, actor=SYSTEM, amount=70, reason="Cut", key="other")
    other = service.prepare_batch(actor=officer, refund_ids=[refund.id], key="other batch")
    service.send_batch(other.id, actor=story.budget_officers[1], key="send other")
    make.take(notification(Entry(-second.amount, [Detail(second.end_to_end_id)])), officer)
    assert second.status == "paid"
    debits = [
        (Entry(-first.amount - 70), [first, other.lines[0]], "one batch"),
        (Entry(-first.amount // 100, currency="USD"), [first], "not the amount"),
        (Entry(-second.amount), [second], "reported"),
    ]
    for debit, lines, words in debits:
        (entry,) = make.take(notification(debit), officer).entries
        assert entry.outcome == "unmatched"
        with force_locale("en"), pytest.raises(Invalid, match=words) as refused, db.session.begin_nested():
            service.assign_to_payments(
                entry.id, actor=officer, line_ids=[line.id for line in lines], reason="So it is", key=make.new_key()
            )
        assert refused.value.field == "line_ids"


def test_a_payment_comes_back_less_a_charge(claim: Claim, batch: PaymentBatch, before: int, officer: Actor) -> None:
    make.take(notification(Entry(-total(batch), batch=batch.number)), officer)
    line = queries.line_of_claim(claim.id)
    assert line is not None
    back = Detail(line.end_to_end_id, line.amount, charge=FEE, reason="AC04")
    make.take(notification(Entry(line.amount - FEE, [back])), officer)
    assert (claim.status, line.status, line.return_reason) == ("approved", "returned", "AC04")
    assert sum(ledger.balances_by_owner(claim.id, "payable").values()) == claim.aid, "payable again in full"
    assert books() - before == -total(batch) + line.amount - FEE


def test_a_return_that_is_short_is_taken_by_itself_or_by_an_officer(
    claim: Claim, batch: PaymentBatch, before: int, officer: Actor
) -> None:
    make.take(notification(Entry(-total(batch), batch=batch.number)), officer)
    line = queries.line_of_claim(claim.id)
    assert line is not None
    short = line.amount - line.amount // 10
    (entry,) = make.take(statement(Entry(short, [Detail(line.end_to_end_id, reason="AC04")])), officer).entries
    assert (entry.outcome, claim.status) == ("unmatched", "paid"), "a tenth is no usual charge"
    with pytest.raises(DomainError), db.session.begin_nested():
        service.assign_to_return(entry.id, actor=officer, reference="PAY-0", reason="Back", key="no")
    service.assign_to_return(entry.id, actor=officer, reference=line.end_to_end_id, reason="Back", key="yes")
    assert (claim.status, books() - before) == ("approved", -total(batch) + short)
    assert ledger.balance(chart.charges("KRW")) == short - line.amount


def test_a_return_that_is_short_by_little_is_taken_by_itself(
    claim: Claim, batch: PaymentBatch, before: int, officer: Actor
) -> None:
    make.take(notification(Entry(-total(batch), batch=batch.number)), officer)
    line = queries.line_of_claim(claim.id)
    assert line is not None
    make.take(statement(Entry(line.amount - FEE, [Detail(line.end_to_end_id, reason="AC04")])), officer)
    assert (claim.status, books() - before) == ("approved", -total(batch) + line.amount - FEE)


def test_a_return_that_is_told_before_its_payment_waits_for_it(
    claim: Claim, batch: PaymentBatch, before: int, officer: Actor
) -> None:
    """The notification of the return comes first, the statement with the batch after it."""
    (line,) = [one for one in batch.lines if one.claim_id == claim.id]
    make.take(notification(Entry(line.amount, [Detail(line.end_to_end_id, reason="AC04")])), officer)
    assert (line.status, books() - before) == ("pending", line.amount)
    make.take(statement(Entry(-total(batch), batch=batch.number)), officer)
    assert (line.status, claim.status, unmatched()) == ("returned", "approved", [])
    assert books() - before == line.amount - total(batch)


REVERSED = {"as a debit": -1, "as the credit that it was": 1}


@pytest.mark.parametrize("sign", REVERSED.values(), ids=REVERSED)
def test_a_share_that_the_bank_takes_back_stops_the_work(
    sign: int, story: engagements.Story, share: CoPayment, before: int, officer: Actor
) -> None:
    make.take(notification(Entry(share.amount, [Detail(share.reference)], mark="C1")), officer)
    work = engagement_of(share)
    assert work.status == "active"
    make.take(notification(Entry(sign * share.amount, [Detail(share.reference)], mark="C2", reversal=True)), officer)
    assert (share.status, work.status, books() - before) == ("awaited", "awaiting_co_payment", 0)
    assert make.told("engagements/co_payment_taken_back") == 2
    with pytest.raises(DomainError):
        engagements.hand_in(story, work)
    make.take(notification(Entry(share.amount, [Detail(share.reference)], mark="C3")), officer)
    assert (share.status, work.status, books() - before) == ("paid", "active", share.amount)
    engagements.accept_all(story, work, stages=1)


def test_a_share_taken_back_before_it_was_told_is_taken_back_after(
    share: CoPayment, before: int, officer: Actor
) -> None:
    make.take(notification(Entry(-share.amount, [Detail(share.reference)], mark="C2", reversal=True)), officer)
    assert (share.status, books() - before) == ("awaited", -share.amount)
    make.take(notification(Entry(share.amount, [Detail(share.reference)], mark="C1")), officer)
    assert (share.status, unmatched(), books() - before) == ("awaited", [], 0)
    assert engagement_of(share).status == "awaiting_co_payment"


def test_work_whose_share_was_taken_back_lapses_or_is_ended(
    story: engagements.Story, share: CoPayment, before: int, officer: Actor
) -> None:
    make.take(notification(Entry(share.amount, [Detail(share.reference)], mark="C1")), officer)
    make.take(notification(Entry(-share.amount, [Detail(share.reference)], mark="C2", reversal=True)), officer)
    work = engagement_of(share)
    engagement_verbs.terminate(work.id, actor=story.programme_officer, reason="It never paid again", key="end")
    assert service.refund_ended_stages(work.id, actor=SYSTEM) is None, "nothing of a share is there to go back"
    assert (work.status, share.status) == ("terminated", "lapsed")
    (late,) = make.take(notification(Entry(share.amount, [Detail(share.reference)], mark="C3")), officer).entries
    assert (late.outcome, books() - before) == ("unmatched", share.amount)


def test_a_reversal_of_a_share_that_was_paid_on_holds_payments_and_is_made_good(
    claim: Claim, batch: PaymentBatch, before: int, officer: Actor
) -> None:
    make.take(notification(Entry(-total(batch), batch=batch.number)), officer)
    paid = engagement_queries.find_co_payment(claim.engagement.agreement_id)
    assert paid is not None
    reversal = Entry(-paid.amount, [Detail(paid.reference)], mark="C2", reversal=True)
    (debit,) = make.take(notification(reversal), officer).entries
    assert (debit.outcome, paid.status) == ("unmatched", "paid")
    assert queries.find_hold_in_force(claim.engagement_id) is not None
    assert ledger.balance(chart.suspended_debit(debit.id)) == -paid.amount
    tomorrow = business_clock.today() + timedelta(days=1)
    again = Entry(paid.amount, [Detail(paid.reference)], on=tomorrow, mark="C3")
    (credit,) = make.take(notification(again), officer).entries
    assert credit.outcome == "unmatched", "the share has arrived before"
    service.assign_to_known(debit.id, actor=officer, other_id=credit.id, reason="Paid again", key="k")
    assert unmatched() == []
    assert books() - before == -total(batch)


def test_a_debit_without_a_mark_takes_a_share_back_by_the_word_of_an_officer(
    share: CoPayment, before: int, officer: Actor
) -> None:
    make.take(notification(Entry(share.amount, [Detail(share.reference)])), officer)
    (entry,) = make.take(statement(Entry(-share.amount, [Detail("X", account="")])), officer).entries
    assert (entry.outcome, share.status) == ("unmatched", "paid")
    with pytest.raises(DomainError), db.session.begin_nested():
        service.assign_to_reversal(entry.id, actor=officer, reference="COP-0000-000000", reason="So", key="no")
    service.assign_to_reversal(entry.id, actor=officer, reference=share.reference, reason="So", key="yes")
    assert (share.status, engagement_of(share).status, books() - before) == ("awaited", "awaiting_co_payment", 0)


def test_a_debit_that_nobody_knows_stands_in_the_books_until_it_is_explained(before: int, officer: Actor) -> None:
    (entry,) = make.take(statement(Entry(-FEE, words="Account fee")), officer).entries
    assert (entry.outcome, books() - before) == ("unmatched", -FEE)
    assert ledger.balance(chart.suspended_debit(entry.id)) == -FEE
    service.explain_entry(entry.id, actor=officer, reason="Fee of the account")
    assert (unmatched(), books() - before, ledger.balance(chart.charges("KRW"))) == ([], -FEE, -FEE)


def test_an_odd_entry_is_set_aside_and_the_rest_is_taken(before: int, officer: Actor) -> None:
    odd = replace(Entry(-FEE, words="Fee"), mark="ODD")
    content = report("camt.053", Entry(250_000, mark="G1"), odd, opening=1_000_000, closing=1_249_500)
    at = content.rindex(b"<BookgDt>")
    made = make.take(content[:at] + content[content.index(b"</BookgDt>", at) + 10 :], officer)
    ((found,),) = [report.odd for report in made.reports]
    assert (found["number"], found["why"]) == (2, "It has no booking date that can be read.")
    assert ([entry.amount for entry in made.entries], made.reports[0].sum) == ([250_000], "differs")
    assert books() - before == 250_000


def test_a_debit_without_a_mark_takes_no_share_back_by_itself(share: CoPayment, officer: Actor) -> None:
    """It may be a refund that names the share."""
    make.take(notification(Entry(share.amount, [Detail(share.reference)])), officer)
    (entry,) = make.take(notification(Entry(-share.amount, [Detail(share.reference, account="")])), officer).entries
    assert (entry.outcome, share.status) == ("unmatched", "paid")


def test_a_payment_of_a_batch_that_was_not_sent_is_looked_at(claim: Claim, officer: Actor) -> None:
    (line,) = service.prepare_batch(actor=officer, claim_ids=[claim.id], key="batch").lines
    (entry,) = make.take(notification(Entry(-line.amount, [Detail(line.end_to_end_id, account="")])), officer).entries
    assert (entry.outcome, line.status) == ("unmatched", "pending")


def test_what_comes_back_is_no_more_than_the_payment_and_in_its_currency(
    batch: PaymentBatch, before: int, officer: Actor
) -> None:
    make.take(notification(Entry(-total(batch), batch=batch.number)), officer)
    (line,) = [one for one in batch.lines if one.claim_id is None]
    more = Entry(line.amount + 1, [Detail(line.end_to_end_id, reason="AC04")])
    cents = Entry(line.amount // 100, [Detail(line.end_to_end_id, reason="AC04", currency="USD")], currency="USD")
    for one in (more, cents):
        (entry,) = make.take(notification(one), officer).entries
        assert (entry.outcome, line.status) == ("unmatched", "paid")
    assert books() - before == -total(batch) + line.amount + 1


def test_what_a_refused_match_had_begun_is_undone(
    share: CoPayment, before: int, officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = engagement_verbs.record_co_payment

    def refuse(*given: Any, **named: Any) -> None:
        record(*given, **named)
        raise DomainError("Too late")

    monkeypatch.setattr(engagement_verbs, "record_co_payment", refuse)
    (entry,) = make.take(notification(Entry(share.amount, [Detail(share.reference)])), officer).entries
    db.session.expire_all()
    assert (entry.outcome, share.status, books() - before) == ("unmatched", "awaited", share.amount)
