"""Lifecycle: the named moves of a thing as a table, and the CHECKs that repeat it in the database."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, Self, TypeVar

from marketplace.core.errors import IllegalMove, Words
from marketplace.core.i18n import _


class TextChoices(StrEnum):
    """A closed set of values, each with its words for people: `DRAFT = "draft", _("Draft")`."""

    _value_: str
    label: Words

    def __new__(cls, value: str, label: Words = "") -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.label = label or value
        return member

    @classmethod
    def of(cls, value: str | None) -> Self | None:
        """The member of this value, None where an address holds anything else."""
        return next((member for member in cls if member == value), None)


def labelled(choices: type[TextChoices]) -> list[tuple[str, Words]]:
    """The values with their words, as a form offers them."""
    return [(choice.value, choice.label) for choice in choices]


Status = TypeVar("Status", bound=TextChoices)


# The words of every move, by the action that the audit trail keeps of it.
MOVES: dict[str, Words] = {}


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

    def __post_init__(self) -> None:
        MOVES.update({f"{self.name}.{move.event}": move.label for move in self.moves})

    @property
    def statuses(self) -> list[Status]:
        """Every status, the initial one first."""
        return list(type(self.initial))

    @property
    def labels(self) -> dict[Status, Words]:
        """Every status in the reader's words."""
        return {status: status.label for status in self.statuses}

    def find(self, status: Status, event: str) -> Move[Status] | None:
        """The move that `event` makes from `status`, or None."""
        return next((m for m in self.moves if m.event == event and status in m.sources), None)

    def move(self, status: Status, event: str) -> Move[Status]:
        """The move that `event` makes from `status`; IllegalMove if there is none."""
        move = self.find(status, event)
        if move is None:
            raise IllegalMove(
                _(
                    "This is not possible now: the current state is “%(status)s”.",
                    status=self.label(status),
                )
            )
        return move

    def label(self, status: Status) -> Words:
        """The status in the reader's words."""
        return type(self.initial)(status).label

    def check(self, column: str = "status") -> str:
        """CHECK: the column holds one of the statuses."""
        return f"{column} IN ({_quoted(self.statuses)})"

    def stamped(self, stamp: str, *statuses: Status) -> str:
        """CHECK: in these statuses the move's time is known."""
        return f"status NOT IN ({_quoted(statuses)}) OR {stamp} IS NOT NULL"


def _quoted(values: Sequence[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)
