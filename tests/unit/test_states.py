"""Lifecycles: a move that is not in the table is refused."""

import pytest

from marketplace.core.errors import IllegalMove
from marketplace.core.states import Lifecycle, Move, TextChoices


class DoorStatus(TextChoices):
    CLOSED = "closed", "Shut"
    OPENED = "opened", "Ajar"


DOOR = Lifecycle(
    "door",
    DoorStatus.CLOSED,
    [
        Move("open", (DoorStatus.CLOSED,), DoorStatus.OPENED),
        Move("close", (DoorStatus.OPENED,), DoorStatus.CLOSED),
    ],
)


def test_a_choice_is_its_value_and_has_words():
    assert DoorStatus("closed") is DoorStatus.CLOSED
    assert f"{DoorStatus.CLOSED}" == DoorStatus.CLOSED == "closed"
    assert DoorStatus.CLOSED.label == "Shut"


def test_what_an_address_holds_is_a_choice_or_none():
    assert DoorStatus.of("opened") is DoorStatus.OPENED
    assert DoorStatus.of("Opened") is DoorStatus.of("") is DoorStatus.of(None) is None


def test_a_named_move_leads_where_the_table_says():
    assert DOOR.move(DoorStatus.CLOSED, "open").target is DoorStatus.OPENED


@pytest.mark.parametrize(("status", "event"), [(DoorStatus.OPENED, "open"), (DoorStatus.CLOSED, "burn")])
def test_any_other_move_is_refused(status, event):
    with pytest.raises(IllegalMove):
        DOOR.move(status, event)


def test_the_database_is_told_the_same_statuses():
    assert DOOR.check() == "status IN ('closed', 'opened')"
