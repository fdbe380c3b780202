"""Every (status, event) pair is either a named move or refused."""

from itertools import product
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session, scoped_session

from marketplace.core.commands import describe_lifecycles, lifecycles
from marketplace.core.errors import IllegalMove
from marketplace.core.states import Lifecycle
from tests.architecture.source import ROOT

LIFECYCLES = [pytest.param(lifecycle, id=f"{area}.{lifecycle.name}") for area, lifecycle in lifecycles()]


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
def test_each_pair_is_one_move_or_refused(lifecycle: Lifecycle[Any]) -> None:
    for status, event in product(lifecycle.statuses, {move.event for move in lifecycle.moves}):
        moves = [move for move in lifecycle.moves if move.event == event and status in move.sources]
        assert len(moves) <= 1, f"{event} from {status} is ambiguous"
        if moves:
            assert lifecycle.move(status, event).target == moves[0].target
        else:
            with pytest.raises(IllegalMove):
                lifecycle.move(status, event)


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
def test_each_status_can_be_reached_and_has_words(lifecycle: Lifecycle[Any]) -> None:
    reached = {lifecycle.initial}
    for _ in lifecycle.statuses:
        reached |= {move.target for move in lifecycle.moves if reached & set(move.sources)}
    assert reached == set(lifecycle.statuses)
    assert all(status.label != status for status in lifecycle.statuses)


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


def test_the_database_knows_the_moves_of_all_that_bears_money(database: scoped_session[Session]) -> None:
    """Its moves are those of the states, no more and no less, and each table has the guard that asks them."""
    rows = {
        tuple(row) for row in database.execute(text("SELECT lifecycle, event, source, target FROM lifecycle_moves"))
    }
    guarded = {name for name, *_move in rows}
    assert rows == {
        (item.name, move.event, source, move.target)
        for _area, item in lifecycles()
        for move in item.moves
        for source in move.sources
        if item.name in guarded
    }
    assert guarded >= {item.name for area, item in lifecycles() if area in ("claims", "receivables")}
    guards = "SELECT rtrim(encode(tgargs, 'escape'), '\\000') FROM pg_trigger WHERE tgname = 'moves_declared'"
    assert set(database.scalars(text(guards))) == guarded
