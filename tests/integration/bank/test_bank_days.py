"""One payment told on several days, and several payments that bear one name: each counts once, in whichever order."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from marketplace.claims import queries, rules, service
from marketplace.claims.models import BankEntry
from marketplace.claims.service.incoming import in_english
from marketplace.core import clock as business_clock
from marketplace.core.actors import SYSTEM, Actor
from marketplace.core.errors import DomainError
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.reports import proof
from tests.factories import claims as make
from tests.factories import engagements, milestones
from tests.factories.bank_reports import Detail, Entry, notification, report, statement
from tests.milestones import Tale

pytestmark = pytest.mark.usefixtures("database", "clock")
AMOUNT = 700
Teller = Callable[..., bytes]


@pytest.fixture(scope="session")
def begins() -> Tale:
    return milestones.share_awaited


def at_bank() -> int:
    """What the books say stands at the bank; the proof of the books holds."""
    assert proof.prove().faults == []
    return proof.bank_balances().get("KRW", (0, 0))[1]


def take(teller: Teller, ahead: int, officer: Actor, *, mark: str = "", account: str = "111") -> BankEntry:
    """A payment of the same payer under the same reference, so many days after Monday."""
    today = business_clock.today()
    day = today + timedelta(days=7 - today.weekday() + ahead)
    made = make.take(teller(Entry(AMOUNT, [Detail("X-1", account=account)], on=day, mark=mark)), officer)
    return made.entries[0]


ORDERS = ("N0 S0 N2 S2", "S2 N0 S0 N2", "N0 S2 N2 S0", "N0 S2 S0 N2", "S2 N0 N2 S0", "S0 S2 N2 N0", "N2 N0 S2 S0")


@pytest.mark.parametrize("order", ORDERS)
def test_two_payments_under_one_reference_within_days_are_two(order: str, officer: Actor) -> None:
    """Each told by a notification (N) and by a statement (S), of Monday (0) and of Wednesday (2)."""
    for told in order.split():
        take({"N": notification, "S": statement}[told[0]], int(told[1]), officer)
    assert at_bank() == 2 * AMOUNT


@pytest.mark.parametrize("order", ["N S N S", "N N S S", "S N S N", "S S N N", "N S S N"])
def test_two_payments_under_one_reference_on_one_day_are_two(order: str, officer: Actor) -> None:
    """The bank's references of the two kinds of report have nothing in common."""
    for number, told in enumerate(order.split()):
        take({"N": notification, "S": statement}[told], 0, officer, mark=f"{told}-{number}")
    assert at_bank() == 2 * AMOUNT


@pytest.mark.parametrize("kinds", ["camt.052 camt.054 camt.053", "camt.053 camt.052 camt.054"])
def test_a_payment_that_three_kinds_of_report_tell_is_one_and_the_next_one_another(kinds: str, officer: Actor) -> None:
    for number in range(2):
        for kind in kinds.split():
            take(lambda entry, kind=kind: report(kind, entry), 0, officer, mark=f"{kind}/{number}")
    assert at_bank() == 2 * AMOUNT


def test_what_a_statement_told_without_a_name_is_not_told_by_a_later_one_as_well(officer: Actor) -> None:
    """Monday's statement holds the notified payment in a collective entry; Wednesday's one is another payment."""
    first = take(notification, 0, officer)
    whole = Entry(AMOUNT + 5, on=first.booked_on)
    make.take(notification(Entry(5, [Detail("Y", account="9")], on=first.booked_on)), officer)
    make.take(statement(whole), officer)
    take(statement, 2, officer)
    assert at_bank() == 2 * AMOUNT + 5


def named(entry: Entry) -> bytes:
    """A notification that the bank sends again under one name."""
    return report("camt.054", entry, name="N-1")


def test_a_reference_of_the_bank_that_comes_later_makes_no_other_payment(officer: Actor) -> None:
    for mark in ("", "BK-77", "BK-77"):
        take(named, 0, officer, mark=mark)
    assert at_bank() == AMOUNT
    take(notification, 0, officer, mark="BK-78")
    assert at_bank() == 2 * AMOUNT, "two references of the bank are two payments"


def test_a_bank_that_calls_all_its_reports_alike_loses_no_payment(officer: Actor) -> None:
    """Its name says that a report is sent again only while each one tells all that the earlier ones told."""
    make.take(report("camt.054", Entry(5, [Detail("Y")]), name="N-1"), officer)
    first, second = [take(named, 0, officer, mark=mark) for mark in ("BK-77", "")]
    assert (first.is_doubtful, second.note) == (False, in_english(rules.MAY_BE_KNOWN))
    assert at_bank() == 2 * AMOUNT + 5


@pytest.mark.parametrize("marks", [("BK-77", ""), ("", "BK-77")])
def test_whether_a_payment_with_and_one_without_a_reference_of_the_bank_are_one_a_person_says(
    marks: tuple[str, str], officer: Actor
) -> None:
    first, second = [take(notification, 0, officer, mark=mark) for mark in marks]
    assert (second.outcome, second.note, at_bank()) == ("unmatched", in_english(rules.MAY_BE_KNOWN), 2 * AMOUNT)
    take(notification, 0, officer, mark=marks[1])
    assert at_bank() == 2 * AMOUNT, "what was told like this before is known"
    third = take(notification, 0, officer, mark="BK-78")
    assert [row.id for row in queries.counterparts(second)] == [first.id]
    with pytest.raises(DomainError):
        service.assign_to_known(second.id, actor=officer, other_id=third.id, reason="Same", key="a")
    service.assign_to_known(second.id, actor=officer, other_id=first.id, reason="Same", key="b")
    assert at_bank() == 2 * AMOUNT


def test_references_of_the_bank_within_entries_tell_payments_apart(officer: Actor) -> None:
    for mark in ("D-1", "D-2"):
        (entry,) = make.take(notification(Entry(AMOUNT, [Detail("X-1", mark=mark)])), officer).entries
    assert (entry.note, at_bank()) == (in_english(rules.MAY_BE_KNOWN), 2 * AMOUNT)


def test_no_charge_is_booked_of_money_that_may_be_known(officer: Actor) -> None:
    for mark in ("", "BK-77"):
        told = Entry(AMOUNT - 5, [Detail("X-1", AMOUNT, charge=5)], mark=mark)
        made = make.take(notification(told), officer)
    assert {entry.outcome for entry in made.entries} == {"unmatched"}
    assert ledger.balance(chart.charges("KRW")) == -5


def test_money_that_may_be_known_pays_nothing_until_the_statement_tells_of_it(
    told: milestones.Awaited, officer: Actor
) -> None:
    share = told.co_payment
    entry = Entry(share.amount, [Detail(share.reference)])
    make.take(notification(entry), officer)
    back = replace(entry, amount=-share.amount, reversal=True)
    make.take(notification(back), officer)
    assert share.status == "awaited"
    make.take(notification(replace(entry, mark="BK-77")), officer)
    assert (share.status, at_bank()) == ("awaited", share.amount)
    make.take(statement(entry, entry, back), officer)
    assert (share.status, at_bank()) == ("paid", share.amount)
    assert queries.unmatched_entries(limit=9) == []


def test_payments_of_one_batch_and_amount_are_told_apart(told: milestones.Awaited, officer: Actor) -> None:
    """Each stands in a notification of its own, and the bank gives no references."""
    work = engagements.make_engagement(told.story)
    asked = {"actor": SYSTEM, "amount": 1000, "reason": "Cut"}
    refunds = [service.request_refund(work.agreement_id, key=key, **asked) for key in "abc"]
    batch = service.prepare_batch(actor=officer, refund_ids=[refund.id for refund in refunds], key="batch")
    service.send_batch(batch.id, actor=told.story.budget_officers[1], key="send")
    before = at_bank()
    for line in batch.lines:
        make.take(notification(Entry(-line.amount, [Detail(line.end_to_end_id, account="")])), officer)
    assert at_bank() == before - 3000
    assert {line.status for line in queries.lines_of(batch.id)} == {"paid"}


@pytest.mark.parametrize(
    ("order", "is_free"),
    [("N0 S2", False), ("S2 N0", False), ("N0 S0 S2", True), ("S0 N2", True)],
)
def test_a_payment_goes_back_unless_it_may_be_one_that_another_report_told(
    order: str, is_free: bool, officer: Actor
) -> None:
    """The bank names an account in one report alone, so a person says whether it is one payment."""
    for told in order.split():
        kind = {"N": notification, "S": statement}[told[0]]
        last = take(kind, int(told[1]), officer, account="" if kind is statement else "111")
    assert at_bank() == AMOUNT * len({told[1] for told in order.split()})
    if is_free:
        service.send_entry_back(last.id, actor=officer, reason="Paid twice", key="k")
    else:
        with pytest.raises(DomainError, match="another day|날짜만 다른"):
            service.send_entry_back(last.id, actor=officer, reason="Paid twice", key="k")
