"""Reads of the books: balances, sums by stage, and the proof that they agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CompoundSelect,
    ScalarSelect,
    Select,
    SQLColumnExpression,
    Uuid,
    any_,
    bindparam,
    cast,
    func,
    select,
    union_all,
)

from marketplace.core import db
from marketplace.ledger.chart import PUBLIC_STAGES, ChartAccount, Stage, TransferKind
from marketplace.ledger.models import Account, Transfer

# A transfer's accounts, and the budget line whose money it moved, if it is a funder's money.
GIVER, TAKER = Account.__table__.alias("giver"), Account.__table__.alias("taker")
LINE = func.coalesce(TAKER.c.budget_line_id, GIVER.c.budget_line_id)
TRANSFER = (
    Transfer.id,
    Transfer.created_at,
    Transfer.kind,
    Transfer.amount,
    Transfer.reference,
    TAKER.c.currency,
    LINE.label("budget_line_id"),
    *(
        side.c[name].label(f"{side.name}_{name}")
        for side in (GIVER, TAKER)
        for name in ("id", "code", "stage", "owner_kind", "owner_id")
    ),
)
"""A transfer as lists show it; of either account giver_id, giver_code and so on."""


def balance(account: ChartAccount) -> int:
    """What stands on an account, in minor units; 0 for one never opened."""
    return db.session.scalar(select(Account.balance).where(Account.code == str(account))) or 0


def balances_by_owner(owner_id: UUID, stage: Stage) -> dict[UUID, int]:
    """What an owner has at a stage on each budget line, in minor units; ordered by budget line."""
    rows = db.session.execute(_balances_by_owner(), {"owner_id": owner_id, "stage": stage})
    return {line_id: balance for line_id, balance in rows if line_id}


@cache
def _balances_by_owner() -> Select[UUID | None, int]:
    query = select(Account.budget_line_id, Account.balance).order_by(Account.budget_line_id)
    return query.where(Account.owner_id == bindparam("owner_id"), Account.stage == bindparam("stage"))


def total_of(owner_id: SQLColumnExpression[UUID], stage: Stage) -> ScalarSelect[int]:
    """SQL: what an owner has at a stage on all budget lines, in minor units."""
    total = cast(func.coalesce(func.sum(Account.balance), 0), BigInteger)
    return select(total).where(Account.owner_id == owner_id, Account.stage == stage).scalar_subquery()


def owners_at(stage: Stage, owner_ids: Sequence[UUID]) -> set[UUID]:
    """Those of these owners that have anything at a stage now, above 0 or below."""
    owners = db.session.scalars(_owners_at(), {"stage": stage, "owner_ids": list(owner_ids)})
    return {owner_id for owner_id in owners if owner_id}


@cache
def _owners_at() -> Select[UUID | None]:
    these = Account.owner_id == any_(bindparam("owner_ids", type_=ARRAY(Uuid)))
    return select(Account.owner_id).where(Account.stage == bindparam("stage"), these, Account.balance != 0)


def totals_by_stage(budget_line_ids: Sequence[UUID] | Select[UUID]) -> dict[Stage, int]:
    """What the budget lines hold at each public stage, in minor units; the stages sum to what was appropriated."""
    query = _totals_by_stage().where(Account.budget_line_id.in_(budget_line_ids))
    rows = db.session.execute(query)
    return dict.fromkeys(PUBLIC_STAGES, 0) | {stage: int(total) for stage, total in rows}


@cache
def _totals_by_stage() -> Select[Stage, int]:
    totals = select(Account.stage, func.sum(Account.balance)).group_by(Account.stage)
    return totals.where(Account.stage.in_(PUBLIC_STAGES))


def transfers_of(owner_id: UUID) -> Sequence[Transfer]:
    """Every transfer from or to an owner's accounts, oldest first."""
    accounts = select(Account.id).where(Account.owner_id == owner_id)
    return db.session.scalars(
        select(Transfer)
        .where(Transfer.debit_account_id.in_(accounts) | Transfer.credit_account_id.in_(accounts))
        .order_by(Transfer.created_at, Transfer.id)
    ).all()


def transfers_under(reference: str) -> Sequence[Transfer]:
    """Every transfer under a reference, by their keys."""
    return db.session.scalars(select(Transfer).where(Transfer.reference == reference).order_by(Transfer.key)).all()


def movement(movement_id: UUID) -> Sequence[Transfer]:
    """The transfers that were made together as one movement, by their keys."""
    return db.session.scalars(select(Transfer).where(Transfer.movement_id == movement_id).order_by(Transfer.key)).all()


@dataclass(frozen=True)
class Flow:
    """All transfers of one kind between two stages of one budget line: how many, and how much in minor units."""

    kind: TransferKind
    source: Stage
    target: Stage
    budget_line_id: UUID
    count: int
    amount: int


def flows(budget_line_ids: Sequence[UUID]) -> list[Flow]:
    """Everything that ever moved on these budget lines, by kind; in the order in which it first happened."""
    rows = db.session.execute(_flows(), {"budget_line_ids": list(budget_line_ids)})
    return [
        Flow(kind, source, target, line_id, count, int(amount)) for kind, source, target, line_id, count, amount in rows
    ]


@cache
def _flows() -> Select[*tuple[Any, ...]]:
    way = (Transfer.kind, GIVER.c.stage, TAKER.c.stage, LINE)
    return (
        select(*way, func.count(), func.sum(Transfer.amount))
        .join(GIVER, GIVER.c.id == Transfer.debit_account_id)
        .join(TAKER, TAKER.c.id == Transfer.credit_account_id)
        .where(LINE.in_(bindparam("budget_line_ids", expanding=True)))
        .group_by(*way)
        .order_by(func.min(Transfer.created_at), *way)
    )


@lru_cache(maxsize=200)
def search_transfers(
    *,
    budget_line_ids: tuple[UUID, ...] | None = None,
    account_ids: tuple[UUID, ...] | None = None,
    owner_ids: tuple[UUID, ...] | None = None,
    stage: str | None = None,
    kind: str | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
) -> Select[*tuple[Any, ...]]:
    """The columns TRANSFER of transfers, narrowed by what either account is, by kind and by time.

    The statement is kept, as making it takes longer than its answer.
    """
    query = (
        select(*TRANSFER)
        .join(GIVER, GIVER.c.id == Transfer.debit_account_id)
        .join(TAKER, TAKER.c.id == Transfer.credit_account_id)
    )
    narrowings = {
        "budget_line_id": budget_line_ids,
        "id": account_ids,
        "owner_id": owner_ids,
        "stage": None if stage is None else [stage],
    }
    for column, value in narrowings.items():
        if value is not None:
            query = query.where(GIVER.c[column].in_(value) | TAKER.c[column].in_(value))
    if kind is not None:
        query = query.where(Transfer.kind == kind)
    if since is not None:
        query = query.where(Transfer.created_at >= since)
    return query if before is None else query.where(Transfer.created_at < before)


@dataclass(frozen=True)
class Fault:
    """A figure that transfers don't explain: what it is, what stands there and what they say, in minor units."""

    check: str
    subject: str
    stands: int
    explained: int

    @property
    def difference(self) -> int:
        """How many units are unexplained."""
        return abs(self.stands - self.explained)

    def __str__(self) -> str:
        return f"{self.subject}: {self.check} {self.stands}, transfers say {self.explained}"


@dataclass(frozen=True)
class Books:
    """The proof of the books: how many accounts and transfers, and what can't be explained."""

    accounts: int
    transfers: int
    faults: list[Fault]

    @property
    def unexplained(self) -> int:
        """The sum of all differences; 0 when the books are sound."""
        return sum(fault.difference for fault in self.faults)


def verify() -> Books:
    """Prove the books by their transfers: every balance, no account below 0 that may not be, all together 0, and what
    was appropriated to a budget line is what stands at its stages."""
    counted = db.session.execute(
        select(
            func.count(), func.coalesce(func.sum(Account.balance), 0), select(func.count(Transfer.id)).scalar_subquery()
        ).select_from(Account)
    ).one()
    accounts, total, transfers = (int(figure) for figure in counted)
    faults = [Fault("total", "all accounts", total, 0)] if total else []
    return Books(accounts, transfers, [*_balance_faults(), *faults, *_budget_faults()])


def _balance_faults() -> list[Fault]:
    moved = sides().subquery()
    sums = select(moved.c.account_id, func.sum(moved.c.amount).label("amount")).group_by(moved.c.account_id).subquery()
    explained = func.coalesce(sums.c.amount, 0)
    below = (Account.balance < 0) & ~Account.may_be_negative
    rows = db.session.execute(
        select(Account.code, Account.balance, explained)
        .outerjoin(sums, sums.c.account_id == Account.id)
        .where((Account.balance != explained) | below)
        .order_by(Account.code)
    ).all()
    wrong = [Fault("balance", code, balance, int(says)) for code, balance, says in rows if balance != says]
    # What an account that may not be negative owes, even where its transfers explain it.
    return wrong + [Fault("below_zero", code, balance, 0) for code, balance, says in rows if balance == says]


def _budget_faults() -> list[Fault]:
    moved = sides().subquery()
    stands = func.coalesce(func.sum(moved.c.amount).filter(Account.stage.in_(PUBLIC_STAGES)), 0)
    appropriated = func.coalesce(-func.sum(moved.c.amount).filter(Account.stage == Stage.SOURCE), 0)
    rows = db.session.execute(
        select(Account.budget_line_id, stands, appropriated)
        .join(moved, moved.c.account_id == Account.id)
        .where(Account.budget_line_id.is_not(None))
        .group_by(Account.budget_line_id)
        .having(stands != appropriated)
        .order_by(Account.budget_line_id)
    )
    return [Fault("budget", f"budget_line:{line}", int(counted), int(given)) for line, counted, given in rows]


def sides() -> CompoundSelect[Any]:
    """Every transfer from both its sides: the account, the other one, and what came (or, below 0, went)."""
    came = select(
        Transfer.credit_account_id.label("account_id"), Transfer.debit_account_id.label("other_id"), Transfer.amount
    )
    went = select(Transfer.debit_account_id, Transfer.credit_account_id, -Transfer.amount)
    return union_all(came, went)
