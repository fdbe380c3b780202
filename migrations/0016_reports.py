"""The daily proof of the books."""

from alembic import op

from marketplace.core.sql import drop_functions

revision = "0016"
down_revision = "0015"

TABLES = """
CREATE TABLE reconciliations (
    id uuid DEFAULT gen_random_uuid() CONSTRAINT pk_reconciliations PRIMARY KEY,
    run_at timestamptz NOT NULL DEFAULT app_now(),
    accounts bigint NOT NULL,
    transfers bigint NOT NULL,
    unexplained bigint NOT NULL,
    faults jsonb NOT NULL,
    CONSTRAINT ck_reconciliations_unexplained CHECK (unexplained >= 0),
    CONSTRAINT ck_reconciliations_faults CHECK ((unexplained = 0) = (faults = '[]'::jsonb))
);
CREATE INDEX ix_reconciliations_run_at ON reconciliations (run_at);
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(TABLES)


def downgrade() -> None:
    """Drop them, with the area's functions."""
    op.execute("DROP TABLE reconciliations")
    drop_functions("reports")
