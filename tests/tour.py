"""docs/tour.md as steps: what its list items tell a visitor to do, in the order in which they stand there.

A bold verb acts on what follows it: *a label*, `what is typed`, “what is read”. All other words are for people alone.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from tests.architecture.source import ROOT

DOCUMENT = ROOT / "docs" / "tour.md"
VERBS = {"sign in as", "sign out", "open", "press", "choose", "fill in", "fill in the rest", "you see"}
ITEM = re.compile(r"^(?:-|\d+\.) (.*(?:\n  +\S.*)*)", re.MULTILINE)
TOKEN = re.compile(r"\*\*(?P<verb>[^*]+)\*\*|\*(?P<label>[^*]+)\*|`(?P<typed>[^`]+)`|“(?P<read>[^”]+)”")
FIRST = "the first of the list"
ALONE = {"sign out", "fill in the rest"}
TIMES = {"twice": 2, "three times": 3}


class Step(NamedTuple):
    """One thing that a visitor does, or one that they see."""

    verb: str
    label: str = ""
    typed: str = ""
    read: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether it says what to act on, or needs nothing."""
        return self.verb in ALONE or self != Step(self.verb)


def steps() -> Iterator[Step]:
    """Every step of the tour; an item that says so is done several times."""
    for item in ITEM.findall(DOCUMENT.read_text()):
        done = list(_read(" ".join(item.split())))
        times = next((count for words, count in TIMES.items() if item.lower().startswith(f"**{words}**")), 1)
        yield from done * times


def _read(item: str) -> Iterator[Step]:
    """A step is complete when the next one begins: its words may stand around what it acts on."""
    step = Step("")
    for token in TOKEN.finditer(item):
        kind, text = str(token.lastgroup), str(token[str(token.lastgroup)])
        begins = kind == "verb" or getattr(step, kind) or (kind, step.verb) == ("label", "fill in")
        if begins and step.is_complete:
            yield step
            step = Step(step.verb)
        if kind == "verb":
            step = Step(text.lower().rstrip(":"))
            assert step.verb in VERBS | set(TIMES), f"docs/tour.md asks to “{text}”"
        elif step.verb:
            step = step._replace(**{kind: text})
    if step.is_complete:
        yield step
