"""The ledger's verbs: open an account, move money; and the promise that a money verb takes effect once per key."""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, ParamSpec, TypeVar, cast
from uuid import UUID

from sqlalchemy import Table, Text, bindparam, func, literal, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.exc import IntegrityError

from marketplace.core import db
from marketplace.core.actors import Actor
from marketplace.core.audit import plain
from marketplace.core.db import Model
from marketplace.core.errors import from_integrity
from marketplace.ledger.chart import ChartAccount, OwnerKind, TransferKind
from marketplace.ledger.models import Account, MoneyRequest
from marketplace.ledger.rules import InsufficientFunds, KeyReused

REQUESTS = cast(Table, MoneyRequest.__table__)
TAKE = insert(REQUESTS).on_conflict_do_nothing().returning(REQUESTS.c.key)
ANSWER = update(REQUESTS).where(REQUESTS.c.key == bindparam("taken")).values(answer_id=bindparam("answer"))

Request = ParamSpec("Request")
Answer = TypeVar("Answer", bound=Model)


@dataclass(frozen=True)
class Leg:
    """One transfer of a movement: `amount` minor units from the debit to the credit account, once per key."""

    debit: ChartAccount
    credit: ChartAccount
    amount: int
    key: str


def open_account(account: ChartAccount, *, currency: str) -> None:
    """Make the account unless it is there."""
    db.session.execute(insert(Account).values(_opening(account, currency)).on_conflict_do_nothing())


def transfer(
    debit: ChartAccount,
    credit: ChartAccount,
    amount: int,
    *,
    kind: TransferKind,
    actor: Actor,
    reference: str,
    key: str,
) -> UUID:
    """Move `amount` minor units from the debit account to the credit account, once per key; the transfer's id.

    The same key again answers with the first transfer; with other content it is refused. InsufficientFunds when the
    debit account would fall below 0.
    """
    call = func.ledger_transfer(str(debit), str(credit), amount, kind, actor.person_id, reference, key)
    with in_words():
        made: UUID = db.session.scalars(select(call)).one()
    return made


def post(legs: Sequence[Leg], *, kind: TransferKind, currency: str, actor: Actor, reference: str) -> UUID | None:
    """Make several transfers of one movement in one round trip, all or none, each once per its key as in transfer().

    The movement's id, by which queries.movement() finds them. An account that receives, or may be negative, is opened
    in this currency unless it is there. No legs move nothing: None.
    """
    if not legs:
        return None
    openings = {leg.credit for leg in legs} | {leg.debit for leg in legs if leg.debit.may_be_negative}
    call = func.ledger_post(
        literal([plain(_opening(account, currency)) for account in openings], JSONB),
        literal([_leg(leg) for leg in legs], JSONB),
        kind,
        actor.person_id,
        reference,
    )
    with in_words():
        movement_id: UUID = db.session.scalars(select(call)).one()
    return movement_id


def _opening(account: ChartAccount, currency: str) -> dict[str, Any]:
    return asdict(account) | {"code": str(account), "currency": currency}


def _leg(leg: Leg) -> dict[str, Any]:
    return {"debit": str(leg.debit), "credit": str(leg.credit), "amount": leg.amount, "key": leg.key}


@contextmanager
def in_words() -> Iterator[None]:
    """What the database's money functions refuse inside the block is raised as a DomainError with words."""
    try:
        yield
    except IntegrityError as error:
        refusal = from_integrity(error)
        if "ck_ledger_accounts_balance" in str(error.orig):
            raise InsufficientFunds(refusal.message) from error
        raise refusal from error


def money_verb(answer: type[Answer]) -> Callable[[Callable[Request, Answer]], Callable[Request, Answer]]:
    """Make a verb that returns a row of `answer` take effect once per `key`, a keyword it must have.

    The same request again is given the first answer; another request under the same key is refused (KeyReused). Of
    two at once the later one waits until the first is stored or undone. A verb that raises leaves its key unused.
    """

    def protect(verb: Callable[Request, Answer]) -> Callable[Request, Answer]:
        signature = inspect.signature(verb)
        name = f"{verb.__module__}.{verb.__name__}"

        @functools.wraps(verb)
        def once(*args: Request.args, **kwargs: Request.kwargs) -> Answer:
            asked = signature.bind(*args, **kwargs).arguments
            key, actor = str(asked["key"]), cast(Actor, asked["actor"])
            request = {field: value for field, value in asked.items() if field not in ("key", "actor")}
            request |= {"person": actor.person_id, "role": actor.role.value, "organisation": actor.organisation_id}
            earlier = _take_key(key, name, plain(request), actor)
            if earlier is not None:
                return db.get(answer, earlier)
            made = verb(*args, **kwargs)
            db.session.flush()
            db.session.execute(ANSWER, {"taken": key, "answer": cast(Any, made).id})
            return made

        return once

    return protect


def _take_key(key: str, verb: str, request: dict[str, Any], actor: Actor) -> UUID | None:
    """Take an unused key; the answer of the same request made before, or None when this one is the first."""
    values = {"key": key, "verb": verb, "request": request, "person_id": actor.person_id}
    if db.session.scalar(TAKE, values) is not None:
        return None
    columns = select(MoneyRequest.verb, MoneyRequest.request, MoneyRequest.answer_id)
    earlier = db.session.execute(columns.where(MoneyRequest.key == key)).one()
    if (earlier.verb, earlier.request) != (verb, request) or earlier.answer_id is None:
        raise KeyReused()
    return cast(UUID, earlier.answer_id)


def reserve_all(
    owner_kind: OwnerKind,
    owners: Mapping[UUID, str],
    parts: Mapping[UUID, int],
    *,
    source: Callable[[UUID], ChartAccount],
    currency: str,
    actor: Actor,
) -> None:
    """Set the same parts (minor units by budget line) aside for each owner, named with its reference: → reserved.

    From the account `source` of each line; all of it in one round trip or nothing, once ever.
    InsufficientFunds when a line has less than their sum.
    """
    shares = {str(line_id): part for line_id, part in parts.items() if part}
    sources = {str(line_id): str(source(line_id)) for line_id in parts}
    call = func.ledger_reserve(
        literal(sources, JSONB),
        owner_kind,
        db.array(list(owners)),
        db.array(list(owners.values()), Text),
        literal(shares, JSONB),
        currency,
        actor.person_id,
    )
    with in_words():
        db.session.execute(select(call))
