"""The picture of a call's money: what flows in flows out, in widths true to the amounts."""

from collections import defaultdict
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from marketplace.reports.flows import BANDS, END, STAGES, THINNEST, Step, draw, steps

NAMES = ("available", "reserved", "committed", "payable", "paid", "returned")
AMOUNTS = st.fixed_dictionaries(dict.fromkeys(NAMES, st.integers(0, 10**12)))


def test_a_plain_call_is_told_from_left_to_right() -> None:
    way = steps({"a": {"available": 50, "reserved": 30, "committed": 15, "payable": 0, "paid": 5, "returned": 0}})
    assert way == [
        Step("a", "promised", "reserved", 50),
        Step("a", "available", "available", 50),
        Step("promised", "bound", "committed", 20),
        Step("promised", "reserved", "reserved", 30),
        Step("bound", "approved", "payable", 5),
        Step("bound", "committed", "committed", 15),
        Step("approved", "paid", "paid", 5),
    ]


def test_nothing_appropriated_draws_nothing() -> None:
    picture = draw(steps({"a": dict.fromkeys(NAMES, 0)}))
    assert (picture.nodes, picture.bands) == ([], [])


@given(st.dictionaries(st.sampled_from(("a", "b", "c")), AMOUNTS, min_size=1))
def test_no_unit_is_lost_or_made_on_the_way(standing: dict[str, dict[str, int]]) -> None:
    way = steps(standing)
    came, went = defaultdict(int), defaultdict(int)
    for step in way:
        went[step.source] += step.amount
        came[step.target] += step.amount
    for source, amounts in standing.items():
        assert went[source] == sum(amounts.values())
    for _rest, passed in STAGES[:-1]:
        assert came[passed] == went[passed]
    for rest, _passed in STAGES:
        assert came[rest] == sum(amounts[rest] for amounts in standing.values())
    assert went["paid"] == came[END] == sum(amounts["returned"] for amounts in standing.values())


@given(st.dictionaries(st.sampled_from(("a", "b", "c")), AMOUNTS, min_size=1))
def test_everything_is_drawn_inside_the_picture_and_true_to_its_amount(standing: dict[str, dict[str, int]]) -> None:
    picture = draw(steps(standing))
    total = sum(sum(amounts.values()) for amounts in standing.values())
    for node in picture.nodes:
        assert 0 <= node.x <= picture.width - 12
        assert node.y + node.height <= picture.height
        assert abs(node.height - max(node.amount * BANDS / total, THINNEST)) < 0.1
    columns = defaultdict(list)
    for node in picture.nodes:
        columns[node.column].append((node.y, node.y + node.height))
    for places in columns.values():
        places.sort()
        assert all(above[1] < below[0] for above, below in pairwise(places))
