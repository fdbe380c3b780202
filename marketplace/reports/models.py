"""Each day's proof of the books, kept for anybody to see."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import Model, created_at, uuid_key


class Reconciliation(Model):
    """What one proof of the books found; `unexplained` in minor units is 0 when nothing is wrong. Never changed."""

    __tablename__ = "reconciliations"
    __table_args__ = (
        CheckConstraint("unexplained >= 0", name="unexplained"),
        CheckConstraint("(unexplained = 0) = (faults = '[]'::jsonb)", name="faults"),
        Index("ix_reconciliations_run_at", "run_at"),
    )

    id: Mapped[UUID] = uuid_key()
    run_at: Mapped[datetime] = created_at()
    accounts: Mapped[int] = mapped_column(BigInteger)
    transfers: Mapped[int] = mapped_column(BigInteger)
    unexplained: Mapped[int] = mapped_column(BigInteger)
    faults: Mapped[list[dict[str, Any]]]
