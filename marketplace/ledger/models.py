"""The ledger's tables; triggers keep transfers unchanged, balances their sums, and an answered request as it is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.core.db import Model, created_at, uuid_key
from marketplace.ledger.chart import ChartAccount, OwnerKind, Stage, TransferKind


class Account(Model):
    """A place where money stands; `balance` in minor units is written by the database with each transfer."""

    __tablename__ = "ledger_accounts"
    __table_args__ = (
        CheckConstraint("may_be_negative OR balance >= 0", name="balance"),
        Index("ix_ledger_accounts_budget_line_id_stage", "budget_line_id", "stage"),
    )

    id: Mapped[UUID] = uuid_key()
    code: Mapped[str] = mapped_column(unique=True)
    stage: Mapped[Stage]  # by the domain ledger_stage: checked once, not with each balance
    budget_line_id: Mapped[UUID | None]
    owner_kind: Mapped[OwnerKind]
    owner_id: Mapped[UUID | None] = mapped_column(index=True)
    currency: Mapped[str]  # by the domain currency_code
    balance: Mapped[int] = mapped_column(BigInteger, server_default="0")
    may_be_negative: Mapped[bool] = mapped_column(server_default="false")
    created_at: Mapped[datetime] = created_at()

    @property
    def in_chart(self) -> ChartAccount:
        """The account as the chart describes it."""
        currency = self.currency if self.owner_kind == OwnerKind.AGENCY else None
        return ChartAccount(
            self.stage, self.owner_kind, self.owner_id, self.budget_line_id, currency, self.may_be_negative
        )


class Transfer(Model):
    """Money that moved: the debit account gave, the credit account received; never changed.

    Transfers made together are one movement; its id is the id of its first transfer.
    """

    __tablename__ = "ledger_transfers"
    __table_args__ = (
        CheckConstraint("amount > 0", name="amount"),
        CheckConstraint("debit_account_id <> credit_account_id", name="two_accounts"),
        Index("ix_ledger_transfers_created_at", "created_at", "id"),
    )

    id: Mapped[UUID] = uuid_key()
    movement_id: Mapped[UUID] = mapped_column(index=True)
    debit_account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id), index=True)
    credit_account_id: Mapped[UUID] = mapped_column(ForeignKey(Account.id), index=True)
    amount: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[TransferKind]
    actor_id: Mapped[UUID | None]
    reference: Mapped[str]
    key: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime] = created_at()

    debit_account: Mapped[Account] = relationship(foreign_keys=[debit_account_id])
    credit_account: Mapped[Account] = relationship(foreign_keys=[credit_account_id])


class MoneyRequest(Model):
    """One request to move money: its key, what was asked and the row that answered it."""

    __tablename__ = "money_requests"

    key: Mapped[str] = mapped_column(primary_key=True)
    verb: Mapped[str]
    request: Mapped[dict[str, Any]]
    person_id: Mapped[UUID | None]
    answer_id: Mapped[UUID | None]
    created_at: Mapped[datetime] = created_at()
