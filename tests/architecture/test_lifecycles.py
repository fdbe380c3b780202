"""Every (status, event) pair is either a named move or refused."""

from itertools import product

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, scoped_session

from marketplace.core.commands import describe_lifecycles, lifecycles
from marketplace.core.errors import IllegalMove
from marketplace.core.states import Lifecycle
from tests.architecture.source import ROOT

LIFECYCLES = [pytest.param(lifecycle, id=f"{area}.{lifecycle.name}") for area, lifecycle in lifecycles()]


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
def test_each_pair_is_one_move_or_refused(lifecycle: Lifecycle) -> None:
    for status, event in product(lifecycle.statuses, lifecycle.events):
        moves = [move for move in lifecycle.moves if move.event == event and status in move.sources]
        assert len(moves) <= 1, f"{event} from {status} is ambiguous"
        if moves:
            assert lifecycle.move(status, event).target == moves[0].target
        else:
            with pytest.raises(IllegalMove):
                lifecycle.move(status, event)


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
def test_each_status_can_be_reached_and_has_words(lifecycle: Lifecycle) -> None:
    reached = {lifecycle.initial}
    for _ in lifecycle.statuses:
        reached |= {move.target for move in lifecycle.moves if reached & set(move.sources)}
    assert reached == set(lifecycle.statuses)
    assert set(lifecycle.labels) == set(lifecycle.statuses)


def test_the_printed_lifecycles_are_current() -> None:
    """`marketplace docs lifecycles > docs/lifecycles.md` brings them up to date."""
    assert (ROOT / "docs" / "lifecycles.md").read_text() == describe_lifecycles()


def test_the_database_knows_the_same_statuses(database: scoped_session[Session]) -> None:
    """Each lifecycle's statuses are those of some CHECK on a status column, quote for quote."""
    checks = database.scalars(
        text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'c' AND conname LIKE 'ck_%status%'")
    ).all()
    named = [set(check.split("'")[1::2]) for check in checks]
    missing = [f"{area}.{item.name}" for area, item in lifecycles() if set(item.statuses) not in named]
    assert not missing


def test_the_databases_own_moves_are_those_of_the_states(database: scoped_session[Session]) -> None:
    """What a function of the database may do to a status is the whole of the named move, no more and no less."""
    rows = database.execute(text("SELECT lifecycle, event, source, target FROM lifecycle_moves")).all()
    made = {(row.lifecycle, row.event) for row in rows}
    known = {
        (item.name, move.event, source, move.target)
        for _area, item in lifecycles()
        for move in item.moves
        for source in move.sources
        if (item.name, move.event) in made
    }
    assert {tuple(row) for row in rows} == known
