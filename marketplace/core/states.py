"""Lifecycle: the named moves of a thing as a table, and the CHECKs that repeat it in the database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from marketplace.core.errors import IllegalMove, Words
from marketplace.core.i18n import _

Status = TypeVar("Status", bound=str)


@dataclass(frozen=True)
class Move(Generic[Status]):
    """One event: from where it may happen, where it leads, and the column that keeps its time."""

    event: str
    sources: tuple[Status, ...]
    target: Status
    stamp: str | None = None
    label: Words = ""


@dataclass(frozen=True)
class Lifecycle(Generic[Status]):
    """The statuses of one kind of thing and every move between them."""

    name: str
    initial: Status
    moves: Sequence[Move[Status]]
    labels: Mapping[Status, Words] = field(default_factory=dict)

    @property
    def statuses(self) -> list[Status]:
        """Every status, the initial one first."""
        found = dict.fromkeys([self.initial])
        for move in self.moves:
            found.update(dict.fromkeys((*move.sources, move.target)))
        return list(found)

    @property
    def events(self) -> list[str]:
        """Every event, once."""
        return list(dict.fromkeys(move.event for move in self.moves))

    def find(self, status: Status, event: str) -> Move[Status] | None:
        """The move that `event` makes from `status`, or None."""
        return next((m for m in self.moves if m.event == event and status in m.sources), None)

    def move(self, status: Status, event: str) -> Move[Status]:
        """The move that `event` makes from `status`; IllegalMove if there is none."""
        move = self.find(status, event)
        if move is None:
            raise IllegalMove(
                _(
                    "This is not possible now: the current state is “%(status)s”. Nothing was saved.",
                    status=self.label(status),
                )
            )
        return move

    def label(self, status: Status) -> Words:
        """The status in the reader's words."""
        return self.labels.get(status, status)

    def check(self, column: str = "status") -> str:
        """CHECK: the column holds one of the statuses."""
        return f"{column} IN ({_quoted(self.statuses)})"

    def stamped(self, stamp: str, *statuses: Status) -> str:
        """CHECK: in these statuses the move's time is known."""
        return f"status NOT IN ({_quoted(statuses)}) OR {stamp} IS NOT NULL"


def _quoted(values: Sequence[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)
