"""Background work as the areas declare it: tasks beside their verbs, events that lower areas announce."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import islice
from typing import Any, TypeAlias, TypeVar, get_type_hints
from uuid import UUID

from sqlalchemy import Select, Text, bindparam, func, literal
from sqlalchemy.dialects.postgresql import Insert, insert

from config import retention
from marketplace.core import clock, db, logging, task_queue
from marketplace.core.actors import SYSTEM
from marketplace.core.i18n import LazyString
from marketplace.core.task_queue import BackgroundTask, NewTask, Queue

__all__ = [
    "Event",
    "Queue",
    "Subscription",
    "announce",
    "cancel",
    "label_of",
    "schedule",
    "schedule_each",
    "task",
]

Argument: TypeAlias = UUID | datetime | date | int | str
Verb = TypeVar("Verb", bound=Callable[..., object])

READERS: Mapping[type, Callable[[Any], Argument]] = {
    UUID: UUID,
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
    int: int,
    str: str,
}
"""What an argument may be, besides a StrEnum, and how it is read back from JSON."""
USUALLY_KEPT = retention.periods()["finished_tasks"]
# What the runner hands over by itself to a verb that asks for it.
SUPPLIED = ("actor", "key")


class Event:
    """What can happen in an area, in the area's own words, with the names and types of what it tells."""

    def __init__(self, name: str, **arguments: type) -> None:
        self.name, self.arguments = name, arguments


class Subscription:
    """A task follows on an event, with the event's arguments of the same names and what is `given` besides.

    At once, or at the moment in the event's argument that `run_after` names.
    """

    def __init__(self, event: Event, *, run_after: str | None = None, **given: Argument) -> None:
        self.event, self.run_after, self.given = event, run_after, given


@dataclass(frozen=True)
class Task:
    """A verb that is done in the background, and everything that is to be known about it."""

    name: str
    label: LazyString
    queue: Queue
    verb: Callable[..., object]
    arguments: Mapping[str, type]
    every: timedelta | None
    keep: timedelta
    on: Sequence[Subscription]


DECLARED: dict[str, Task] = {}
_by_verb: dict[Callable[..., object], Task] = {}
_subscribers: dict[Event, list[tuple[Task, Subscription]]] = {}
_wired = False


def task(
    name: str,
    label: LazyString,
    queue: Queue,
    *,
    every: timedelta | None = None,
    keep: timedelta = USUALLY_KEPT,
    on: Sequence[Subscription] = (),
) -> Callable[[Verb], Verb]:
    """Declare a verb as a background task; it stays an ordinary verb as well.

    `every`: it is done once in each stretch of business time this long. `keep`: for how long its finished rows stay.
    `on`: the events that it follows on. A row's arguments are the verb's parameters without a default; the runner adds
    `actor` (the system) and `key` (the row's own, for a money verb) to a verb that has them.
    """

    def declare(verb: Verb) -> Verb:
        if name in DECLARED:
            raise ValueError(f"two tasks are named {name}")
        DECLARED[name] = _by_verb[verb] = Task(name, label, queue, verb, _arguments_of(verb), every, keep, tuple(on))
        return verb

    return declare


def _arguments_of(verb: Callable[..., object]) -> dict[str, type]:
    hints = get_type_hints(verb)
    asked = [one.name for one in inspect.signature(verb).parameters.values() if one.default is one.empty]
    arguments = {name: hints[name] for name in asked if name not in SUPPLIED}
    for name, kind in arguments.items():
        if kind not in READERS and not (isinstance(kind, type) and issubclass(kind, StrEnum)):
            raise TypeError(f"{name} of {verb.__qualname__} can't be kept in a row: {kind}")
    return arguments


def label_of(name: str) -> LazyString | str:
    """What a task is called on pages; the name of one that isn't declared any more."""
    return DECLARED[name].label if name in DECLARED else name


def wire() -> None:
    """Connect events and tasks, once every area is loaded; nothing can be announced or scheduled before.

    TypeError where an event doesn't tell what a task that follows on it has to know.
    """
    global _subscribers, _wired
    followers: dict[Event, list[tuple[Task, Subscription]]] = {}
    for declared in DECLARED.values():
        for subscription in declared.on:
            _check_subscription(declared, subscription)
            followers.setdefault(subscription.event, []).append((declared, subscription))
    _subscribers, _wired = followers, True


def subscribers() -> Mapping[Event, Sequence[tuple[Task, Subscription]]]:
    """Who follows on which event."""
    return _subscribers


def announce(event: Event, **arguments: Argument) -> None:
    """Say what happened, in the transaction in which it happens: one row for each task that follows on it.

    A task follows once on an event with the same arguments.
    """
    _check_wired()
    _check(event.name, event.arguments, arguments)
    task_queue.write([_following(task, how, arguments) for task, how in _subscribers.get(event, ())])


def schedule(
    verb: Callable[..., object], *, run_after: datetime | None = None, key: str | None = None, **arguments: Argument
) -> None:
    """Ask for this verb in the background, in the transaction of the change that needs it; once per key.

    Without a key the arguments are it.
    """
    _check_wired()
    asked = _by_verb[verb]
    task_queue.write([_row(asked, arguments, key or _key(_in_order(asked.arguments, arguments)), run_after)])


def schedule_each(verb: Callable[..., object], ids: Select[UUID], **values: Any) -> None:
    """schedule() for each row of a select of ids; the sweeper rings for them, as many as the queue takes.

    `values` are those of the select's parameters.
    """
    _check_wired()
    db.session.execute(_rows_of(verb, ids), values)


@lru_cache(maxsize=50)
def _rows_of(verb: Callable[..., object], ids: Select[UUID]) -> Insert:
    """A task for each id; kept for a select that is kept."""
    asked = _by_verb[verb]
    (argument,) = asked.arguments
    given = ids.selected_columns[0]
    values = {
        "id": func.gen_random_uuid(),
        "name": literal(asked.name),
        "queue": literal(asked.queue.value),
        "key": func.concat(f"{argument.removesuffix('_id')}:", given),
        "arguments": func.jsonb_build_object(argument, given),
        "request_id": bindparam("request_id", callable_=logging.request_id, type_=Text),
    }
    rows = ids.with_only_columns(*values.values(), maintain_column_froms=True)
    made = insert(BackgroundTask).from_select(list(values), rows, include_defaults=False)
    return made.on_conflict_do_nothing().execution_options(**db.ONE_STATEMENT)


def schedule_slot(name: str) -> None:
    """Ask for a timed task in the present stretch of business time; once, however many schedulers ask."""
    timed = DECLARED[name]
    assert timed.every is not None
    schedule(timed.verb, key=slot_key(clock.now(), timed.every))


def slot_key(moment: datetime, every: timedelta) -> str:
    """Which stretch of this length the moment lies in; a day is the agency's, from its midnight to the next."""
    if every == timedelta(days=1):
        return f"slot:{moment.astimezone(clock.zone()).date().isoformat()}"
    seconds = int(every.total_seconds())
    begins = datetime.fromtimestamp(int(moment.timestamp()) // seconds * seconds, UTC)
    return f"slot:{begins:%Y-%m-%dT%H:%M}Z"


def cancel(verb: Callable[..., object], **arguments: Argument) -> None:
    """Withdraw what was scheduled of this verb and is still pending: with these arguments, or with these first ones."""
    asked = _by_verb[verb]
    first = dict(islice(asked.arguments.items(), max(1, len(arguments))))
    _check(asked.name, first, arguments)
    task_queue.cancel(asked.name, _key(_in_order(first, arguments)))


def perform(name: str, key: str, arguments: Mapping[str, Any]) -> None:
    """Call the verb of a row with its arguments, as the system."""
    verb, kinds = DECLARED[name].verb, DECLARED[name].arguments
    given = {argument: READERS.get(kind, kind)(arguments[argument]) for argument, kind in kinds.items()}
    own = {"actor": SYSTEM, "key": f"{name}:{key}"}
    parameters = inspect.signature(verb).parameters
    verb(**given, **{supplied: own[supplied] for supplied in SUPPLIED if supplied in parameters})


def delete_finished() -> None:
    """Delete finished rows that were kept as long as their task's declaration says."""
    task_queue.delete_finished({task.name: task.keep for task in DECLARED.values()})


def _following(task: Task, subscription: Subscription, told: Mapping[str, Argument]) -> NewTask:
    known = _in_order(subscription.event.arguments, told) | subscription.given
    run_after = told[subscription.run_after] if subscription.run_after else None
    assert run_after is None or isinstance(run_after, datetime)
    arguments = {name: known[name] for name in task.arguments}
    return _row(task, arguments, f"{subscription.event.name}:{_key(known)}", run_after)


def _row(task: Task, arguments: Mapping[str, Argument], key: str, run_after: datetime | None) -> NewTask:
    _check(task.name, task.arguments, arguments)
    if not key:
        raise TypeError(f"{task.name} has no arguments, so it is asked for under a key")
    return NewTask(task.name, task.queue, key, {name: _plain(arguments[name]) for name in task.arguments}, run_after)


def _check_wired() -> None:
    if not _wired:
        raise RuntimeError("background work before create_app: not everything that follows on it is loaded")


def _check_subscription(task: Task, subscription: Subscription) -> None:
    event = subscription.event
    given = {name: task.arguments.get(name, type(value)) for name, value in subscription.given.items()}
    _check(task.name, given, subscription.given)
    told = {**event.arguments, **given}
    disagreeing = [name for name, kind in task.arguments.items() if told.get(name) is not kind]
    if disagreeing or given.keys() - task.arguments.keys():
        raise TypeError(f"{task.name} can't follow on {event.name}: {', '.join(disagreeing or given)}")
    if subscription.run_after and event.arguments.get(subscription.run_after) is not datetime:
        raise TypeError(f"{event.name} tells no moment {subscription.run_after}")


def _check(name: str, declared: Mapping[str, type], arguments: Mapping[str, Argument]) -> None:
    """TypeError unless the arguments have the declared names and types."""
    if declared.keys() != arguments.keys():
        raise TypeError(f"{name} takes ({', '.join(declared)}), not ({', '.join(arguments)})")
    for argument, kind in declared.items():
        given = type(arguments[argument])
        # A StrEnum is good where any text is; a bool is no int, a moment no day.
        if given is not kind and not (kind is str and issubclass(given, str)):
            raise TypeError(f"{argument} of {name} is a {kind.__name__}, not a {given.__name__}")


def _in_order(declared: Mapping[str, type], arguments: Mapping[str, Argument]) -> dict[str, Argument]:
    """The arguments in the declared order, however they were written."""
    return {name: arguments[name] for name in declared if name in arguments}


def _key(arguments: Mapping[str, Argument]) -> str:
    """Readable text such as "engagement:<id>:sme"."""
    return ":".join(
        f"{name.removesuffix('_id')}:{value}" if isinstance(value, UUID) else str(_plain(value))
        for name, value in arguments.items()
    )


def _plain(value: Argument) -> str | int:
    """As JSON keeps it."""
    if isinstance(value, int):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)
