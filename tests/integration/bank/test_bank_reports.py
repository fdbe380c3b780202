"""Which money a report tells anew, and which is known: between files, kinds of reports, entries and their details."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from config.payments import terms
from marketplace.agency import queries as agency
from marketplace.claims import queries, service
from marketplace.claims.models import BankEntry, BankImport
from marketplace.claims.service import reconciliation
from marketplace.core import clock as business_clock
from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.errors import DomainError
from marketplace.engagements.models import CoPayment
from marketplace.ledger import chart
from marketplace.ledger import queries as ledger
from marketplace.reports import proof
from tests.factories import claims as make
from tests.factories.bank_reports import Detail, Entry, notification, report, statement

pytestmark = pytest.mark.usefixtures("database", "clock")


def at_bank() -> int:
    """What the books say stands at the bank; the proof of the books holds."""
    assert proof.prove().faults == []
    return proof.bank_balances().get("KRW", (0, 0))[1]


def outcomes(made: BankImport) -> Counter[str]:
    return Counter(entry.outcome.value for entry in made.entries)


def refundable() -> int:
    """How much money an officer could send back now."""
    unmatched = queries.unmatched_entries(limit=100)
    ids = queries.in_suspense([row.id for row in unmatched])
    return sum(row.amount for row in unmatched if row.id in ids and row.direction == "credit")


def payment(share: CoPayment, **given: str) -> Entry:
    return Entry(share.amount, [Detail(share.reference, **given)], mark=given.get("mark", ""))


def test_one_reference_of_the_bank_repeated_in_one_file_is_no_repetition(officer: Actor) -> None:
    same = [Detail("NOTPROVIDED", 100, mark="R1"), Detail("NOTPROVIDED", 100, mark="R1")]
    made = make.take(notification(Entry(200, same, mark="R1"), Entry(7, mark="R1"), Entry(7, mark="R1")), officer)
    assert outcomes(made) == {"unmatched": 4}
    assert at_bank() == 214


def test_a_running_number_that_begins_anew_each_day_is_no_repetition(officer: Actor) -> None:
    today = business_clock.today()
    for days, amount in ((2, 100), (1, 100), (0, 100), (0, 200)):
        make.take(notification(Entry(amount, mark="1", on=today - timedelta(days=days))), officer)
    assert at_bank() == 500


def test_what_another_file_of_the_same_kind_repeats_is_listed_and_counted(officer: Actor) -> None:
    entries = [Entry(100, mark="A"), Entry(100, mark="A"), Entry(5, mark="B")]
    make.take(notification(*entries), officer)
    again = make.take(notification(Entry(9, mark="C"), *entries, Entry(100, mark="A")), officer)
    assert outcomes(again) == {"known": 3, "unmatched": 2}, "the third of three is new"
    assert at_bank() == 205 + 9 + 100


def test_two_payers_under_one_running_number_are_two_payments(officer: Actor) -> None:
    for account in ("111", "222"):
        make.take(notification(Entry(100, [Detail(account=account)], mark="1")), officer)
    assert at_bank() == 200


def test_an_entry_without_any_reference_is_known_by_its_words(officer: Actor) -> None:
    make.take(notification(Entry(100, words="Cash")), officer)
    make.take(notification(Entry(100, words="Cheque")), officer)
    make.take(notification(Entry(100, words="Cash"), Entry(3)), officer)
    assert at_bank() == 203


def test_the_next_page_of_a_statement_repeats_nothing(officer: Actor) -> None:
    def page(number: int) -> bytes:
        part = f"<StmtPgntn><PgNb>{number}</PgNb><LastPgInd>false</LastPgInd></StmtPgntn>"
        return report("camt.053", Entry(100, mark="FEE"), name="S1", page=part)

    for number in (1, 2, 3):
        make.take(page(number), officer)
    assert at_bank() == 300
    assert outcomes(make.take(page(2) + b" ", officer)) == {"known": 1}
    assert at_bank() == 300


ORDERS = {"notification first": (0, 1, 0, 1), "statement first": (1, 0, 1, 0)}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
@pytest.mark.parametrize("kind", ["camt.054", "camt.052"])
def test_a_payment_that_both_reports_tell_is_booked_once(
    order: tuple[int, ...], kind: str, share: CoPayment, officer: Actor
) -> None:
    """The statement has other references on other levels."""
    files = [
        lambda: report(kind, Entry(share.amount, [Detail(share.reference, mark="N-1")], mark="E-1")),
        lambda: statement(Entry(share.amount, mark="S-77", words=f"deposit {share.reference.lower()}")),
    ]
    for which in order:
        make.take(files[which](), officer)
        assert at_bank() == share.amount
        assert (share.status, refundable()) == ("paid", 0)


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_details_and_one_collective_entry_are_one_thing(
    order: tuple[int, ...], share: CoPayment, officer: Actor
) -> None:
    details = [Detail(share.reference, share.amount), Detail("X", 700, account="3"), Detail("NOTPROVIDED", 50)]
    total = share.amount + 750
    files = [
        lambda: notification(Entry(total, details, mark="A")),
        lambda: statement(Entry(total, mark="B", words="collective credit")),
    ]
    for which in order:
        make.take(files[which](), officer)
        assert at_bank() == total
    assert (share.status, refundable()) == ("paid", 750), "the rest is refundable to its payers, once"


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_single_notifications_and_one_collective_entry_are_one_thing(
    order: tuple[int, ...], share: CoPayment, officer: Actor
) -> None:
    """They come days later, one by one, each in a file of its own."""
    today = business_clock.today()
    singles = [
        Entry(share.amount, [Detail(share.reference)], mark="1", on=today),
        Entry(700, [Detail("X", account="3")], mark="2", on=today),
        Entry(50, [Detail(account="4")], mark="3", on=today),
    ]
    total = share.amount + 750

    def notify() -> None:
        for single in singles:
            make.take(notification(single), officer)

    acts = [notify, lambda: make.take(statement(Entry(total, mark="C", on=today)), officer)]
    for which in order:
        acts[which]()
        assert at_bank() == total
    assert (share.status, refundable()) == ("paid", 750)
    holders = {row.debtor_account for row in db.session.query(BankEntry).filter_by(outcome="unmatched")}
    assert holders == {"3", "4"}


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_one_collective_notification_and_single_entries_are_one_thing(
    order: tuple[int, ...], share: CoPayment, officer: Actor
) -> None:
    details = [Detail(share.reference, share.amount), Detail("X", 700, account="3")]
    files = [
        lambda: notification(Entry(share.amount + 700, details, mark="A")),
        lambda: statement(payment(share), Entry(700, [Detail("X", account="3")])),
    ]
    for which in order:
        make.take(files[which](), officer)
        assert at_bank() == share.amount + 700
    assert (share.status, refundable()) == ("paid", 700)


def test_money_known_once_is_never_sent_back_from_the_other_report(share: CoPayment, officer: Actor) -> None:
    make.take(notification(payment(share)), officer)
    made = make.take(statement(Entry(share.amount + 10, mark="C")), officer)
    assert refundable() == 10
    for entry in made.entries:
        if entry.outcome == "known":
            with pytest.raises(DomainError):
                service.send_entry_back(entry.id, actor=officer, reason="Twice", key="k")
    assert at_bank() == share.amount + 10


def test_what_was_sent_back_already_is_not_told_apart_again(officer: Actor) -> None:
    (whole,) = make.take(statement(Entry(500, mark="C")), officer).entries
    service.send_entry_back(whole.id, actor=officer, reason="Nobody knows", key="k")
    made = make.take(notification(Entry(500, [Detail("A", 300), Detail("B", 200)])), officer)
    assert (outcomes(made), refundable(), at_bank()) == ({"known": 2}, 0, 500)


def test_a_payment_told_twice_on_two_days_is_looked_at_before_it_is_sent_back(share: CoPayment, officer: Actor) -> None:
    yesterday = business_clock.today() - timedelta(days=1)
    (first,) = make.take(notification(Entry(share.amount, [Detail(share.reference)], on=yesterday)), officer).entries
    (second,) = make.take(statement(payment(share, account="")), officer).entries
    assert (first.outcome, second.outcome) == ("co_payment", "unmatched")
    with pytest.raises(DomainError, match="another day|날짜만 다른"):
        service.send_entry_back(second.id, actor=officer, reason="Twice", key="k")
    assert at_bank() == 2 * share.amount
    with pytest.raises(DomainError):
        service.assign_to_known(second.id, actor=officer, other_id=second.id, reason="Same", key="a")
    service.assign_to_known(second.id, actor=officer, other_id=first.id, reason="Same", key="b")
    assert (at_bank(), refundable()) == (share.amount, 0)


def test_two_equal_payments_in_each_report_are_two(officer: Actor) -> None:
    """Both say nothing but their amount."""
    make.take(notification(Entry(100, mark="A"), Entry(100, mark="B")), officer)
    made = make.take(statement(Entry(100, mark="1"), Entry(100, mark="2"), Entry(100, mark="3")), officer)
    assert (outcomes(made), at_bank()) == ({"known": 2, "unmatched": 1}, 300)


def test_a_fee_in_the_statement_is_not_taken_for_a_payment_that_it_tells_as_well(officer: Actor) -> None:
    make.take(notification(Entry(-900, [Detail("X", account="")], mark="A")), officer)
    make.take(statement(Entry(-5, mark="FEE"), opening=1000), officer)
    assert at_bank() == -905


def test_a_deposit_that_seemed_to_hold_a_payment_is_booked_in_full_later(share: CoPayment, officer: Actor) -> None:
    make.take(notification(payment(share)), officer)
    make.take(statement(Entry(share.amount + 10, mark="C")), officer)
    assert at_bank() == share.amount + 10
    make.take(statement(payment(share), opening=share.amount + 10), officer)
    assert at_bank() == 2 * share.amount + 10
    assert refundable() == share.amount + 10


def test_movements_of_other_accounts_are_in_nobodys_books(share: CoPayment, officer: Actor) -> None:
    own = agency.account().number
    made = make.take(report("camt.053", payment(share), account="999"), officer)
    assert (outcomes(made), at_bank(), share.status) == ({"unmatched": 1}, 0, "awaited")
    make.take(report("camt.053", payment(share), account=own.replace("-", "")), officer)
    assert (at_bank(), share.status) == (share.amount, "paid"), "banks write an account with hyphens, or without"


@pytest.fixture
def small_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reconciliation, "PORTION", 20)


@pytest.mark.usefixtures("small_portions")
def test_a_file_of_many_entries_is_booked_in_the_background(officer: Actor) -> None:
    entries = [Entry(number, [Detail(f"R{number}")], mark=f"M{number}") for number in range(1, 46)]
    made = make.take(notification(*entries), officer)
    assert outcomes(made) == {"unmatched": 20, "waiting": 25}
    service.book_bank_file(made.id, actor=officer)
    service.book_bank_file(made.id, actor=officer)
    db.session.expire_all()
    assert outcomes(made) == {"unmatched": 45}
    service.book_bank_file(made.id, actor=officer)
    assert at_bank() == sum(range(1, 46))


@pytest.mark.usefixtures("small_portions")
def test_a_report_that_comes_while_the_other_is_booked_tells_nothing_anew(officer: Actor) -> None:
    entries = [Entry(number, [Detail(f"R{number}")]) for number in range(1, 26)]
    first = make.take(notification(*entries), officer)
    second = make.take(statement(*reversed(entries)), officer)
    for made in (second, first, second):
        service.book_bank_file(made.id, actor=officer)
    db.session.expire_all()
    assert (outcomes(first), outcomes(second)) == ({"unmatched": 25}, {"known": 25})
    assert at_bank() == sum(range(1, 26))


def test_the_banks_words_never_change_and_one_entry_is_itself_once(officer: Actor) -> None:
    make.take(notification(Entry(5, [Detail("A")], mark="M")), officer)
    changes = (
        "UPDATE bank_entries SET amount = 1",
        "UPDATE bank_entries SET is_known = true",
        "DELETE FROM bank_entries",
        "UPDATE bank_bookings SET amount = 1",
        "UPDATE bank_reports SET difference = 0",
    )
    for change in changes:
        with pytest.raises(DBAPIError, match="permission denied"), db.session.begin_nested():
            db.session.execute(text(change))
    columns = (
        "kind, account, currency, direction, amount, booked_on, bank_reference, is_reversal, fingerprint, occurrence"
    )
    copy = f"INSERT INTO bank_bookings (report_id, number, {columns}) SELECT report_id, 2, {columns} FROM bank_bookings"
    with pytest.raises(IntegrityError, match="uq_bank_bookings_identity"), db.session.begin_nested():
        db.session.execute(text(copy))


def test_a_report_that_the_agency_does_not_take_is_refused_with_words(
    officer: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    import config.payments

    only = replace(terms(business_clock.today()), reports=["camt.054"])
    monkeypatch.setattr(config.payments.EDITIONS, "all", (only,))
    with pytest.raises(DomainError, match="camt.054"):
        make.take(statement(Entry(5)), officer)
    make.take(notification(Entry(5)), officer)
    assert at_bank() == 5


def test_the_books_of_suspense_are_exactly_what_nobody_has_assigned(officer: Actor) -> None:
    made = make.take(notification(Entry(5, mark="A"), Entry(-3, mark="B")), officer)
    held = [ledger.balance(chart.suspense(entry.id)) for entry in made.entries]
    assert (held, at_bank()) == ([5, -3], 2)


def test_a_report_sent_again_with_more_details_tells_nothing_anew(share: CoPayment, officer: Actor) -> None:
    """One reference of the bank is one movement, however much a later file says of it."""
    own = agency.account().number
    for kind in ("camt.054", "camt.053", "camt.052"):
        for account, number in (
            ("", own),
            ("999-1", own),
            ("9991", own.replace("-", "\u2013")),
            ("9991", "110000000000"),
        ):
            detail = Detail(share.reference, account=account)
            make.take(report(kind, Entry(share.amount, [detail], mark="BK-77001"), account=number), officer)
            assert at_bank() == share.amount
    assert (share.status, refundable()) == ("paid", 0)


def test_a_statement_sent_again_is_the_same_one_and_another_one_that_goes_on_is_new(officer: Actor) -> None:
    """Its name and balances say so where its entries have no references."""

    def state(name: str, opening: int, *entries: Entry) -> BankImport:
        closing = opening + sum(entry.amount for entry in entries)
        return make.take(report("camt.053", *entries, name=name, opening=opening, closing=closing), officer)

    bare, named = Entry(50), Entry(50, [Detail(payer="Company", account="1", words="Said later")], mark="7")
    state("S1", 0, bare, bare)
    assert outcomes(state("S1", 0, named, bare)) == {"known": 2}
    assert outcomes(state("S2", 100, bare, named)) == {"unmatched": 2}, "the balances prove that it is new money"
    assert outcomes(state("S9", 0, bare, bare, bare, named)) == {"known": 4}, "all of the day once more"
    (third,) = queries.proofs(state("S3", 200, bare).reports)
    assert (at_bank(), third.goes_on, list(third.apart)) == (250, True, [])


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_a_statement_tells_on_the_next_working_day_what_a_notification_told(
    order: tuple[int, ...], share: CoPayment, officer: Actor
) -> None:
    today = business_clock.today()
    friday = today - timedelta(days=today.weekday() + 3)
    days = {0: friday, 1: friday + timedelta(days=3)}
    named, marked = Entry(share.amount, [Detail(share.reference)]), Entry(700, words="Bare", mark="BK-1")
    unnamed = Entry(30, mark="1")
    for which in order:
        told = [replace(one, on=days[which]) for one in (named, marked, unnamed)]
        make.take((notification, statement)[which](*told), officer)
    assert (share.status, at_bank()) == ("paid", share.amount + 700 + 60), "nothing says that the bare ones are one"


@pytest.mark.parametrize("order", ORDERS.values(), ids=ORDERS)
def test_an_entry_of_what_came_less_what_left_is_both(order: tuple[int, ...], officer: Actor) -> None:
    came, left = Detail("N1", 1000, account="1"), Detail("N2", 300, account="")
    net = Entry(700, [came, replace(left, direction="DBIT")], mark="K")
    files = [
        lambda: notification(Entry(1000, [came], mark="K1"), Entry(-300, [left], mark="K2")),
        lambda: statement(net),
    ]
    for which in order:
        make.take(files[which](), officer)
        assert at_bank() == 700


def test_what_came_before_a_share_was_taken_back_never_pays_it(share: CoPayment, officer: Actor) -> None:
    """It may be the same payment once more; a person says what it is."""
    make.take(notification(payment(share, mark="B-1")), officer)
    make.take(notification(payment(share, mark="B-2")), officer)
    back = Entry(-share.amount, [Detail(share.reference)], mark="B-3", reversal=True)
    make.take(notification(back), officer)
    assert (share.status, at_bank()) == ("awaited", share.amount)


def test_a_charge_on_another_account_is_in_nobodys_books(officer: Actor) -> None:
    told = Entry(95, [Detail("A", 100, charge=5)])
    assert outcomes(make.take(report("camt.054", told, account="999"), officer)) == {"unmatched": 2}
    assert at_bank() == 0


def test_of_money_that_was_told_apart_no_more_is_told_than_is_left(officer: Actor) -> None:
    (collected,) = make.take(statement(Entry(700, mark="C")), officer).entries
    make.take(notification(Entry(300, [Detail("A", account="3")])), officer)
    whole = make.take(report("camt.052", Entry(700, [Detail("B", account="4")])), officer)
    assert (outcomes(whole), ledger.balance(chart.suspense(collected.id)), at_bank()) == ({"known": 1}, 400, 700)


def test_what_says_no_more_than_is_known_takes_nothing_over(officer: Actor) -> None:
    make.take(statement(Entry(695, mark="C")), officer)
    again = make.take(notification(Entry(695, [Detail("X", 700, account="", charge=5)])), officer)
    assert (outcomes(again), refundable(), at_bank()) == ({"known": 2}, 695, 695)
