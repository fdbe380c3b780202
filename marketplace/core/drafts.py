"""A list that is made into a file in the background: its page is asked for as its reader would ask."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from marketplace.core.actors import Actor

ROWS_BETWEEN_NEWS = 2_000


@dataclass
class Draft:
    """What the page writes its list into, instead of answering with it."""

    file: IO[bytes]
    tell: Callable[[int, int], None]
    """Is told how many rows are written, and how many the list has."""
    filename: str = ""
    rows: int = 0
    total: int = 0

    def count(self, rows: Iterable[Any], total: int) -> Iterator[Any]:
        """The same rows, telling from time to time how far it is."""
        self.total = total
        self.tell(0, total)
        for row in rows:
            yield row
            self.rows += 1
            if self.rows % ROWS_BETWEEN_NEWS == 0:
                self.tell(self.rows, total)


Ask = Callable[[str, Actor, str, Draft], int]
_ask: Ask | None = None


def configure(ask: Ask) -> None:
    """Say how a page is asked for; what has no web may not know it."""
    global _ask
    _ask = ask


def write(address: str, *, actor: Actor, locale: str, draft: Draft) -> int:
    """Let the page at this address write its list into the draft, as the actor may see it now; the page's status.

    204 when the list is written. The page is a request of its own: the session is removed after it.
    """
    assert _ask is not None
    return _ask(address, actor, locale, draft)
