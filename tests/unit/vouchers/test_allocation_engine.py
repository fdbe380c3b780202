"""First come by ticket: order, budget, waitlist, and the same answers however the list is cut."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from marketplace.vouchers.allocation import Line, Ticket, allocate

CENTRAL, LOCAL = UUID(int=1), UUID(int=2)


def lines(central: int, local: int) -> list[Line]:
    return [Line(CENTRAL, 4000, central), Line(LOCAL, 2000, local)]


def tickets(count: int, *, refused: set[int] = frozenset()) -> list[Ticket]:  # type: ignore[assignment]
    return [
        Ticket(UUID(int=100 + number), number, "not_eligible" if number in refused else None)
        for number in range(1, count + 1)
    ]


def test_tickets_win_in_order_and_the_rest_wait() -> None:
    answers = allocate(lines(8_000, 10_000), tickets(4), amount=6_000)
    assert [(answer.ticket, answer.outcome, answer.position) for answer in answers] == [
        (1, "allocated", None),
        (2, "allocated", None),
        (3, "waitlisted", 1),
        (4, "waitlisted", 2),
    ]
    assert answers[0].parts == {CENTRAL: 4_000, LOCAL: 2_000}


def test_one_empty_line_stops_the_giving() -> None:
    answers = allocate(lines(100_000, 1_999), tickets(1), amount=6_000)
    assert answers[0].outcome == "waitlisted"


def test_a_refused_ticket_takes_no_money_and_no_place() -> None:
    answers = allocate(lines(4_000, 2_000), tickets(3, refused={1}), amount=6_000)
    assert [(answer.outcome, answer.reason, answer.position) for answer in answers] == [
        ("refused", "not_eligible", None),
        ("allocated", None, None),
        ("waitlisted", "budget_spent", 1),
    ]


def test_nobody_overtakes_who_already_waits() -> None:
    answers = allocate(lines(100_000, 100_000), tickets(1), amount=6_000, waiting=3)
    assert (answers[0].outcome, answers[0].position) == ("waitlisted", 4)


def test_linked_firms_count_as_one_under_the_cap() -> None:
    firm = UUID(int=9)
    queue = [
        Ticket(UUID(int=101), 1, undertaking=firm, promised=6_000),
        Ticket(UUID(int=102), 2, undertaking=firm, promised=6_000),
        Ticket(UUID(int=103), 3, undertaking=UUID(int=8)),
    ]
    answers = allocate(lines(100_000, 100_000), queue, amount=6_000, cap=12_000)
    assert [(answer.outcome, answer.reason) for answer in answers] == [
        ("allocated", None),
        ("refused", "aid_cap"),
        ("allocated", None),
    ]


budgets = st.integers(min_value=0, max_value=200_000)
refusals = st.sets(st.integers(min_value=1, max_value=30))


@given(central=budgets, local=budgets, amount=st.integers(1, 20_000), refused=refusals)
def test_no_line_is_ever_overspent_and_parts_sum_to_the_voucher(
    central: int, local: int, amount: int, refused: set[int]
) -> None:
    answers = allocate(lines(central, local), tickets(30, refused=refused), amount=amount)
    won = [answer for answer in answers if answer.outcome == "allocated"]
    assert all(sum(answer.parts.values()) == amount for answer in won)
    assert sum(answer.parts[CENTRAL] for answer in won) <= central
    assert sum(answer.parts[LOCAL] for answer in won) <= local


@given(central=budgets, local=budgets, amount=st.integers(1, 20_000), refused=refusals, cut=st.integers(0, 30))
def test_batches_give_the_answers_of_the_whole(
    central: int, local: int, amount: int, refused: set[int], cut: int
) -> None:
    everyone = tickets(30, refused=refused)
    whole = allocate(lines(central, local), everyone, amount=amount)
    first = allocate(lines(central, local), everyone[:cut], amount=amount)
    spent = {line: sum(answer.parts.get(line, 0) for answer in first) for line in (CENTRAL, LOCAL)}
    waiting = sum(answer.outcome == "waitlisted" for answer in first)
    second = allocate(
        lines(central - spent[CENTRAL], local - spent[LOCAL]), everyone[cut:], amount=amount, waiting=waiting
    )
    assert first + second == whole
