"""Which money is known from another report: by names, by amounts, hidden in what the bank doesn't tell apart."""

from typing import Any

from marketplace.claims.movements import Unit, Verdict, judge
from marketplace.claims.states import ReportKind

STATEMENT, NOTIFICATION = ReportKind.STATEMENT, ReportKind.NOTIFICATION


def told(amount: int, *numbers: str, kind: ReportKind = NOTIFICATION, booked: bool = True, **given: Any) -> Unit:
    """A single transaction, or with numbers of the agency that it names; it brought its money unless said otherwise."""
    given.setdefault("single", True)
    brought = amount if booked else 0
    return Unit(key=object(), kind=kind, amount=amount, numbers=frozenset(numbers), brought=brought, **given)


def new(amount: int, *numbers: str, kind: ReportKind = STATEMENT, **given: Any) -> Unit:
    return told(amount, *numbers, kind=kind, booked=False, **given)


def collective(amount: int, *numbers: str, **given: Any) -> Unit:
    return new(amount, *numbers, single=False, **given)


def fresh(units: list[Unit], old: list[Unit]) -> list[int]:
    """How much of each new unit is new money."""
    verdicts, _topped = judge(units, old, tolerance=1)
    for verdict in verdicts:
        assert verdict.hidden >= 0
    return [verdict.fresh for verdict in verdicts]


def one(unit: Unit, *old: Unit) -> Verdict:
    ((verdict,), _topped) = judge([unit], list(old), tolerance=1)
    return verdict


def test_the_same_amount_under_the_same_name_is_the_same_money() -> None:
    assert fresh([new(5, "COP-1")], [told(5, "COP-1")]) == [0]
    assert fresh([new(5, reference="A")], [told(5, reference="A")]) == [0]
    assert fresh([new(5, marks=frozenset("X"))], [told(5, marks=frozenset("X"))]) == [0]


def test_one_payment_is_known_once() -> None:
    assert fresh([new(5, "COP-1"), new(5, "COP-1")], [told(5, "COP-1")]) == [0, 5]
    first = told(5, "COP-1")
    judge([new(5, "COP-1")], [first], tolerance=1)
    assert fresh([new(5, "COP-1")], [first]) == [5]


def test_within_one_kind_nothing_is_known_from_another() -> None:
    assert fresh([new(5, "COP-1")], [told(5, "COP-1", kind=STATEMENT)]) == [5]


def test_what_says_that_it_is_another_payment_is_new_money() -> None:
    assert fresh([new(5, "COP-1")], [told(5, "COP-2")]) == [5]
    assert fresh([new(5, reference="A")], [told(5, reference="B")]) == [5]
    assert fresh([new(5, payer="1")], [told(5, payer="2")]) == [5]


def test_other_references_on_other_levels_are_no_contradiction() -> None:
    assert fresh([new(5, marks=frozenset("Y"))], [told(5, "COP-1", payer="1", marks=frozenset("X"))]) == [0]
    assert fresh([new(6, marks=frozenset("Y"))], [told(5, "COP-1", marks=frozenset("X"))]) == [6]


def test_who_agrees_in_more_is_known_first() -> None:
    named, unnamed = told(5, "COP-1"), told(5)
    verdicts, _topped = judge([new(5), new(5, "COP-1")], [named, unnamed], tolerance=1)
    assert [verdict.known[0][0] for verdict in verdicts] == [unnamed, named]


def test_a_collective_entry_is_the_sum_of_what_was_told_apart() -> None:
    parts = [told(5, "COP-1"), told(6, "COP-2"), told(4)]
    assert fresh([collective(15)], parts) == [0]
    assert fresh([collective(16)], [told(5, "COP-1"), told(6, "COP-2"), told(4)]) == [1]


def test_what_is_told_apart_later_hides_in_a_collective_entry() -> None:
    whole = told(15, kind=STATEMENT, single=False)
    for unit in (new(5, "COP-1", kind=NOTIFICATION), new(10, payer="1", kind=NOTIFICATION)):
        assert [target for target, _amount in one(unit, whole).known] == [whole]
    assert one(new(1, "COP-3", kind=NOTIFICATION), whole).fresh == 1, "nothing of it is left"


def test_a_batch_is_made_of_its_payments_and_no_others() -> None:
    mine, other = told(5, "PAY-1", reference="PAY11"), told(7, "PAY-2", reference="PAY21")
    verdict = one(collective(12, "PAY-1"), other, mine)
    assert (verdict.known, verdict.fresh) == ([(mine, 5)], 7)
    assert one(collective(7, "PAY-3"), told(7, "PAY-2", reference="PAY21")).fresh == 7


def test_two_payments_of_one_batch_are_not_each_other() -> None:
    first = told(5, "PAY-1", reference="PAY10001")
    assert fresh([new(5, "PAY-1", reference="PAY10002")], [first]) == [5]


def test_a_small_difference_under_the_same_name_is_a_charge() -> None:
    gross = told(6_000_000, "COP-1")
    verdict = one(new(5_999_500, "COP-1"), gross)
    assert (verdict.known, verdict.excess, verdict.fresh, verdict.hidden) == ([(gross, 6_000_000)], -500, 0, 0)
    assert one(new(5_900_000, "COP-1"), told(6_000_000, "COP-1")).fresh == 5_900_000


def test_money_that_names_nothing_was_not_hidden_after_all() -> None:
    """A deposit seemed to hold the payment that another report told; then the statement tells that payment too."""
    payment, deposit = told(100, "COP-1"), collective(500)
    verdict = one(deposit, payment)
    assert (verdict.fresh, verdict.hidden) == (400, 100)
    deposit.brought = 400
    verdicts, topped = judge([new(100, "COP-1")], [payment, deposit], tolerance=1)
    assert [verdict.fresh for verdict in verdicts] == [0]
    assert topped == [(deposit, 100)]
    deposit.brought = 500
    assert fresh([collective(7)], [payment, deposit]) == [7]


def test_a_single_payment_holds_no_smaller_one() -> None:
    assert fresh([collective(50)], [told(100, "COP-1")]) == [50]


def test_what_was_known_itself_passes_the_claim_on() -> None:
    first = told(5, "COP-1")
    intraday = told(5, "COP-1", kind=ReportKind.INTRADAY, booked=False, origin=first)
    assert one(new(5, "COP-1"), intraday, first).fresh == 0
    assert one(collective(5), intraday, first).fresh == 5, "the statement has told it already"


def test_what_was_known_from_a_payment_has_no_more_room_than_the_payment() -> None:
    """Three kinds of report tell of one payment; the second telling of the third kind is another payment."""
    stated = told(5, "COP-1", kind=STATEMENT)
    notified = told(5, "COP-1", booked=False, origin=stated)
    stated.claim(ReportKind.INTRADAY, 5)
    assert fresh([new(5, "COP-1", kind=ReportKind.INTRADAY)], [notified, stated]) == [5]
