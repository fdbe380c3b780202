"""Walks a lifecycle: in every status everybody tries every verb, and SQL tries every other status.

A `Life` says how a thing begins and which verb makes which event. What must come of an attempt stands nowhere here: it
follows from the lifecycle in `states.py` and from who may open the verb's page (`tests/access_matrix.csv`).
"""

import csv
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from marketplace.core import clock, db
from marketplace.core.actors import AGENCY, SYSTEM, VISITOR, Actor, Role
from marketplace.core.errors import DomainError, _explanations
from marketplace.core.states import Lifecycle
from tests.factories.accounts import make_member, make_officer, make_person, make_provider, make_sme
from tests.factories.engagements import Story

MATRIX = Path(__file__).parents[1] / "access_matrix.csv"
Call = Callable[..., Any]

# Everything that could tell that something was done.
TRACES = text(
    """
    SELECT (SELECT md5(string_agg(code || balance, ',' ORDER BY code)) FROM ledger_accounts) AS books,
           (SELECT count(*) FROM ledger_transfers) AS transfers,
           (SELECT count(*) FROM audit_entries) AS entries,
           (SELECT count(*) FROM background_tasks) AS tasks,
           (SELECT count(*) FROM messages) AS mails,
           (SELECT count(*) FROM money_requests) AS requests
    """
)


@cache
def pages() -> Mapping[str, frozenset[str]]:
    """Who may send each page's form, as columns of the access matrix."""
    rows = csv.DictReader(MATRIX.read_text().splitlines())
    return {
        row["route"]: frozenset(column for column, cell in row.items() if cell == "yes")
        for row in rows
        if row["method"] == "POST"
    }


@dataclass(frozen=True, eq=False)
class Verb:
    """How an event is made: the verb, the page that offers it, and what has to be there first.

    `aim` finds the row that the verb is told, None where there is nothing to tell. `page` is None for what happens by
    itself; `system` says that it happens by itself too. `only`: from elsewhere the event is another verb's.
    `never` are people of the page who may not for a reason of their own in this status. A verb `aside` is about another
    thing: where this one has no such move it may succeed, and leaves this one's status alone.
    """

    event: str
    call: Call
    page: str | None = None
    system: bool = False
    aim: Call | None = None
    first: Call | None = None
    then: tuple[str, ...] = ()
    only: Collection[str] = ()
    never: Mapping[str, Collection[str]] = field(default_factory=dict)
    also: Mapping[str, Collection[str]] = field(default_factory=dict)
    aside: bool = False

    def who(self, status: str) -> frozenset[str]:
        """The columns of those who may, in this status."""
        known = pages()[self.page] if self.page else frozenset()
        known |= {"system"} if self.system or self.page is None else frozenset()
        return (known | set(self.also.get(status, ()))) - set(self.never.get(status, ()))

    def pairs(self, lifecycle: Lifecycle, status: str) -> list[tuple[str, str]]:
        """The (event, status) pairs that the verb makes one after the other; none where it must be refused."""
        made = []
        for event in (self.event, *self.then):
            move = lifecycle.find(status, event)
            if move is None or (self.only and status not in self.only):
                return []
            made.append((event, status))
            status = move.target
        return made

    def target(self, lifecycle: Lifecycle, status: str) -> str | None:
        """Where the verb leads from this status, None where it must be refused."""
        made = self.pairs(lifecycle, status)
        return lifecycle.move(made[-1][1], made[-1][0]).target if made else None


@dataclass(frozen=True)
class Life:
    """One kind of thing: its lifecycle and table, how one begins, and the verbs."""

    lifecycle: Lifecycle
    model: Any
    begin: Callable[["Cast"], UUID]
    verbs: Sequence[Verb]


@dataclass
class Cast:
    """The story that everything begins from, and everybody who tries, by column of the access matrix."""

    story: Story
    people: dict[str, Actor]

    def officer(self, role: Role) -> Actor:
        """Somebody of the agency who has touched nothing yet."""
        return make_officer(role)


def make_cast(story: Story) -> Cast:
    """The story's own people, who signs next door, the whole agency, the system, and whoever is signed out."""
    mandate: dict[str, Any] = {"mandate": "Tax office", "valid_until": clock.today() + timedelta(days=300)}
    people = {
        "signed_out": VISITOR,
        "no_role": Actor(make_person().id, Role.VISITOR),
        "signatory": story.sme,
        "preparer": make_member(story.sme, Role.PREPARER),
        "helper": make_member(story.sme, Role.HELPER, **mandate),
        "manager": story.manager,
        "consultant": story.consultant_actors[0],
        "other_signatory": make_sme(),
        "other_manager": make_provider(),
        "system": SYSTEM,
        **{role.value: make_officer(role) for role in sorted(AGENCY)},
    }
    return Cast(story, people)


class Walk:
    """One life from its beginning through every status that its verbs reach.

    `short`: of several who may, one does it; strangers to the verb are all refused in the first status that is
    tried, and one of them in each further one.
    """

    def __init__(
        self, connection: Connection, cast: Cast, life: Life, tried: set[tuple[Verb, str]], *, short: bool
    ) -> None:
        self.connection, self.cast, self.life, self.tried, self.short = connection, cast, life, tried, short
        self.seen: set[str] = set()
        self.made: set[tuple[str, str]] = set()
        self.attempts = 0

    def run(self) -> None:
        """Begin, and try everything everywhere; all of it is undone."""
        with self.undone():
            with db.unit_of_work():
                thing = self.life.begin(self.cast)
            self.stand(thing)

    def stand(self, thing: UUID) -> None:
        """Try everything in the status where the thing stands, then go on to those not seen yet."""
        status = self.status_of(thing)
        self.seen.add(status)
        for verb in self.life.verbs:
            if (verb, status) not in self.tried:
                self.try_everybody(verb, thing, status)
                self.tried.add((verb, status))
        self.try_sql(thing, status)
        for verb in self.life.verbs:
            target = verb.target(self.life.lifecycle, status)
            if target is not None and target not in self.seen:
                with self.undone():
                    self.prepare(verb, thing)
                    assert self.refusal(verb, self.aim(verb, thing), self.performer(verb, status)) is None
                    assert self.status_of(thing) == target, (verb.event, status)
                    self.stand(thing)

    def try_everybody(self, verb: Verb, thing: UUID, status: str) -> None:
        """Whoever may makes the move and nothing else; everybody else is refused with words and changes nothing."""
        target = verb.target(self.life.lifecycle, status)
        with self.undone():
            self.prepare(verb, thing)
            aim = self.aim(verb, thing)
            if aim is None:
                assert target is None, f"nothing to {verb.event} in {status}"
                return
            before = self.traces(thing)
            left_out = self.left_out(verb, status) if self.short else ()
            for column, actor in self.cast.people.items():
                if column in left_out:
                    continue
                where = f"{verb.event} of {self.life.lifecycle.name} in {status} by {column}"
                self.attempts += 1
                may = column in verb.who(status)
                if not may and column not in verb.never.get(status, ()):
                    assert self.refusal(verb, aim, actor) in (403, 404), where
                elif not may or (target is None and not verb.aside):
                    assert self.refusal(verb, aim, actor) in (403, 404, 409, 422), where
                else:
                    with self.undone():
                        refused = self.refusal(verb, aim, actor)
                        assert target is None or refused is None, where
                        assert self.status_of(thing) == (target or status), where
                    self.made |= set(verb.pairs(self.life.lifecycle, status))
            assert self.traces(thing) == before, (verb.event, status)

    def left_out(self, verb: Verb, status: str) -> Sequence[str]:
        """Who doesn't try in the short run: others stand for them, here or in another status."""
        may = [column for column in self.cast.people if column in verb.who(status)]
        strangers = [name for name in self.cast.people if name not in may and name not in verb.never.get(status, ())]
        turn = sum(verb is before for before, _status in self.tried)
        stands = turn % len(strangers) if strangers else 0
        return [*may[1:], *(strangers[:stands] + strangers[stands + 1 :] if turn else ())]

    def try_sql(self, thing: UUID, status: str) -> None:
        """The database itself refuses each status to which no move leads from here."""
        lifecycle, table = self.life.lifecycle, self.life.model.__tablename__
        reachable = {move.target for move in lifecycle.moves if status in move.sources} | {status}
        for target in lifecycle.statuses:
            broken = None
            with self.undone():
                try:
                    self.connection.execute(
                        text(f"UPDATE {table} SET status = :target WHERE id = :id"), {"target": target, "id": thing}
                    )
                except IntegrityError as error:
                    broken = error.orig.diag.constraint_name  # type: ignore[union-attr]
            where = f"{lifecycle.name} from {status} to {target}: {broken}"
            assert broken != "lifecycle_moves" if target in reachable else broken, where

    def refusal(self, verb: Verb, aim: Any, actor: Actor) -> int | None:
        """The HTTP status of the verb's refusal, None when it was done; any other error is one."""
        try:
            with db.unit_of_work():
                verb.call(aim, actor)
        except DomainError as error:
            return error.status
        except IntegrityError as error:
            if error.orig.diag.constraint_name not in _explanations:  # type: ignore[union-attr]
                raise
            return 409
        return None

    def aim(self, verb: Verb, thing: UUID) -> Any:
        """What the verb is told."""
        if verb.aim is None:
            return thing
        with db.unit_of_work():
            return verb.aim(thing)

    def prepare(self, verb: Verb, thing: UUID) -> None:
        """What has to be there before the verb; where the status doesn't allow it, it isn't there."""
        if verb.first is not None:
            with suppress(DomainError), db.unit_of_work():
                verb.first(self.cast, thing)

    def performer(self, verb: Verb, status: str) -> Actor:
        """Who may; of the agency somebody new each time, so that whoever tries later prepared nothing."""
        actor = self.cast.people[min(verb.who(status))]
        if actor.role not in AGENCY:
            return actor
        with db.unit_of_work():
            return make_officer(actor.role)

    def status_of(self, thing: UUID) -> str:
        """The status that is stored."""
        table = self.life.model.__tablename__
        return str(self.connection.scalar(text(f"SELECT status FROM {table} WHERE id = :id"), {"id": thing}))

    def traces(self, thing: UUID) -> tuple[Any, ...]:
        """What would be different if anything had been done."""
        return (*self.connection.execute(TRACES).one(), self.status_of(thing))

    @contextmanager
    def undone(self) -> Iterator[None]:
        """All that the block does is undone, the movement of the clock too."""
        savepoint, offset = self.connection.begin_nested(), clock._offset
        try:
            yield
        finally:
            db.session.remove()
            savepoint.rollback()
            clock.set_offset(offset)
