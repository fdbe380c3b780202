"""The ledger's two verbs: open an account, move money."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError

from marketplace.core.actors import Actor
from marketplace.core.db import session
from marketplace.core.errors import from_integrity
from marketplace.ledger.models import Account
from marketplace.ledger.rules import InsufficientFunds


def open_account(
    code: str,
    *,
    stage: str,
    owner: tuple[str, UUID | None],
    currency: str,
    budget_line_id: UUID | None = None,
    may_be_negative: bool = False,
) -> str:
    """Make the account unless it is there; its code."""
    kind, owner_id = owner
    session.execute(
        insert(Account)
        .values(
            code=code,
            stage=stage,
            owner_kind=kind,
            owner_id=owner_id,
            currency=currency,
            budget_line_id=budget_line_id,
            may_be_negative=may_be_negative,
        )
        .on_conflict_do_nothing()
    )
    return code


def transfer(debit: str, credit: str, amount: int, *, kind: str, actor: Actor, reference: str, key: str) -> UUID:
    """Move `amount` minor units from the debit account to the credit account, once per key; the transfer's id.

    The same key again answers with the first transfer; with other content it is refused. InsufficientFunds when the
    debit account would fall below 0.
    """
    call = func.ledger_transfer(debit, credit, amount, kind, actor.person_id, reference, key)
    try:
        made: UUID = session.scalars(select(call)).one()
    except IntegrityError as error:
        refusal = from_integrity(error)
        if "ck_ledger_accounts_balance" in str(error.orig):
            raise InsufficientFunds(refusal.message) from error
        raise refusal from error
    return made
