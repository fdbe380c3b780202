"""How far a story has come when a test begins: told once in a worker, by the verbs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.factories import claims, integrity, receivables
from tests.factories import engagements as make
from tests.factories.world import make_world


@dataclass
class Told:
    """What a story has come to: its people, and the last things that they made."""

    story: make.Story
    engagement: Any = None
    claim: Any = None
    debt: Any = None


def engagement() -> Told:
    """Its first stage is open."""
    story = make.make_story()
    return Told(story, make.make_engagement(story))


def finished() -> Told:
    """Its three stages are accepted and every document was compared, with two consultants at work."""
    return Told(*integrity.make_finished())


def claimed() -> Told:
    """A claim of three stages, 15,000,001 won net, waits for its check."""
    story = make.make_story()
    done = claims.finish(story)
    return Told(story, done, claims.submit(story, done))


def paid() -> Told:
    """A programme that takes something back on success, and work whose stages are all paid."""
    story = make.make_story(programme=receivables.REPAYABLE)
    return Told(story, receivables.make_paid(story))


def owed() -> Told:
    """The firm owes the aid back and twice as much on top."""
    story = make.make_story(programme=receivables.REPAYABLE)
    return Told(story, debt=receivables.make_recovery(story))


MILESTONES: dict[str, Callable[[], Any]] = {
    "story": lambda: Told(make.make_story()),
    "engagement": engagement,
    "finished": finished,
    "claimed": claimed,
    "paid": paid,
    "owed": owed,
    "world": make_world,
}
