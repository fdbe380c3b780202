"""Reads of the books: balances, sums by stage, and the proof that they agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text

from marketplace.core.db import session
from marketplace.core.errors import NotFound
from marketplace.ledger.models import PUBLIC_STAGES, Account, Transfer


def get_account(code: str) -> Account:
    """The account with this code; NotFound without one."""
    account = session.scalars(select(Account).where(Account.code == code)).one_or_none()
    if account is None:
        raise NotFound()
    return account


def balance(code: str) -> int:
    """What stands on an account, in minor units; 0 for one never opened."""
    return session.scalar(select(Account.balance).where(Account.code == code)) or 0


def balances_by_owner(owner_id: UUID, stage: str) -> dict[UUID | None, int]:
    """What an owner has at a stage, by budget line, in minor units; ordered by budget line."""
    rows = session.execute(
        select(Account.budget_line_id, Account.balance)
        .where(Account.owner_id == owner_id, Account.stage == stage)
        .order_by(Account.budget_line_id)
    )
    return {row.budget_line_id: row.balance for row in rows}


def totals_by_stage(budget_line_ids: Sequence[UUID]) -> dict[str, int]:
    """What the budget lines hold at each public stage, in minor units; the stages sum to what was appropriated."""
    rows = session.execute(
        select(Account.stage, func.sum(Account.balance))
        .where(Account.budget_line_id.in_(budget_line_ids), Account.stage.in_(PUBLIC_STAGES))
        .group_by(Account.stage)
    )
    return dict.fromkeys(PUBLIC_STAGES, 0) | {stage: int(total) for stage, total in rows}


def transfers_of(owner_id: UUID) -> Sequence[Transfer]:
    """Every transfer from or to an owner's accounts, oldest first."""
    accounts = select(Account.id).where(Account.owner_id == owner_id)
    return session.scalars(
        select(Transfer)
        .where(Transfer.debit_account_id.in_(accounts) | Transfer.credit_account_id.in_(accounts))
        .order_by(Transfer.created_at, Transfer.id)
    ).all()


@dataclass(frozen=True)
class Books:
    """The proof of the books: how many accounts and transfers, and what can't be explained."""

    accounts: int
    transfers: int
    unexplained: int
    faults: list[str]


def verify() -> Books:
    """Compare every balance with the sum of its transfers; `unexplained` is the sum of differences, and is 0."""
    rows = session.execute(
        text(
            """
            WITH moved AS (
                SELECT id, sum(amount) AS amount FROM (
                    SELECT credit_account_id AS id, amount FROM ledger_transfers
                    UNION ALL SELECT debit_account_id, -amount FROM ledger_transfers) AS sides
                GROUP BY id)
            SELECT account.code, account.balance, coalesce(moved.amount, 0) AS explained
              FROM ledger_accounts AS account LEFT JOIN moved ON moved.id = account.id
             WHERE account.balance <> coalesce(moved.amount, 0)
                OR (account.balance < 0 AND NOT account.may_be_negative)
             ORDER BY account.code
            """
        )
    ).all()
    faults = [f"{row.code}: balance {row.balance}, transfers say {row.explained}" for row in rows]
    total = session.scalar(select(func.coalesce(func.sum(Account.balance), 0))) or 0
    if total:
        faults.append(f"all accounts together hold {total}, not 0")
    return Books(
        accounts=session.scalar(select(func.count()).select_from(Account)) or 0,
        transfers=session.scalar(select(func.count()).select_from(Transfer)) or 0,
        unexplained=int(sum(abs(row.balance - row.explained) for row in rows)) + abs(int(total)),
        faults=faults,
    )
