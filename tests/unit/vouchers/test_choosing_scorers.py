"""Who is asked to score: the least loaded, nobody twice, nobody of the company; on plain data."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from marketplace.vouchers.scoring import Place, choose

IDS = [UUID(int=number) for number in range(1, 8)]
EVALUATORS, COMPANIES = IDS[:4], [UUID(int=100), UUID(int=101)]
pairs = st.sets(st.tuples(st.sampled_from(IDS), st.sampled_from(EVALUATORS)))
belonging = st.sets(st.tuples(st.sampled_from(EVALUATORS), st.sampled_from(COMPANIES)))
needs = st.lists(st.tuples(st.sampled_from(COMPANIES), st.integers(1, 3)), max_size=7)


def test_the_least_loaded_are_asked_and_each_asking_counts() -> None:
    places = [Place(UUID(int=number), COMPANIES[0], 1) for number in range(1, 6)]
    chosen = choose(places, EVALUATORS[:2], load={EVALUATORS[0]: 3}, asked=(), members=())
    assert [evaluator for _application, evaluator in chosen] == [EVALUATORS[one] for one in (1, 1, 1, 0, 1)]


@given(needs, pairs, belonging)
def test_nobody_is_asked_twice_or_about_their_own_company_and_no_place_is_left_that_could_be_filled(
    demand: list[tuple[UUID, int]], asked: set[tuple[UUID, UUID]], members: set[tuple[UUID, UUID]]
) -> None:
    places = [Place(IDS[index], company, needed) for index, (company, needed) in enumerate(demand)]
    chosen = choose(places, EVALUATORS, load={}, asked=asked, members=members)
    assert len(set(chosen)) == len(chosen)
    assert not set(chosen) & asked
    for place in places:
        taken = [evaluator for application, evaluator in chosen if application == place.application_id]
        assert not {(evaluator, place.company) for evaluator in taken} & members
        free = [
            one
            for one in EVALUATORS
            if (place.application_id, one) not in asked and (one, place.company) not in members
        ]
        assert len(taken) == min(place.needed, len(free))
