"""Lifecycles: a move that is not in the table is refused."""

import pytest

from marketplace.core.errors import IllegalMove
from marketplace.core.states import Lifecycle, Move

DOOR = Lifecycle("door", "closed", [Move("open", ("closed",), "opened"), Move("close", ("opened",), "closed")])


def test_a_named_move_leads_where_the_table_says():
    assert DOOR.move("closed", "open").target == "opened"


@pytest.mark.parametrize(("status", "event"), [("opened", "open"), ("closed", "burn"), ("gone", "open")])
def test_any_other_move_is_refused(status, event):
    with pytest.raises(IllegalMove):
        DOOR.move(status, event)


def test_the_database_is_told_the_same_statuses():
    assert DOOR.check() == "status IN ('closed', 'opened')"
