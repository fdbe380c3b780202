"""The books: each day's proof of them, and transfers in the order of time."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0021"
down_revision = "0020"

KEEP = """
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON reconciliations
    FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON reconciliations
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
CREATE INDEX ix_ledger_transfers_created_at ON ledger_transfers (created_at, id);
"""


def upgrade() -> None:
    """Keep what the proofs find, unchanged."""
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.Uuid(), primary_key=True, server_default=sa.text("gen_random_uuid()")),
        sa.Column("run_at", sa.DateTime(timezone=True), nullable=False, server_default=sa.text("app_now()")),
        sa.Column("accounts", sa.BigInteger(), nullable=False),
        sa.Column("transfers", sa.BigInteger(), nullable=False),
        sa.Column("unexplained", sa.BigInteger(), nullable=False),
        sa.Column("faults", JSONB(), nullable=False),
        sa.CheckConstraint("unexplained >= 0", name="unexplained"),
        sa.CheckConstraint("(unexplained = 0) = (faults = '[]'::jsonb)", name="faults"),
    )
    op.create_index("ix_reconciliations_run_at", "reconciliations", ["run_at"])
    op.execute(KEEP)


def downgrade() -> None:
    """Drop them."""
    op.execute("DROP INDEX ix_ledger_transfers_created_at")
    op.drop_table("reconciliations")
